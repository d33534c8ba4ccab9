// The head of the timeline's bars: round times since the start. Dragging over it zooms to what was
// dragged over; a double click shows all again.
import { duration } from "../model/format.js";
import { h, setText } from "./dom.js";
import { draggedRange, placeOf, ticksOf } from "./time_scale.js";

const CLICK_PIXELS = 4;
const TICK_GAP = 96;

export class TimeAxis {
  #onZoom;
  #range = null;
  #length = 0;
  #from = null; // where the drag began, 0 … 1
  #ticks = [];
  #lines = [];
  #pauses = [];
  #drawn = "";
  #drag = h("div", { className: "axis__drag", hidden: true });

  /// onZoom(range | null); lines: where the lines of the ticks are drawn.
  constructor(onZoom, lines) {
    this.#onZoom = onZoom;
    this.lines = lines;
    this.element = h("div", {
      className: "timeline__cell timeline__time axis",
      role: "columnheader",
      title: "Drag to zoom in, double click to show all",
      onpointerdown: (event) => this.#begin(event),
      onpointermove: (event) => this.#move(event),
      onpointerup: (event) => this.#finish(event),
      onpointercancel: () => this.#cancel(),
      ondblclick: () => this.#onZoom(null),
    }, h("span", { className: "visually-hidden" }, "Time since the start"), this.#drag);
  }

  get width() {
    return this.element.clientWidth;
  }

  draw(range, length, folds) {
    this.#range = range;
    this.#length = length;
    const folded = folds.any ? JSON.stringify(folds.pauses) : "";
    const key = `${range.from}|${range.to}|${this.width}|${folded}`;
    if (key === this.#drawn) return;
    this.#drawn = key;
    this.#drawPauses(range, folds);
    const ticks = ticksOf(range, this.width, TICK_GAP, folds);
    this.#match(this.#ticks, ticks.length, this.element, "axis__tick");
    this.#match(this.#lines, ticks.length, this.lines, "axis__line");
    ticks.forEach((tick, i) => {
      const left = `${tick.fraction * 100}%`;
      this.#ticks[i].style.setProperty("left", left);
      this.#lines[i].style.setProperty("left", left);
      this.#ticks[i].classList.toggle("axis__tick--last", tick.fraction > 1 - 56 / this.width);
      setText(this.#ticks[i], tick.label);
    });
  }

  // A long pause is a hatched strip: what lies there took longer than it looks.
  #drawPauses(range, folds) {
    const seen = folds.pauses
      .map((pause) => ({ pause, place: placeOf(range, pause.at, pause.at + pause.shown) }))
      .filter(({ place }) => place !== null);
    this.#match(this.#pauses, seen.length, this.lines, "axis__pause");
    seen.forEach(({ pause, place }, i) => {
      this.#pauses[i].style.setProperty("left", `${place.left * 100}%`);
      this.#pauses[i].style.setProperty("width", `${place.width * 100}%`);
      this.#pauses[i].title = `Nothing for ${duration(pause.to - pause.from)}`;
    });
  }

  #match(elements, wanted, parent, className) {
    while (elements.length > wanted) elements.pop().remove();
    while (elements.length < wanted) {
      const element = h("div", { className, "aria-hidden": "true" });
      elements.push(element);
      parent.append(element);
    }
  }

  #fraction(event) {
    const box = this.element.getBoundingClientRect();
    return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
  }

  #begin(event) {
    if (event.button !== 0 || !this.#range) return;
    this.#from = this.#fraction(event);
    this.element.setPointerCapture(event.pointerId);
    event.preventDefault();
  }

  #move(event) {
    if (this.#from === null) return;
    const at = this.#fraction(event);
    this.#drag.hidden = false;
    this.#drag.style.setProperty("left", `${Math.min(at, this.#from) * 100}%`);
    this.#drag.style.setProperty("width", `${Math.abs(at - this.#from) * 100}%`);
  }

  #finish(event) {
    if (this.#from === null) return;
    const at = this.#fraction(event);
    const from = this.#from;
    this.#cancel();
    if (Math.abs(at - from) * this.width < CLICK_PIXELS) return;
    const range = draggedRange(this.#range, from, at, this.#length);
    if (range) this.#onZoom(range);
  }

  #cancel() {
    this.#from = null;
    this.#drag.hidden = true;
  }
}
