// The rows of the timeline as they are now: which spans there are, which are folded, which the
// filter leaves. Works them out anew only where one of these has changed.
import { isEmpty, matchesSpan } from "../model/filter.js";
import { ancestorsOf, spanRows } from "./span_rows.js";

export class SpanLayout {
  #key = "";
  #rows = [];
  #hidden = 0;
  #indexes = new Map(); // span id -> row
  #folded = new Set();

  /// As spanRows() makes them.
  get rows() {
    return this.#rows;
  }

  /// How many spans the filter leaves out.
  get hidden() {
    return this.#hidden;
  }

  get anyFolded() {
    return this.#folded.size > 0;
  }

  /// Changes with the rows.
  get key() {
    return this.#key;
  }

  /// The row of a span, or -1 where it has none.
  indexOf(id) {
    return this.#indexes.get(id) ?? -1;
  }

  update(spans, filter) {
    const none = isEmpty(filter);
    const folded = [...this.#folded].join();
    const key = `${spans.all[0]?.id}|${spans.all.length}|${folded}|${JSON.stringify(filter)}|` +
      `${none ? 0 : spans.version}`;
    if (key === this.#key) return;
    this.#key = key;
    const passes = none ? null : (span) => matchesSpan(filter, span);
    const { rows, hidden } = spanRows(spans.all, this.#folded, passes);
    this.#rows = rows;
    this.#hidden = hidden;
    this.#indexes = new Map(rows.map((row, index) => [row.span.id, index]));
  }

  fold(id, folded) {
    if (folded) this.#folded.add(id);
    else this.#folded.delete(id);
  }

  /// Folds what is inside of turns; without turns, what is inside of the roots.
  foldTurns(spans) {
    const turns = spans.all.filter((span) => span.kind === "turn");
    for (const span of turns.length > 0 ? turns : spans.roots) this.#folded.add(span.id);
  }

  unfoldAll() {
    this.#folded.clear();
  }

  /// Unfolds what a span is hidden in.
  unfoldAbove(span, spans) {
    for (const id of ancestorsOf(span, (one) => spans.byId(one))) this.#folded.delete(id);
  }
}
