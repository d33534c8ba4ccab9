// Which part of the whole time the timeline shows: zoom, and panning by a scrollbar of its own.
import { h } from "./dom.js";
import { fractionOf, pannedRange, revealedRange, zoomedRange } from "./time_scale.js";

const STEP = 0.5;
const WHEEL_STEP = 0.0015;
const WIDEST = 4e6; // pixels of the scrollbar's way

export class TimeWindow {
  #onChange;
  #range = null; // null: all of it
  #length = 1;
  #written = -1; // where the scrollbar was put by us
  #way = h("div", { className: "timeline__way" });
  #bar;

  constructor(onChange) {
    this.#onChange = onChange;
    this.#bar = h("div", {
      className: "timeline__bar",
      tabIndex: 0,
      role: "group",
      "aria-label": "Part of the time that is shown, scroll to move it",
      onscroll: () => this.#scrolled(),
    }, this.#way);
    this.element = h("div", { className: "timeline__row timeline__pan", hidden: true }, this.#bar);
  }

  get length() {
    return this.#length;
  }

  get range() {
    return this.#range ?? { from: 0, to: this.#length };
  }

  get whole() {
    return this.#range === null;
  }

  setLength(length) {
    if (length === this.#length) return;
    this.#length = length;
    if (this.#range && this.#range.from >= length) this.#range = null;
    this.#place();
  }

  set(range) {
    this.#range = range;
    this.#place();
    this.#onChange();
  }

  /// step 1: nearer, -1: farther, 0: all of it; around `place` ({from, to}) where it is in sight.
  zoom(step, place) {
    if (step === 0) {
      this.set(null);
      return;
    }
    const { range } = this;
    const middle = place ? (place.from + place.to) / 2 : NaN;
    const inside = middle >= range.from && middle <= range.to;
    const anchor = inside ? fractionOf(range, middle) : 0.5;
    this.set(zoomedRange(range, step > 0 ? STEP : 1 / STEP, anchor, this.#length));
  }

  zoomTo(from, to) {
    const rim = Math.max((to - from) * 0.05, 0.05);
    const begin = Math.max(from - rim, 0);
    const end = Math.min(to + rim, this.#length);
    this.set(end - begin < this.#length ? { from: begin, to: end } : null);
  }

  reveal(from, to) {
    if (!this.#range) return;
    this.#range = revealedRange(this.#range, from, to, this.#length);
    this.#place();
  }

  pan(part) {
    if (this.#range) this.set(pannedRange(this.#range, part, this.#length));
  }

  /// Whether the turn of the wheel was for the time: with Ctrl zoom, sideways panning.
  wheel(event, anchor, width) {
    const { deltaX, deltaY } = event;
    if (event.ctrlKey) {
      const factor = Math.exp(Math.min(Math.max(deltaY, -300), 300) * WHEEL_STEP);
      this.set(zoomedRange(this.range, factor, anchor, this.#length));
      return true;
    }
    const sideways = event.shiftKey && deltaX === 0 ? deltaY : deltaX;
    if (!this.#range || Math.abs(sideways) < (event.shiftKey ? 1 : Math.abs(deltaY))) return false;
    this.pan(sideways / Math.max(width, 1));
    return true;
  }

  // Puts the scrollbar where the range is.
  #place() {
    this.element.hidden = this.#range === null;
    if (!this.#range) return;
    const size = this.#range.to - this.#range.from;
    const seen = this.#bar.clientWidth || 1;
    const way = Math.min((seen * this.#length) / size, WIDEST);
    this.#way.style.setProperty("width", `${way}px`);
    const rest = this.#length - size;
    this.#bar.scrollLeft = rest > 0 ? (this.#range.from / rest) * (way - seen) : 0;
    this.#written = this.#bar.scrollLeft;
  }

  #scrolled() {
    const { scrollLeft, scrollWidth, clientWidth } = this.#bar;
    if (!this.#range || Math.abs(scrollLeft - this.#written) < 1) return;
    this.#written = scrollLeft;
    const size = this.#range.to - this.#range.from;
    const from = (scrollLeft / Math.max(scrollWidth - clientWidth, 1)) * (this.#length - size);
    this.#range = { from, to: from + size };
    this.#onChange();
  }
}
