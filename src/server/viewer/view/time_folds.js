// Long pauses between runs, which the timeline shows short: real times since the start and places on
// the axis, and from one to the other. Pure.

const SHORTEST_PAUSE_MS = 2000;
const PAUSE_PART = 0.03; // of the time of all runs: what is longer is shown short …
const SHOWN_PART = 0.02; // … as long as this
const ALL_SHOWN_PART = 0.2; // and all together at most so long

export class TimeFolds {
  #pauses; // [{from, to, at}]: real times, and where the pause begins on the axis
  #shown;

  /// pauses: [{from, to}] in order; each is shown as long as `shown`.
  constructor(pauses, shown) {
    this.#shown = shown;
    let saved = 0;
    this.#pauses = pauses.map(({ from, to }) => {
      const at = from - saved;
      saved += to - from - shown;
      return { from, to, at };
    });
  }

  /// [{from, to, at, shown}]
  get pauses() {
    return this.#pauses.map((pause) => ({ ...pause, shown: this.#shown }));
  }

  get any() {
    return this.#pauses.length > 0;
  }

  toAxis(ms) {
    const pause = this.#last((one) => one.from <= ms);
    if (!pause) return ms;
    if (ms >= pause.to) return pause.at + this.#shown + (ms - pause.to);
    return pause.at + ((ms - pause.from) / (pause.to - pause.from)) * this.#shown;
  }

  toTime(axis) {
    const pause = this.#last((one) => one.at <= axis);
    if (!pause) return axis;
    if (axis >= pause.at + this.#shown) return pause.to + (axis - pause.at - this.#shown);
    return pause.from + ((axis - pause.at) / this.#shown) * (pause.to - pause.from);
  }

  /// [{from, to}]: the real times between the pauses within from … to.
  stretches(from, to) {
    const list = [];
    let begin = from;
    for (const pause of this.#pauses) {
      if (pause.to <= from || pause.from >= to) continue;
      if (pause.from > begin) list.push({ from: begin, to: pause.from });
      begin = pause.to;
    }
    if (begin <= to) list.push({ from: begin, to });
    return list;
  }

  #last(holds) {
    let low = 0;
    let high = this.#pauses.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (holds(this.#pauses[middle])) low = middle + 1;
      else high = middle;
    }
    return this.#pauses[low - 1];
  }
}

export const NO_FOLDS = new TimeFolds([], 0);

// The pauses between roots, which are in the order of their start, and how long there was none.
function pausesBetween(roots, start, now) {
  const pauses = [];
  let busy = 0;
  let end = 0;
  for (const span of roots) {
    const from = span.start - start;
    const to = Math.max((Number.isFinite(span.end) ? span.end : now) - start, from);
    if (!Number.isFinite(from)) continue;
    if (from > end) pauses.push({ from: end, to: from });
    busy += Math.max(to - Math.max(from, end), 0);
    end = Math.max(end, to);
  }
  return { pauses, busy };
}

/// The folds of the pauses that are long beside the runs. start: of the first span.
export function foldsOf(roots, start, now) {
  const { pauses, busy } = pausesBetween(roots, start, now);
  const least = Math.max(SHORTEST_PAUSE_MS, busy * PAUSE_PART);
  const long = pauses.filter((pause) => pause.to - pause.from > least);
  if (long.length === 0) return NO_FOLDS;
  const part = Math.min(SHOWN_PART, ALL_SHOWN_PART / long.length);
  return new TimeFolds(long, Math.min(Math.max(busy * part, 1), SHORTEST_PAUSE_MS));
}
