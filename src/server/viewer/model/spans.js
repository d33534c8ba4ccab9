// The waterfall of a session: which run, turn, model request, tool, approval, workflow, step and
// background task took from when to when, inside of what, and what it cost.
//
// A workflow or step lies below the step that its parent_span_id names. A tool begins with its
// arguments; `called` is when it was at work (null: never), `duration_ms` for how long as its end
// said. totals(): duration_ms is the time in which anything was under way, and counts no moment
// twice.
//
// Beside the contract: a background task is a root, because it may outlive the run that started it,
// and its run lies below it; a run lies below the tool call, workflow step or run that it came
// from. What an end event does not close ends with its parent, failed where the parent is, else
// cancelled. A run that goes on although the one around it has ended gets a second span, which is a
// root. totals(): model_ms, tool_ms and waiting_ms never count a moment twice; time in which a sub-agent
// works is that of its models and tools. As long as a run is open its counts are those seen so far,
// up to the newest event. The cost of a turn is `cost_about` where it is its part of that of several
// turns (turn_costs.js); a run has the time to the first token of its first answer.

import { timeOf, typeOf } from "./event.js";
import { RunBook } from "./run_book.js";
import { SpanTree } from "./span_tree.js";
import { SPAN_HANDLERS } from "./span_handlers.js";
import { numberOf, objectOf, textOf } from "./values.js";

export class Spans {
  #tree = new SpanTree();
  #book = new RunBook(this.#tree);
  #context = { tree: this.#tree, book: this.#book, event: null, run: undefined, run_id: "" };

  get roots() {
    return this.#tree.roots;
  }

  /// In the order of their start.
  get all() {
    return this.#tree.all;
  }

  get version() {
    return this.#tree.version;
  }

  apply(event) {
    const type = typeOf(event);
    const run_id = textOf(event?.run_id);
    this.#tree.begin(numberOf(event?.seq), type, timeOf(event));
    const run = this.#book.runOf(event, run_id, type);
    const context = this.#context; // the same one for every event: there are many
    context.event = objectOf(event);
    context.run = run;
    context.run_id = run_id;
    SPAN_HANDLERS.get(type)?.(context, objectOf(event?.data));
    this.#tree.finish(run && (run.turn ?? run.span));
  }

  byId(id) {
    return this.#tree.byId(id);
  }

  /// The span of the event with this seq; undefined if it belongs to none.
  spanOfSeq(seq) {
    return this.#tree.spanOfSeq(seq);
  }

  /// Of all runs of the session.
  totals() {
    return this.#book.totals();
  }

  /// Of one run without its sub-agents; of all runs of this id if it began several times.
  runTotals(run_id) {
    return this.#book.runTotals(run_id);
  }
}
