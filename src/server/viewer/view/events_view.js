// The raw events as a table: every event that passes the filter and every gap, in the order of seq.
import { scopeOf, statusOf, timeOf } from "../model/event.js";
import { clock, count, oneLine } from "../model/format.js";
import { anyText } from "../model/values.js";
import { button, h, setText } from "./dom.js";
import { matchesOf } from "./event_matches.js";
import { openDetails } from "./event_details.js";
import { eventLine } from "./event_line.js";
import { RowList } from "./row_list.js";
import { sinceStart } from "./time_scale.js";

const ROW_HEIGHT = 28;
const NARROW_ROW_HEIGHT = 48;
const NARROW_WIDTH = 640;
const MESSAGE_LENGTH = 400;
const COLUMNS = ["seq", "time", "type", "agent", "message"];

function cell(name, role = "gridcell") {
  return h("div", { className: `events__cell events__${name}`, role });
}

export class EventsView {
  #context;
  #list;
  #cells = new WeakMap();
  #timeButton;
  #sinceStart = true;
  #drawn = "";
  #revealed = null;
  #frame = 0;
  #observer;
  #empty = h("p", { className: "events__empty", hidden: true });
  #end = button("To the end", () => this.end(), { className: "button events__end", hidden: true });

  constructor(context) {
    this.#context = context;
    this.#timeButton = button("Time", () => this.#changeTime(), {
      className: "events__sort",
      title: "Change between the time since the start and the time of day",
    });
    this.#list = new RowList({
      role: "grid",
      label: "Events",
      className: "events__rows",
      rowHeight: ROW_HEIGHT,
      head: this.#head(),
      makeRow: () => this.#makeRow(),
      fillRow: (row, index, current) => this.#fillRow(row, index, current),
      onChoose: (index) => this.#choose(index, true),
      onMove: (index) => this.#choose(index, false),
      onOpen: () => this.toggle(),
      onDraw: () => this.#drawEnd(),
    });
    this.element = h("div", { className: "events" }, this.#list.element, this.#empty, this.#end);
    this.#list.element.setAttribute("aria-colcount", String(COLUMNS.length));
    this.#observer = new ResizeObserver(([entry]) => this.#resized(entry.contentRect.width));
    this.#observer.observe(this.element);
  }

  dispose() {
    cancelAnimationFrame(this.#frame);
    this.#observer.disconnect();
    this.#list.dispose();
  }

  get #matches() {
    return matchesOf(this.#context.session.log);
  }

  update() {
    const { route, feed } = this.#context;
    const matches = this.#matches;
    matches.setFilter(route.filter);
    if (!matches.advance()) this.#again();
    const key = `${matches.version}|${route.seq}|${this.#sinceStart}|${feed.state}`;
    if (key === this.#drawn) return;
    this.#drawn = key;
    const current = route.seq === null ? -1 : matches.indexOfSeq(route.seq);
    const reveal = current >= 0 && this.#revealed !== route.seq;
    if (reveal || route.seq === null) this.#revealed = route.seq;
    this.#list.show({ count: matches.size, current, reveal, follow: feed.state !== "file" });
    this.#sayEmpty(matches);
  }

  #again() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.update());
  }

  #sayEmpty(matches) {
    this.#empty.hidden = matches.size > 0 || !matches.done;
    if (this.#empty.hidden) return;
    const none = this.#context.session.log.size === 0;
    const loading = this.#context.feed.state === "loading";
    const nothing = loading ? "Loading the events …" : "No events yet.";
    setText(this.#empty, none ? nothing : "No event passes the filter.");
  }

  // What the keyboard does.
  next() {
    this.#go(1);
  }

  previous() {
    this.#go(-1);
  }

  top() {
    if (this.#matches.size > 0) this.#choose(0, false);
  }

  end() {
    this.#list.scrollToEnd();
    this.#context.go({ seq: this.#matches.neighbour(null, -1) });
  }

  toggle() {
    if (this.#context.route.seq !== null) openDetails(this.element);
  }

  nextMatch(direction) {
    this.#go(direction);
  }

  focusSelected() {
    this.#list.focus();
  }

  #go(step) {
    const seq = this.#matches.neighbour(this.#context.route.seq, step);
    if (seq !== null) this.#context.go({ seq });
  }

  #choose(index, open) {
    const row = this.#matches.row(index);
    if (!row) return;
    if (row.event) {
      this.#context.go({ seq: row.event.seq });
      if (open) openDetails(this.element, { focus: false });
      return;
    }
    const step = index >= this.#list.current ? 1 : -1;
    const seq = this.#matches.neighbour(row.gap.after + 0.5, step);
    if (seq !== null) this.#context.go({ seq });
  }

  #changeTime() {
    this.#sinceStart = !this.#sinceStart;
    this.update();
  }

  #resized(width) {
    const narrow = width < NARROW_WIDTH;
    this.element.classList.toggle("events--narrow", narrow);
    this.#list.setRowHeight(narrow ? NARROW_ROW_HEIGHT : ROW_HEIGHT);
  }

  #drawEnd() {
    const away = !this.#list.atEnd && this.#context.feed.state === "live";
    if (this.#end.hidden === away) this.#end.hidden = !away;
  }

  #head() {
    const names = { seq: "Seq", time: this.#timeButton, type: "Type", agent: "Agent",
      message: "Message" };
    const cells = COLUMNS.map((name) => {
      const head = cell(name, "columnheader");
      head.append(names[name]);
      return head;
    });
    return h("div", { className: "events__row events__head", role: "row", "aria-rowindex": 1 },
      cells);
  }

  #makeRow() {
    const cells = Object.fromEntries(COLUMNS.map((name) => [name, cell(name)]));
    const row = h("div", { className: "rows__row events__row", role: "row" }, Object.values(cells));
    this.#cells.set(row, cells);
    return row;
  }

  #fillRow(row, index, current) {
    const cells = this.#cells.get(row);
    const { event, gap } = this.#matches.row(index) ?? {};
    let className = "rows__row events__row";
    if (current) className += " rows__row--current";
    if (event) {
      className += ` events__row--${scopeOf(event)} events__row--${statusOf(event)}`;
      this.#fillEvent(cells, event);
    } else if (gap) {
      className += " events__row--gap";
      this.#fillGap(cells, gap);
    }
    if (row.className !== className) row.className = className;
  }

  #fillEvent(cells, event) {
    setText(cells.seq, String(event.seq));
    setText(cells.time, this.#time(event));
    const failed = event.type === "tool_call_completed" && statusOf(event) === "failed";
    setText(cells.type, `${oneLine(anyText(event.type), 60)}${failed ? " (failed)" : ""}`);
    setText(cells.agent, oneLine(anyText(event.agent), 60));
    setText(cells.message, eventLine(event, MESSAGE_LENGTH));
  }

  #time(event) {
    const time = timeOf(event);
    if (!Number.isFinite(time)) return "";
    if (!this.#sinceStart) return clock(time);
    return sinceStart(time - timeOf(this.#context.session.log.at(0)));
  }

  #fillGap(cells, { after, missed }) {
    setText(cells.seq, "");
    setText(cells.time, "");
    setText(cells.agent, "");
    const events = missed === 1 ? "1 event is" : `${count(missed)} events are`;
    setText(cells.type, "gap");
    setText(cells.message, after === 0 ? `${events} not here: it begins later` :
      `${events} missing after ${after}`);
  }
}
