// All events of a session in the order of their seqs, each with its line as it came. Append only:
// an event whose seq is not greater than the last one is a repeat and is refused. A session's seqs
// are 1, 2, 3 …, so a gap is what was never seen up to the last event, also before the first.

import { jsonText } from "./values.js";

function isSeq(seq) {
  return Number.isSafeInteger(seq) && seq > 0;
}

export class EventLog {
  #events = [];
  #raws = []; // the line of each, or undefined
  #gaps = [];
  #missed = 0;

  get size() {
    return this.#events.length;
  }

  /// 0 while there is none.
  get first_seq() {
    return this.#events.length > 0 ? this.#events[0].seq : 0;
  }

  get last_seq() {
    return this.#events.length > 0 ? this.#events[this.#events.length - 1].seq : 0;
  }

  /// How many seqs up to the last were never seen.
  get missed() {
    return this.#missed;
  }

  /// [{after, missed}], in order: so many are missing behind the seq `after` (0: before the first).
  get gaps() {
    return this.#gaps;
  }

  /// False for a repeat, and for what is no event of a session (no seq). Without `raw` the line is
  /// made when it is asked for.
  append(event, raw) {
    const seq = event?.seq;
    const last = this.last_seq;
    if (!isSeq(seq) || seq <= last) return false;
    if (seq > last + 1) {
      this.#gaps.push({ after: last, missed: seq - last - 1 });
      this.#missed += seq - last - 1;
    }
    this.#events.push(event);
    this.#raws.push(typeof raw === "string" ? raw : undefined);
    return true;
  }

  /// The event at this place, from 0; undefined where there is none.
  at(index) {
    return this.#events[index];
  }

  /// Its line as it came.
  rawAt(index) {
    const event = this.#events[index];
    return event && (this.#raws[index] ?? jsonText(event));
  }

  /// The place of the event with this seq, or of the next one where it is missing, or of the last
  /// one where none follows; -1 while the log is empty.
  indexOfSeq(seq) {
    const events = this.#events;
    if (events.length === 0) return -1;
    // Mostly there are no gaps.
    const guess = seq - events[0].seq;
    if (events[guess]?.seq === seq) return guess;
    let low = 0;
    let high = events.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (events[middle].seq < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /// {event, raw} of exactly this seq; undefined where it was not seen.
  bySeq(seq) {
    const index = this.indexOfSeq(seq);
    if (index < 0 || this.#events[index].seq !== seq) return undefined;
    return { event: this.#events[index], raw: this.rawAt(index) };
  }

  clear() {
    this.#events = [];
    this.#raws = [];
    this.#gaps = [];
    this.#missed = 0;
  }
}
