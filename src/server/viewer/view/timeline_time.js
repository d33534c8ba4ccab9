// The time of the timeline: where it begins, what time it is, which pauses are shown short, and where
// that puts a span on the axis.
import { timeOf } from "../model/event.js";
import { LiveClock } from "./live_clock.js";
import { timeBounds } from "./span_rows.js";
import { foldsOf, NO_FOLDS } from "./time_folds.js";

const RUNNING_FEEDS = new Set(["live", "reconnecting"]);

export class TimelineTime {
  #context;
  #clock = new LiveClock();
  #shorten = true;
  #pauses = NO_FOLDS; // what can be shown short

  constructor(context) {
    this.#context = context;
    this.start = 0; // of the first span; milliseconds since 1970, as `now`
    this.now = 0;
    this.open = false; // whether something goes on
    this.length = 1; // of the axis
  }

  get folds() {
    return this.#shorten ? this.#pauses : NO_FOLDS;
  }

  get hasPauses() {
    return this.#pauses.any;
  }

  setShorten(on) {
    this.#shorten = on;
  }

  /// False while there is no span.
  look() {
    const { spans } = this.#context.session;
    this.#lookAtClock();
    const bounds = timeBounds(spans.all, this.now);
    if (!bounds) return false;
    this.open = this.#goesOn() && spans.roots.some((span) => !Number.isFinite(span.end));
    this.start = bounds.start;
    this.#pauses = foldsOf(spans.roots, this.start, this.now);
    this.length = Math.max(this.folds.toAxis(bounds.end - bounds.start), 1);
    return true;
  }

  /// {from, to} of a span on the axis.
  placeOf(span) {
    const end = Number.isFinite(span.end) ? span.end : Math.max(this.now, span.start);
    const axis = (ms) => this.folds.toAxis(ms - this.start);
    return { from: axis(span.start), to: axis(end) };
  }

  /// The real times since the start of a range of the axis.
  realRange({ from, to }) {
    return { from: this.folds.toTime(from), to: this.folds.toTime(to) };
  }

  #lookAtClock() {
    const { feed, player, session } = this.#context;
    const { log } = session;
    const last = log.size > 0 ? timeOf(log.at(log.size - 1)) : NaN;
    const wall = Date.now();
    this.#clock.look(log.size, last, wall, feed.state === "live");
    this.now = player ? player.event_ms : this.#clock.now(wall, RUNNING_FEEDS.has(feed.state));
    if (!Number.isFinite(this.now)) this.now = Number.isFinite(last) ? last : wall;
  }

  #goesOn() {
    const { feed, player } = this.#context;
    return player ? player.playing : RUNNING_FEEDS.has(feed.state);
  }
}
