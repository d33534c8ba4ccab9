// Text of fixed width that may be long: some lines of it, and a button that shows all.
import { count } from "../model/format.js";
import { h, setText } from "./dom.js";
import { LineChunks } from "./line_chunks.js";
import { countLines, firstLines, lastLines, plainOutput, wholeLength } from "./plain_output.js";

const REBUILD_MS = 500;
const MAX_PREVIEW_CHARACTERS = 4000;
const SCROLLED_LINES = 60; // more than these scroll in their own box

export class OutputBox {
  #lines = new LineChunks("code-box");
  #button = h("button", { type: "button", className: "more-button", onclick: () => this.#all() });
  #ui;
  #name;
  #preview;
  #tail;
  #onToggle;
  #shown = []; // [{stream, length}] of what all shows
  #mode = "";
  #dropped = 0;
  #rebuilt = 0;
  #total = 0;

  // ui[name]: whether all is shown, kept beyond the life of this box. tail: of a long text the last
  // lines are shown and not the first.
  constructor({ label, ui, name, tail = false, preview = 12, onToggle = () => {} }) {
    this.#ui = ui;
    this.#name = name;
    this.#preview = preview;
    this.#tail = tail;
    this.#onToggle = onToggle;
    this.#lines.element.setAttribute("aria-label", label);
    this.#lines.element.setAttribute("role", "group");
    this.element = h("div", { className: "output-box" }, tail && this.#button,
      this.#lines.element, !tail && this.#button);
  }

  // pieces: [{stream, text}]; growing: more may follow; dropped: how much was cut off in front.
  show(pieces, { growing = false, dropped = 0 } = {}) {
    this.#total = pieces.reduce((sum, { text }) => sum + countLines(text), 0);
    const size = pieces.reduce((sum, { text }) => sum + text.length, 0);
    const short = this.#total <= this.#preview + 2 && size <= MAX_PREVIEW_CHARACTERS;
    if (short || this.#ui[this.#name]) this.#showAll(pieces, growing, dropped);
    else this.#showSome(pieces);
    this.#scrolls(!short && this.#ui[this.#name] && this.#total > SCROLLED_LINES);
    this.#button.hidden = short;
    setText(this.#button, this.#words(dropped));
    this.element.hidden = this.#total === 0;
  }

  #words(dropped) {
    if (this.#ui[this.#name]) return "Show less";
    const lines = this.#total === 1 ? "the whole line" : `all ${count(this.#total)} lines`;
    const cut = dropped > 0 ? ` (${count(dropped)} characters before them are not kept)` : "";
    return `Show ${lines}${cut}`;
  }

  setOpen(open) {
    this.#ui[this.#name] = open;
  }

  #all() {
    this.#ui[this.#name] = !this.#ui[this.#name];
    this.#onToggle();
  }

  #scrolls(on) {
    const { element } = this.#lines;
    element.classList.toggle("code-box--scrolls", Boolean(on));
    if (on) element.tabIndex = 0;
    else element.removeAttribute("tabindex");
  }

  #showSome(pieces) {
    const tail = this.#tail;
    this.#clear("some");
    let room = this.#preview;
    let characters = MAX_PREVIEW_CHARACTERS;
    const some = [];
    for (const { stream, text } of tail ? [...pieces].reverse() : pieces) {
      if (room <= 0 || characters <= 0) break;
      let part = (tail ? lastLines : firstLines)(text, room);
      part = tail ? part.slice(-characters) : part.slice(0, characters);
      room -= countLines(part);
      characters -= part.length;
      some.push({ stream, text: part });
    }
    for (const { stream, text } of tail ? some.reverse() : some) {
      this.#lines.append(plainOutput(text), stream);
    }
  }

  #showAll(pieces, growing, dropped) {
    const first = this.#shown[0];
    const grown = this.#mode === "all" && dropped === this.#dropped &&
      pieces.length >= this.#shown.length &&
      (!first || pieces[0].text.length >= first.length);
    if (!grown) {
      const now = performance.now();
      if (growing && this.#mode === "all" && now - this.#rebuilt < REBUILD_MS) return;
      this.#rebuilt = now;
      this.#clear("all");
      this.#dropped = dropped;
    }
    for (let i = Math.max(this.#shown.length - 1, 0); i < pieces.length; ++i) {
      this.#append(i, pieces[i], growing && i === pieces.length - 1);
    }
  }

  #append(i, { stream, text }, growing) {
    this.#shown[i] ??= { length: 0 };
    const end = growing ? wholeLength(text) : text.length;
    if (end <= this.#shown[i].length) return;
    this.#lines.append(plainOutput(text.slice(this.#shown[i].length, end)), stream);
    this.#shown[i].length = end;
  }

  #clear(mode) {
    this.#lines.clear();
    this.#shown = [];
    this.#mode = mode;
  }
}
