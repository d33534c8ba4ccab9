// The rows of the event table: every event of a log that passes the filter, and every gap. Looks at
// each event once, in slices, so that a long log does not stop the page.
import { isEmpty, matchesEvent } from "../model/filter.js";

const SLICE = 500; // events between two looks at the clock

/// A row is the place of an event in the log, or -(place + 1) for the gap before that event.
export class EventMatches {
  #log;
  #filter = null;
  #key = "";
  #first; // the first event seen: another one means that the log was begun anew
  #rows = [];
  #next = 0; // place of the first event that was not looked at
  #count = 0;
  #version = 0;

  constructor(log) {
    this.#log = log;
  }

  /// Changes with the rows.
  get version() {
    return this.#version;
  }

  /// How many rows there are so far, gaps included.
  get size() {
    return this.#rows.length;
  }

  /// How many events match so far.
  get count() {
    return this.#count;
  }

  get done() {
    return this.#next >= this.#log.size;
  }

  setFilter(filter) {
    const key = JSON.stringify(filter);
    if (key === this.#key) return;
    this.#key = key;
    this.#filter = filter;
    this.#restart();
  }

  /// Looks at events until all are looked at or the time is over; true when all are.
  advance(budget_ms = 8, now = () => performance.now()) {
    if (this.#log.size < this.#next || this.#log.at(0) !== this.#first) this.#restart();
    if (this.done) return true;
    const until = now() + budget_ms;
    do {
      this.#scan(Math.min(this.#next + SLICE, this.#log.size));
    } while (!this.done && now() < until);
    ++this.#version;
    return this.done;
  }

  #restart() {
    this.#first = this.#log.at(0);
    this.#rows = [];
    this.#next = 0;
    this.#count = 0;
    ++this.#version;
  }

  #scan(end) {
    const all = !this.#filter || isEmpty(this.#filter);
    const text = !all && this.#filter.text;
    for (let i = this.#next; i < end; ++i) {
      const event = this.#log.at(i);
      if (this.#missedBefore(i) > 0) this.#rows.push(-(i + 1));
      if (all || matchesEvent(this.#filter, event, text ? this.#log.rawAt(i) : "")) {
        this.#rows.push(i);
        ++this.#count;
      }
    }
    this.#next = end;
  }

  #missedBefore(index) {
    const seq = this.#log.at(index).seq;
    return seq - (index > 0 ? this.#log.at(index - 1).seq : 0) - 1;
  }

  /// {event, raw} as functions of a row, or {gap: {after, missed}}.
  row(index) {
    const place = this.#rows[index];
    if (place === undefined) return null;
    if (place >= 0) return { place, event: this.#log.at(place) };
    const missed = this.#missedBefore(-place - 1);
    return { gap: { after: this.#log.at(-place - 1).seq - missed - 1, missed } };
  }

  #seqOf(index) {
    const place = this.#rows[index];
    return place >= 0 ? this.#log.at(place).seq : this.#log.at(-place - 1).seq - 0.5;
  }

  /// The row of the event with this seq, or -1 where it has none.
  indexOfSeq(seq) {
    const index = this.nearest(seq);
    return index < this.size && this.#seqOf(index) === seq ? index : -1;
  }

  /// The first row that is not before this seq; the number of rows where there is none.
  nearest(seq) {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#seqOf(middle) < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /// The seq of the next event (step 1) or the one before (step -1); null where there is none.
  neighbour(seq, step) {
    let index = seq === null ? (step > 0 ? 0 : this.size - 1) : this.nearest(seq);
    if (seq !== null && (step < 0 || this.indexOfSeq(seq) >= 0)) index += step;
    for (; index >= 0 && index < this.size; index += step) {
      if (this.#rows[index] >= 0) return this.#seqOf(index);
    }
    return null;
  }
}

const KNOWN = new WeakMap();

/// One for each log: the table, the details and the count of the filter bar share it.
export function matchesOf(log) {
  if (!KNOWN.has(log)) KNOWN.set(log, new EventMatches(log));
  return KNOWN.get(log);
}
