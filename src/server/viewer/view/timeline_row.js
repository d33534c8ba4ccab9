// One row of the timeline: what it is, its bar, its figures; and all of it in words.
import { cost, count, duration, oneLine, tokens } from "../model/format.js";
import { h, setText, toggleClass } from "./dom.js";
import { placeOf, sinceStart } from "./time_scale.js";

const NAME_LENGTH = 120;
const HINT_LENGTH = 80;
const DEEPEST_INDENT = 12;

export const COLUMNS = [
  ["name", "What"],
  ["time", "Time"],
  ["length", "Duration"],
  ["first", "First token"],
  ["tokens", "Tokens"],
  ["cost", "Cost"],
];

const KINDS = {
  run: "Run",
  turn: "Turn",
  model: "Model",
  tool: "Tool",
  approval: "Approval",
  workflow: "Workflow",
  step: "Step",
  background: "Background",
};

/// The kind of a span for people.
export function kindName(span) {
  return KINDS[span.kind] ?? oneLine(span.kind, 20);
}

/// The name of a span, without its kind where it begins with it.
export function spanName(span) {
  const name = oneLine(span.name, NAME_LENGTH);
  const kind = kindName(span).toLowerCase();
  if (name.toLowerCase() === kind) return "";
  return name.toLowerCase().startsWith(`${kind} `) ? name.slice(kind.length + 1) : name;
}

/// The word for how a span is doing; "" for one that ended well. waits: the approvals of a tool.
export function statusWord(span, waits = []) {
  if (span.status === "completed") return "";
  const open = span.status === "pending" || span.status === "running";
  const asked = span.kind === "approval" || waits.some((wait) => !Number.isFinite(wait.end));
  return open && asked ? "waiting" : oneLine(span.status, 20);
}

/// How long it took; NaN for a tool that was not called. Of a tool only the call counts, neither the
/// writing of its arguments nor what it waited for.
export function timeTaken(span, now) {
  if (span.kind !== "tool") return lengthOf(span, now);
  if (!Number.isFinite(span.called)) return NaN;
  if (Number.isFinite(span.duration_ms)) return span.duration_ms;
  return Math.max((Number.isFinite(span.end) ? span.end : now) - span.called, 0);
}

// What of a bar is drawn lighter, as its end: until the first token, or until the tool was called.
function prelude(span, now) {
  if (span.kind === "model" && Number.isFinite(span.ttft_ms)) {
    return span.start + Math.max(span.ttft_ms, 0);
  }
  if (span.kind !== "tool") return null;
  return span.called ?? (Number.isFinite(span.end) ? null : now);
}

function callText(span) {
  if (span.kind !== "tool") return "";
  if (!Number.isFinite(span.called)) return Number.isFinite(span.end) ? "not called" : "not called yet";
  const before = span.called - span.start;
  return before >= 1 ? `called after ${duration(before)}` : "";
}

function lengthOf(span, now) {
  const end = Number.isFinite(span.end) ? span.end : now;
  return Math.max(end - span.start, 0);
}

function costOf(span, about = "≈ ") {
  if (typeof span.cost !== "number") return "";
  return (span.cost_about ? about : "") + cost(span.cost);
}

function tokensOf(span) {
  return span.tokens?.total > 0 ? tokens(span.tokens.total) : "";
}

/// All that a row says, for who cannot see the bar.
export function spanText({ span, waits }, start, now) {
  const word = statusWord(span, waits) || "completed";
  const taken = timeTaken(span, now);
  const parts = [`${kindName(span)} ${spanName(span)}`.trim(), word,
    `starts at ${sinceStart(span.start - start)}`];
  if (callText(span)) parts.push(callText(span));
  if (Number.isFinite(taken)) parts.push(`took ${duration(taken)}`);
  if (span.attempt > 1) parts.push(`attempt ${span.attempt}`);
  if (Number.isFinite(span.ttft_ms)) parts.push(`first token after ${duration(span.ttft_ms)}`);
  if (span.tokens?.total > 0) {
    const { prompt, completion, cached } = span.tokens;
    parts.push(`${count(prompt)} tokens in${cached > 0 ? ` (${count(cached)} cached)` : ""}, ` +
      `${count(completion)} out`);
  }
  if (costOf(span)) parts.push(`cost ${costOf(span, "about ")}`);
  return parts.join(", ");
}

function cell(name) {
  return h("div", { className: `timeline__cell timeline__${name}`, role: "gridcell" });
}

