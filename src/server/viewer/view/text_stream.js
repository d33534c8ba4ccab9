// Text that grows: what comes is appended to what is there. Lines between ``` are set as code; of
// other markup nothing is read, it stands there as it was written.
import { visible } from "../model/format.js";
import { h } from "./dom.js";
import { appendText, LineChunks } from "./line_chunks.js";

const FENCE = /^ {0,3}(`{3,}|~{3,})[^`\n]*$/;
const MAY_BECOME_FENCE = /^ {0,3}(`{0,2}|~{0,2}|`{3,}[^`\n]*|~{3,}[^\n]*)$/;
const MAX_FENCE = 80;
// The layout of a word costs its length squared: a long one is set in pieces.
const LONG_WORD = 500;
const WORDS = new RegExp(`\\s+|\\S{1,${LONG_WORD}}`, "gu");
const LONG_PARAGRAPH = 2000; // is set in pieces, so that what is appended costs the layout of one

export class TextStream {
  #shown = "";
  #held = ""; // the begin of a line that may become a fence
  #atLineStart = true;
  #fence = ""; // what ends the code that is being shown
  #paragraph = null;
  #length = 0; // of the paragraph
  #piece = null; // the paragraph, or the piece of it in which a long word goes on
  #word = 0; // the length of the word in the end of the piece
  #code = null;

  constructor() {
    this.element = h("div", { className: "prose" });
  }

  // text: the whole text so far.
  show(text, finished) {
    if (!text.startsWith(this.#shown)) this.#clear();
    const end = finished ? text.length : wholeCharacters(text);
    if (end < this.#shown.length) return;
    this.#append(text.slice(this.#shown.length, end), finished);
    this.#shown = text.slice(0, end);
  }

  #clear() {
    this.element.replaceChildren();
    this.#shown = this.#held = this.#fence = "";
    this.#atLineStart = true;
    this.#paragraph = this.#code = null;
  }

  #append(piece, finished) {
    let text = this.#held + piece.replaceAll("\r\n", "\n");
    this.#held = "";
    while (text !== "") {
      const end = text.indexOf("\n");
      const line = end < 0 ? text : text.slice(0, end);
      if (this.#atLineStart && line.length <= MAX_FENCE) {
        if (end < 0 && !finished && MAY_BECOME_FENCE.test(line)) {
          this.#held = text;
          return;
        }
        if (this.#turn(line)) {
          text = end < 0 ? "" : text.slice(end + 1);
          continue;
        }
      }
      this.#write(end < 0 ? text : text.slice(0, end + 1));
      this.#atLineStart = end >= 0;
      text = end < 0 ? "" : text.slice(end + 1);
    }
  }

  // Whether this line begins or ends code.
  #turn(line) {
    const marks = FENCE.exec(line)?.[1];
    if (!marks) return false;
    const language = line.trim().slice(marks.length).trim();
    if (this.#fence) {
      if (language || !marks.startsWith(this.#fence)) return false;
      this.#fence = "";
      this.#code = null;
    } else {
      this.#fence = marks;
      this.#paragraph = null;
      this.#code = new LineChunks("prose__code");
      if (language) {
        this.element.append(h("div", { className: "prose__language" }, visible(language)));
      }
      this.element.append(this.#code.element);
    }
    return true;
  }

  #write(line) {
    if (this.#code) {
      this.#code.append(line);
    } else if (this.#atLineStart && line.trim() === "" && line.endsWith("\n")) {
      this.#paragraph = null;
    } else {
      if (!this.#paragraph) this.#begin("prose__paragraph");
      else if (this.#atLineStart && this.#length > LONG_PARAGRAPH) this.#begin("prose__line");
      this.#length += line.length;
      this.#writeWords(visible(line));
    }
  }

  #writeWords(text) {
    let plain = "";
    for (const [word] of text.matchAll(WORDS)) {
      const space = word.trimStart() === "";
      if (!space && this.#word + word.length > LONG_WORD) {
        appendText(this.#piece, plain);
        plain = "";
        this.#piece = h("span");
        this.#paragraph.append(this.#piece);
        this.#word = 0;
      }
      this.#word = space ? 0 : this.#word + word.length;
      plain += word;
    }
    appendText(this.#piece, plain);
  }

  #begin(className) {
    this.#length = 0;
    this.#word = 0;
    this.#paragraph = this.#piece = h("div", { className });
    this.element.append(this.#paragraph);
  }
}

// Without the half of a character, or of a line end, in the end.
function wholeCharacters(text) {
  return /[\r\uD800-\uDBFF]$/.test(text.slice(-1)) ? text.length - 1 : text.length;
}
