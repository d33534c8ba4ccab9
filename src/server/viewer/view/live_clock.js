// What time it is for spans that are open: by the events' clock, which may differ from ours.

const TOLERATED_MS = 2000;

export class LiveClock {
  #last = -Infinity; // time of the last event
  #skew = Infinity; // how far our clock is ahead, at most, as live events told
  #size = -1;

  /// Looks at the newest event. size: how many there are; live: whether it came just now.
  look(size, eventMs, wallMs, live) {
    if (size === this.#size || !Number.isFinite(eventMs)) return;
    if (live && this.#size >= 0) this.#skew = Math.min(this.#skew, wallMs - eventMs);
    this.#size = size;
    this.#last = eventMs;
  }

  /// running: false where the events come from a file or a replay, or the connection is closed.
  now(wallMs, running) {
    if (!running) return this.#last;
    const off = Number.isFinite(this.#skew) && Math.abs(this.#skew) > TOLERATED_MS;
    return Math.max(this.#last, wallMs - (off ? this.#skew : 0));
  }
}