export class SpanRow {
  #cells = Object.fromEntries(COLUMNS.map(([name]) => [name, cell(name)]));
  #fold = h("span", { className: "span-row__fold", "aria-hidden": "true" });
  #kind = h("span", { className: "span-row__kind" });
  #name = h("span", { className: "span-row__name" });
  #hint = h("span", { className: "span-row__hint" });
  #status = h("span", { className: "span-row__status" });
  #bar = h("div", { className: "bar" });
  #first = h("div", { className: "bar__first" });
  #waits = [];

  constructor() {
    this.#cells.name.append(this.#fold, this.#kind, this.#name, this.#status, this.#hint);
    this.#bar.append(this.#first);
    this.#cells.time.append(this.#bar);
    this.element = h("div", { role: "row" }, Object.values(this.#cells));
  }

  /// Whether the click was on what folds and unfolds.
  folds(event) {
    return this.#fold === event.target;
  }

  // row: of spanRows(); view: {range, folds, start, now, hint, current}
  fill(row, view) {
    const { span } = row;
    const word = statusWord(span, row.waits);
    const className = `rows__row timeline__row span-row span-row--${this.#known(span.kind)}` +
      ` span-row--${this.#state(span, word)}${view.current ? " rows__row--current" : ""}`;
    if (this.element.className !== className) this.element.className = className;
    this.#fillTree(row);
    setText(this.#kind, kindName(span));
    setText(this.#name, spanName(span) + (span.attempt > 1 ? ` (attempt ${span.attempt})` : ""));
    setText(this.#hint, oneLine(view.hint, HINT_LENGTH));
    setText(this.#status, word);
    this.#status.hidden = word === "";
    setText(this.#cells.length, duration(timeTaken(span, view.now)));
    setText(this.#cells.first, Number.isFinite(span.ttft_ms) ? duration(span.ttft_ms) : "");
    setText(this.#cells.tokens, tokensOf(span));
    setText(this.#cells.cost, costOf(span));
    const text = spanText(row, view.start, view.now);
    this.element.setAttribute("aria-label", text);
    if (this.element.title !== text) this.element.title = text;
    this.#fillBar(row, view);
  }

  #known(kind) {
    return kind in KINDS ? kind : "other";
  }

  #state(span, word) {
    if (word === "waiting") return "waiting";
    const known = ["failed", "cancelled", "running", "pending"];
    return known.includes(span.status) ? span.status : "ended";
  }

  #fillTree({ level, position, siblings, foldable, folded }) {
    const { element } = this;
    element.setAttribute("aria-level", String(level));
    element.setAttribute("aria-posinset", String(position));
    element.setAttribute("aria-setsize", String(siblings));
    if (foldable) element.setAttribute("aria-expanded", String(!folded));
    else element.removeAttribute("aria-expanded");
    element.style.setProperty("--level", String(Math.min(level - 1, DEEPEST_INDENT)));
    setText(this.#fold, foldable ? (folded ? "▸" : "▾") : "");
    toggleClass(this.#fold, "span-row__fold--none", !foldable);
  }

  #fillBar({ span, waits }, { range, folds, start, now }) {
    const axis = (ms) => folds.toAxis(ms - start);
    const place = placeOf(range, axis(span.start), axis(span.start + lengthOf(span, now)));
    this.#bar.hidden = place === null;
    if (!place) return;
    toggleClass(this.#bar, "bar--open", !Number.isFinite(span.end));
    toggleClass(this.#bar, "bar--last", place.left + place.width > 0.95);
    this.#put(this.#bar, place.left, place.width);
    const until = prelude(span, now);
    const first = until > span.start ? this.#inside(place, range, axis(span.start), axis(until)) : null;
    this.#first.hidden = first === null;
    if (first) this.#put(this.#first, first.left, first.width);
    while (this.#waits.length > waits.length) this.#waits.pop().remove();
    while (this.#waits.length < waits.length) {
      this.#waits.push(h("div", { className: "bar__wait" }));
      this.#bar.append(this.#waits.at(-1));
    }
    waits.forEach((wait, i) => {
      const end = axis(wait.start + lengthOf(wait, now));
      const part = this.#inside(place, range, axis(wait.start), end);
      this.#waits[i].hidden = part === null;
      if (part) this.#put(this.#waits[i], part.left, part.width);
    });
  }

  // A part of the bar, in parts of the bar.
  #inside(bar, range, from, to) {
    const place = placeOf(range, from, to);
    if (!place || !(bar.width > 0)) return null;
    const left = Math.max((place.left - bar.left) / bar.width, 0);
    const right = Math.min((place.left + place.width - bar.left) / bar.width, 1);
    return right > left ? { left, width: right - left } : null;
  }

  #put(element, left, width) {
    element.style.setProperty("left", `${(left * 100).toFixed(3)}%`);
    element.style.setProperty("width", `${(width * 100).toFixed(3)}%`);
  }
}
