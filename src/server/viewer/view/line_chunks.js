// Long text with fixed width in pieces of some lines each, so that what is appended costs the
// layout of one piece and not of the whole.
import { visible } from "../model/format.js";
import { h } from "./dom.js";

const LINES_PER_CHUNK = 60;

export class LineChunks {
  #kind = null;
  #lines = 0;

  constructor(className = "") {
    this.element = h("div", { className: `lines ${className}`.trim() });
  }

  // kind: a word that chooses the look of the piece, as "stderr".
  append(text, kind = "") {
    let from = 0;
    while (from < text.length) {
      if (kind !== this.#kind || this.#lines >= LINES_PER_CHUNK) this.#begin(kind);
      let to = from;
      while (to < text.length && this.#lines < LINES_PER_CHUNK) {
        const end = text.indexOf("\n", to);
        to = end < 0 ? text.length : end + 1;
        if (end >= 0) ++this.#lines;
      }
      appendText(this.element.lastChild, visible(text.slice(from, to)));
      from = to;
    }
  }

  clear() {
    this.element.replaceChildren();
    this.#kind = null;
    this.#lines = 0;
  }

  #begin(kind) {
    this.#kind = kind;
    this.#lines = 0;
    this.element.append(h("div", { className: kind ? `lines__${kind}` : "" }));
  }
}

// Into the text node in the end, if there is one: nothing that is shown is made again.
export function appendText(element, text) {
  if (text === "") return;
  const last = element.lastChild;
  if (last?.nodeType === Node.TEXT_NODE) last.appendData(text);
  else element.append(document.createTextNode(text));
}
