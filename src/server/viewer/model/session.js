// One session in the page: its log, its present state, its transcript and its spans, all fed from
// one place. `faults` counts what one of them could not take; the others go on.
//
// A jump of the seqs is a gap: it is counted by the log and the state and written into the
// transcript, also before the first event unless that one is the first of the session. gap() is for
// what the server says about a gap; what was told is not told again when the next event arrives.

import { EventLog } from "./event_log.js";
import { SessionState } from "./session_state.js";
import { Spans } from "./spans.js";
import { Transcript } from "./transcript.js";

export class Session {
  /// given_title: what a file says of the session beside its events.
  constructor(id, given_title = "") {
    this.id = id;
    this.given_title = given_title;
    this.version = 0;
    this.faults = 0;
    this.#begin();
  }

  /// How many events were never seen, those included that the server says are missing at the end.
  get missed() {
    return this.log.missed + this.told - this.log.last_seq;
  }

  /// Whether the event is new. `raw` is its line as it came.
  apply(event, raw) {
    if (!this.log.append(event, raw)) return false;
    const { seq } = event;
    if (seq > this.told + 1) this.#tellGap(this.told, seq - this.told - 1);
    this.told = seq;
    this.#feed(this.state, event);
    this.#feed(this.transcript, event);
    this.#feed(this.spans, event);
    ++this.version;
    return true;
  }

  /// The present as the server says it; what is older than that only fills the other parts.
  applySnapshot(json) {
    try {
      const state = SessionState.fromSnapshot(json);
      if (state.last_seq >= this.state.last_seq) this.state = state;
    } catch {
      ++this.faults;
    }
    ++this.version;
  }

  /// `missed` events behind the seq `after` are not to be had.
  gap(after, missed) {
    if (!Number.isSafeInteger(after) || !Number.isSafeInteger(missed) || missed <= 0) return;
    const end = after + missed;
    if (end <= this.told) return;
    this.#tellGap(Math.max(after, this.told), end - Math.max(after, this.told));
    this.told = end;
    ++this.version;
  }

  /// What people know it by: as its events say, else as the file says, else its id.
  get title() {
    return this.state.title || this.given_title || this.id;
  }

  /// Everything begins anew.
  reset() {
    this.#begin();
    ++this.version;
  }

  #begin() {
    this.log = new EventLog();
    this.state = new SessionState();
    this.transcript = new Transcript();
    this.spans = new Spans();
    this.told = 0; // the last seq that was seen or told as missing
  }

  #tellGap(after, missed) {
    try {
      this.transcript.gap(after, missed);
    } catch {
      ++this.faults;
    }
  }

  #feed(part, event) {
    try {
      part.apply(event);
    } catch {
      ++this.faults;
    }
  }
}
