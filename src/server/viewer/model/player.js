// Plays a recorded session again: fills a second Session with its events, at the speed at which
// they came or another one. Knows no DOM; the time and the waiting are handed in.
import { timeOf } from "./event.js";
import { Session } from "./session.js";

/// Factors that are offered; Infinity is "as fast as possible".
export const SPEEDS = [0.5, 1, 2, 5, 10, 100, Infinity];

const LONGEST_PAUSE_MS = 2000;
const SLICE = 500; // events between two looks at the clock
const SLICE_MS = 12;
const TICK_MS = 16;

const BROWSER = {
  now: () => performance.now(),
  set: (run, ms) => setTimeout(run, ms),
  clear: (id) => clearTimeout(id),
};

// When each event is played, in milliseconds since the first one.
function playTimes(log, shorten) {
  const times = new Float64Array(log.size);
  let last = timeOf(log.at(0));
  for (let i = 1; i < log.size; ++i) {
    const time = timeOf(log.at(i));
    const pause = Number.isFinite(time) && Number.isFinite(last) ? Math.max(time - last, 0) : 0;
    times[i] = times[i - 1] + (shorten ? Math.min(pause, LONGEST_PAUSE_MS) : pause);
    if (Number.isFinite(time)) last = time;
  }
  return times;
}

// How many of the times are not later than this one.
function countUntil(times, ms) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle] <= ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

export class Player {
  #recorded;
  #timer;
  #onChange;
  #times;
  #speed = 1;
  #shorten = true;
  #playing = false;
  #waiting = null;
  #position = 0; // how many events were played
  #target = 0; // how many are to be played now
  #offset = 0; // where the playing is, in play time …
  #since = 0; // … at this time of the timer

  /// recorded: the Session whose log is played. onChange() is called after every change.
  constructor(recorded, { onChange = () => {}, timer = BROWSER } = {}) {
    this.#recorded = recorded;
    this.#timer = timer;
    this.#onChange = onChange;
    this.session = new Session(recorded.id, recorded.given_title);
    this.#times = playTimes(recorded.log, this.#shorten);
  }

  get playing() {
    return this.#playing;
  }

  get speed() {
    return this.#speed;
  }

  get shorten() {
    return this.#shorten;
  }

  /// How many events were played, and of how many.
  get position() {
    return this.#position;
  }

  get size() {
    return this.#times.length;
  }

  get ended() {
    return this.#target === this.size && this.#position === this.size;
  }

  /// Where it is and how long it all is, in milliseconds of play time.
  get elapsed_ms() {
    return this.#now();
  }

  get duration_ms() {
    return this.size > 0 ? this.#times[this.size - 1] : 0;
  }

  get fraction() {
    if (this.duration_ms > 0) return this.#now() / this.duration_ms;
    return this.ended ? 1 : 0;
  }

  /// The time by the events' own clock, for spans that are open; NaN before the first event.
  get event_ms() {
    if (this.#position === 0) return NaN;
    const passed = this.#now() - this.#times[this.#position - 1];
    return timeOf(this.#recorded.log.at(this.#position - 1)) + Math.max(passed, 0);
  }

  play() {
    if (this.#playing) return;
    if (this.ended) this.#moveTo(0, 0);
    this.#playing = true;
    this.#since = this.#timer.now();
    this.#tick();
  }

  pause() {
    if (!this.#playing) return;
    this.#offset = this.#now();
    this.#playing = false;
    this.#tick();
  }

  toggle() {
    if (this.#playing) this.pause();
    else this.play();
  }

  /// fraction: 0 (the beginning) to 1 (the end).
  seek(fraction) {
    const part = Math.min(Math.max(Number(fraction) || 0, 0), 1);
    const offset = part * this.duration_ms;
    this.#moveTo(offset, part === 0 ? 0 : countUntil(this.#times, offset));
    this.#tick();
  }

  /// Some events forwards or back; pauses.
  step(events) {
    this.pause();
    const target = Math.min(Math.max(this.#target + events, 0), this.size);
    this.#moveTo(target > 0 ? this.#times[target - 1] : 0, target);
    this.#tick();
  }

  setSpeed(speed) {
    if (!(speed > 0)) return;
    this.#offset = this.#now();
    this.#since = this.#timer.now();
    this.#speed = speed;
    this.#tick();
  }

  /// Whether pauses longer than 2 s are played as 2 s.
  setShorten(shorten) {
    if (shorten === this.#shorten) return;
    const events = this.#target;
    this.#shorten = shorten;
    this.#times = playTimes(this.#recorded.log, shorten);
    this.#moveTo(events > 0 ? this.#times[events - 1] : 0, events);
    this.#tick();
  }

  #now() {
    if (!this.#playing) return this.#offset;
    if (this.#speed === Infinity) return this.#position > 0 ? this.#times[this.#position - 1] : 0;
    const passed = (this.#timer.now() - this.#since) * this.#speed;
    return Math.min(this.#offset + passed, this.duration_ms);
  }

  #moveTo(offset, target) {
    this.#offset = offset;
    this.#since = this.#timer.now();
    this.#target = target;
    if (target >= this.#position) return;
    this.session.reset();
    this.#position = 0;
  }

  #tick() {
    if (this.#waiting !== null) this.#timer.clear(this.#waiting);
    this.#waiting = null;
    if (this.#playing) {
      const due = this.#speed === Infinity ? this.size : countUntil(this.#times, this.#now());
      this.#target = Math.max(this.#target, due);
    }
    this.#catchUp();
    if (this.#playing && this.ended) {
      this.#offset = this.duration_ms;
      this.#playing = false;
    }
    this.#wait();
    this.#onChange();
  }

  #catchUp() {
    const until = this.#timer.now() + SLICE_MS;
    while (this.#position < this.#target) {
      const end = Math.min(this.#position + SLICE, this.#target);
      while (this.#position < end) this.#applyNext();
      if (this.#timer.now() >= until) break;
    }
  }

  #applyNext() {
    const { log } = this.#recorded;
    const event = log.at(this.#position);
    this.session.apply(event, log.rawAt(this.#position));
    ++this.#position;
  }

  #wait() {
    let ms = -1;
    if (this.#position < this.#target) ms = 0;
    else if (this.#playing) {
      const due = (this.#times[this.#position] - this.#now()) / this.#speed;
      ms = Math.max(Math.min(due, 1000), TICK_MS);
    }
    if (ms >= 0) this.#waiting = this.#timer.set(() => this.#tick(), ms);
  }
}
