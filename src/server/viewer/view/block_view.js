// What all blocks of the transcript have: a head with a label, a body, what is offered when the
// pointer or the keyboard is there (link, copy), marks of the search. A kind of block overrides
// draw(block), and tick(now) and toggle() where it needs them.
import { clock } from "../model/format.js";
import { h, toggleClass } from "./dom.js";
import { markAll, unmark } from "./marks.js";

const MAX_DEPTH = 12;
let nextId = 0;

export class BlockView {
  #drawn = null;
  #marked = null;
  #anyMarks = false;
  #article = null;

  // tools: what the transcript gives to its blocks (see BlockTools in transcript_view.js).
  constructor(block, tools, className) {
    this.block = block;
    this.tools = tools;
    this.ui = tools.uiOf(block.id);
    this.label = h("span", { className: "block__label", id: `block-label-${++nextId}` });
    this.labelId = this.label.id;
    this.meta = h("span", { className: "block__meta" });
    this.head = h("div", { className: "block__head" }, this.label, this.meta);
    this.body = h("div", { className: "block__body" });
    this.element = h(
      "div",
      { className: `block ${className}` },
      h("div", { className: "block__main" }, this.head, this.body),
    );
    const depth = Math.min(Math.max(Math.trunc(Number(block.depth)) || 0, 0), MAX_DEPTH);
    if (depth > 0) this.element.style.setProperty("--depth", String(depth));
    this.#offer();
  }

  update(block = this.block) {
    this.block = block;
    if (this.#drawn !== block.version) {
      this.#drawn = block.version;
      this.#tryDraw(block);
      this.#marked = null;
    }
    this.#mark();
  }

  // What cannot be drawn must not keep the other blocks from being drawn.
  #tryDraw(block) {
    try {
      this.draw(block);
    } catch (failure) {
      this.body.hidden = false;
      this.body.replaceChildren(`This block cannot be shown: ${failure.message}`);
    }
  }

  // Draws again, as when something of the page has changed that the block does not know.
  redraw() {
    this.#drawn = null;
    this.update();
  }

  draw() {}

  tick() {}

  // Opens or folds; false where there is nothing to open.
  toggle() {
    return false;
  }

  // Opens everything, for what was found in it to be seen.
  openAll() {}

  // In the page now, in this article.
  attached(article) {
    this.#article = article;
    if (this.labelId) article.setAttribute("aria-labelledby", this.labelId);
    if (this.tools.isSelected(this.block.id)) this.select(true);
  }

  select(on) {
    toggleClass(this.element, "block--selected", on);
    if (on) this.#article.setAttribute("aria-current", "true");
    else this.#article.removeAttribute("aria-current");
  }

  get text() {
    return String(this.block.content ?? this.block.text?.() ?? "");
  }

  #mark() {
    const { pattern } = this.tools;
    if (this.#marked === pattern) return;
    this.#marked = pattern;
    if (this.#anyMarks) unmark(this.element);
    this.#anyMarks = pattern !== null;
    if (pattern) {
      markAll(this.head, pattern);
      markAll(this.body, pattern);
    }
  }

  #offer() {
    const { context } = this.tools;
    const offer = (label, title, run) =>
      h("button", { type: "button", className: "block__action", title, onclick: run }, label);
    this.element.append(
      h(
        "div",
        { className: "block__actions" },
        h("span", { className: "block__time" }, clock(this.block.ts).slice(0, 8)),
        offer("Details", "Show the event", () => this.tools.select(this.block)),
        offer("Copy", "Copy the text", () => context.copy(this.text, "the text")),
        offer("Link", "Copy a link to this place", () =>
          context.copy(this.tools.linkTo(this.block), "the link")),
      ),
    );
  }
}

// A word with its shape beside it.
export function stateMark(state, words) {
  return h("span", { className: `state state--${state}` }, words);
}

// Values with the same look, with dots between; null when there is none.
export function facts(values) {
  const shown = values.filter((value) => ![null, undefined, false, ""].includes(value));
  if (shown.length === 0) return null;
  return h("span", { className: "facts" },
    shown.map((value) => h("span", { className: "facts__one" }, value)));
}
