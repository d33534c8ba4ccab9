// A change of a file, line by line, as a unified diff tells it.
import { count, counted, oneLine, visible } from "../model/format.js";
import { h, replaceChildren } from "./dom.js";

const PREVIEW_LINES = 30;
const SCROLLED_LINES = 80;
const MAX_LINES = 20000;

// "add", "remove", "hunk", "file" or "" for each line. Lines that begin with --- or +++ name files
// only before the first hunk.
export function diffKinds(lines) {
  let inHunk = false;
  return lines.map((line) => {
    if (line.startsWith("@@")) inHunk = true;
    if (line.startsWith("@@")) return "hunk";
    if (!inHunk && /^(---|\+\+\+|diff |index |new file|deleted file)/.test(line)) return "file";
    if (line.startsWith("+")) return "add";
    if (line.startsWith("-")) return "remove";
    return "";
  });
}

/// How many lines there are of either kind, for who does not see the signs.
export function diffWords(added, removed) {
  return `${counted(added, "line", "lines")} added, ${count(removed)} removed`;
}

export class DiffView {
  #lines;
  #kinds;
  #ui;
  #name;
  #onToggle;
  #code = h("div", { className: "diff__lines" });
  #button = h("button", { type: "button", className: "more-button", onclick: () => this.#all() });

  constructor({ path, diff, ui, name, onToggle }) {
    this.#ui = ui;
    this.#name = name;
    this.#onToggle = onToggle;
    this.#lines = String(diff ?? "").replace(/\n$/, "").split("\n").slice(0, MAX_LINES);
    this.#kinds = diffKinds(this.#lines);
    const added = this.#kinds.filter((kind) => kind === "add").length;
    const removed = this.#kinds.filter((kind) => kind === "remove").length;
    this.element = h(
      "div",
      { className: "diff" },
      h(
        "div",
        { className: "diff__head" },
        h("span", { className: "diff__path" }, oneLine(String(path ?? ""), 400)),
        h("span", { className: "diff__added" }, `+${count(added)}`),
        h("span", { className: "diff__removed" }, `−${count(removed)}`),
        h("span", { className: "visually-hidden" },
          diffWords(added, removed)),
      ),
      this.#code,
      this.#button,
    );
    this.draw();
  }

  draw() {
    const all = this.#ui[this.#name] === true;
    const short = this.#lines.length <= PREVIEW_LINES + 2;
    const end = short || all ? this.#lines.length : PREVIEW_LINES;
    replaceChildren(this.#code, this.#lines.slice(0, end).map((line, i) =>
      h("span", { className: `diff__line diff__line--${this.#kinds[i] || "same"}` },
        `${visible(line)}\n`)));
    const scrolls = all && this.#lines.length > SCROLLED_LINES;
    this.#code.classList.toggle("code-box--scrolls", scrolls);
    if (scrolls) this.#code.tabIndex = 0;
    else this.#code.removeAttribute("tabindex");
    this.#button.hidden = short;
    this.#button.textContent = all ? "Show less" : `Show all ${count(this.#lines.length)} lines`;
  }

  #all() {
    this.#ui[this.#name] = !this.#ui[this.#name];
    this.draw();
    this.#onToggle();
  }
}
