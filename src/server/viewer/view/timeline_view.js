// The waterfall of a session: runs, turns, model requests, tools, approvals and workflow steps as
// rows of a tree, each with its bar in time and its figures.
import { emptyFilter } from "../model/filter.js";
import { h, setText, toggleClass } from "./dom.js";
import { openDetails } from "./event_details.js";
import { firstOf } from "./event_line.js";
import { RowList } from "./row_list.js";
import { SpanLayout } from "./span_layout.js";
import { TimeAxis } from "./time_axis.js";
import { TimeSummary } from "./time_summary.js";
import { COLUMNS, SpanRow } from "./timeline_row.js";
import { TimelineTime } from "./timeline_time.js";
import { TimelineTools } from "./timeline_tools.js";
import { TimeWindow } from "./time_window.js";

const ROW_HEIGHT = 28;
const NARROW_ROW_HEIGHT = 48;
const NARROW_WIDTH = 520;
const COMPACT_WIDTH = 760;
const MIDDLE_WIDTH = 1000;
const GROW_MS = 200; // how often open bars grow

export class TimelineView {
  #context;
  #list;
  #axis;
  #window;
  #time;
  #tools;
  #summary = new TimeSummary();
  #lines = h("div", { className: "timeline__time" });
  #empty = h("p", { className: "timeline__empty", hidden: true });
  #spanRows = new WeakMap(); // element -> SpanRow
  #layout = new SpanLayout();
  #drawn = "";
  #revealed = null;
  #chosen = null; // the span that was chosen here: an event may begin several
  #grow = 0;
  #observer;

  constructor(context) {
    this.#context = context;
    this.#time = new TimelineTime(context);
    this.#window = new TimeWindow(() => this.#redraw());
    this.#axis = new TimeAxis((range) => this.#window.set(range), this.#lines);
    this.#tools = new TimelineTools({
      zoom: (step) => this.zoom(step),
      zoomToSelected: () => this.#zoomToSelected(),
      foldAll: () => this.#foldAll(),
      clearFilter: () => context.go({ filter: emptyFilter() }),
      shortenPauses: (on) => this.#shortenPauses(on),
    });
    this.#list = new RowList({
      role: "treegrid",
      label: "Timeline",
      className: "timeline__rows",
      rowHeight: ROW_HEIGHT,
      head: this.#head(),
      makeRow: () => this.#makeRow(),
      fillRow: (element, index, current) => this.#fillRow(element, index, current),
      onChoose: (index, event) => this.#clicked(index, event),
      onMove: (index) => this.#select(index),
      onKey: (event) => this.#key(event),
      onOpen: () => this.toggle(),
    });
    this.#list.space.prepend(h("div", { className: "timeline__row timeline__lines",
      "aria-hidden": "true" }, this.#lines));
    this.#list.element.addEventListener("wheel", (event) => this.#wheel(event));
    this.#list.element.addEventListener("dblclick", () => this.#zoomToSelected());
    this.element = h("div", { className: "timeline" }, this.#summary.element, this.#tools.element,
      this.#list.element, this.#window.element, this.#empty);
    this.#observer = new ResizeObserver(([entry]) => this.#resized(entry.contentRect.width));
    this.#observer.observe(this.element);
  }

  dispose() {
    clearTimeout(this.#grow);
    this.#observer.disconnect();
    this.#list.dispose();
  }

  update() {
    const { route, session: { spans } } = this.#context;
    const some = this.#time.look();
    this.#sayEmpty(!some);
    if (!some) return;
    const { now, open, length } = this.#time;
    this.#window.setLength(length);
    this.#layout.update(spans, route.filter);
    this.#summary.update(spans, now, open);
    const key = `${this.#layout.key}|${spans.version}|${route.seq}|${open ? now : 0}`;
    if (key !== this.#drawn) this.#draw(key, spans, route);
    if (open) this.#growLater();
  }

  // What the keyboard does.
  next() {
    this.#select(Math.min(this.#list.current + 1, this.#rows.length - 1));
  }

  previous() {
    this.#select(Math.max(this.#list.current - 1, 0));
  }

  top() {
    this.#select(0);
  }

  end() {
    this.#select(this.#rows.length - 1);
  }

  nextMatch(direction) {
    if (direction > 0) this.next();
    else this.previous();
  }

  toggle() {
    const row = this.#rows[this.#list.current];
    if (row?.foldable) this.#fold(row, !row.folded);
    else if (this.#context.route.seq !== null) openDetails(this.element);
  }

  /// 1: nearer, -1: farther, 0: all of it.
  zoom(step) {
    this.#window.zoom(step, this.#selectedPlace());
  }

  focusSelected() {
    this.#list.focus();
  }

  get #rows() {
    return this.#layout.rows;
  }

  #sayEmpty(empty) {
    this.#empty.hidden = !empty;
    for (const part of [this.#list.element, this.#tools.element]) part.hidden = empty;
    if (!empty) return;
    this.#summary.element.hidden = true;
    setText(this.#empty, this.#context.feed.state === "loading"
      ? "Loading the events …" : "No run yet: there is nothing to measure.");
  }

  #draw(key, spans, route) {
    this.#drawn = key;
    const span = this.#spanOf(route.seq, spans);
    const elsewhere = this.#revealed !== route.seq;
    if (span && elsewhere) {
      this.#layout.unfoldAbove(span, spans);
      this.#layout.update(spans, route.filter);
    }
    if (span || route.seq === null) this.#revealed = route.seq;
    const current = span ? this.#layout.indexOf(span.id) : -1;
    if (span && elsewhere && current >= 0) this.#reveal(span);
    this.#axis.draw(this.#window.range, this.#window.length, this.#time.folds);
    const follow = this.#time.open;
    this.#list.show({ count: this.#rows.length, current, reveal: elsewhere, follow });
    this.#tools.sayRows(this.#layout.hidden, this.#layout.anyFolded, current >= 0);
    this.#sayRange();
  }

  #spanOf(seq, spans) {
    if (seq === null) return undefined;
    const chosen = this.#chosen?.seq === seq ? spans.byId(this.#chosen.id) : undefined;
    return chosen ?? spans.spanOfSeq(seq);
  }

  #reveal(span) {
    const { from, to } = this.#time.placeOf(span);
    this.#window.reveal(from, to);
  }

  #sayRange() {
    const { range, length, whole } = this.#window;
    const real = this.#time.realRange(range);
    const all = this.#time.folds.toTime(length);
    this.#tools.sayRange(real, all, whole, this.#time.hasPauses);
  }

  // Places on the axis are others then: all of it is shown.
  #shortenPauses(on) {
    this.#time.setShorten(on);
    this.#window.set(null);
  }

  #redraw() {
    this.#drawn = "";
    this.update();
  }

  #growLater() {
    clearTimeout(this.#grow);
    this.#grow = setTimeout(() => {
      if (this.element.isConnected) this.update();
    }, GROW_MS);
  }

  #head() {
    const cells = COLUMNS.map(([name, label]) => name === "time" ? this.#axis.element :
      h("div", { className: `timeline__cell timeline__${name}`, role: "columnheader" }, label));
    return h("div", { className: "timeline__row timeline__head", role: "row", "aria-rowindex": 1 },
      cells);
  }

  #makeRow() {
    const row = new SpanRow();
    this.#spanRows.set(row.element, row);
    return row.element;
  }

  #fillRow(element, index, current) {
    const row = this.#rows[index];
    const view = {
      range: this.#window.range,
      folds: this.#time.folds,
      start: this.#time.start,
      now: this.#time.now,
      hint: row.span.kind === "tool" ? this.#argument(row.span) : "",
      current,
    };
    this.#spanRows.get(element).fill(row, view);
  }

  // What the tool was called with, as far as the transcript knows.
  #argument(span) {
    return firstOf(this.#context.session.transcript.blockOfSeq(span.seq)?.arguments);
  }

  #clicked(index, event) {
    const row = this.#rows[index];
    if (!row) return;
    const element = event.target.closest?.(".rows__row");
    if (row.foldable && this.#spanRows.get(element)?.folds(event)) {
      this.#fold(row, !row.folded);
    } else {
      this.#select(index);
      openDetails(this.element, { focus: false });
    }
  }

  #select(index) {
    const row = this.#rows[index];
    if (!row) return;
    this.#chosen = row.span;
    this.#revealed = undefined;
    this.#context.go({ seq: row.span.seq });
    this.#redraw();
  }

  #fold(row, folded) {
    this.#layout.fold(row.span.id, folded);
    this.#redraw();
  }

  // Turns are folded, so that runs and turns stay; or everything is unfolded.
  #foldAll() {
    if (this.#layout.anyFolded) this.#layout.unfoldAll();
    else this.#layout.foldTurns(this.#context.session.spans);
    this.#redraw();
  }

  #key(event) {
    const row = this.#rows[this.#list.current];
    const right = event.key === "ArrowRight";
    if (!right && event.key !== "ArrowLeft") return false;
    if (event.shiftKey) this.#window.pan(right ? 0.2 : -0.2);
    else if (row?.foldable && row.folded === right) this.#fold(row, !right);
    else if (right && row?.foldable) this.next();
    else if (!right && row) this.#select(this.#layout.indexOf(row.span.parent));
    return true;
  }

  #wheel(event) {
    const box = this.#axis.element.getBoundingClientRect();
    const anchor = Math.min(Math.max((event.clientX - box.left) / Math.max(box.width, 1), 0), 1);
    if (this.#window.wheel(event, anchor, box.width)) event.preventDefault();
  }

  #selectedPlace() {
    const span = this.#rows[this.#list.current]?.span;
    return span ? this.#time.placeOf(span) : null;
  }

  #zoomToSelected() {
    const place = this.#selectedPlace();
    if (place) this.#window.zoomTo(place.from, place.to);
  }

  #resized(width) {
    const narrow = width < NARROW_WIDTH;
    const compact = !narrow && width < COMPACT_WIDTH;
    toggleClass(this.element, "timeline--narrow", narrow);
    toggleClass(this.element, "timeline--compact", compact);
    toggleClass(this.element, "timeline--middle", !narrow && !compact && width < MIDDLE_WIDTH);
    this.#list.setRowHeight(narrow ? NARROW_ROW_HEIGHT : ROW_HEIGHT);
    this.#redraw();
  }
}
