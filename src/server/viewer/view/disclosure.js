// A button that opens and folds what lies below it. What is below is made when it is first opened.
import { h, replaceChildren } from "./dom.js";

export class Disclosure {
  #open = false;
  #build;
  #built = false;
  #onToggle;

  // build(body) fills the body once; onToggle(open) is called when the reader has opened or folded.
  constructor({ className = "", open = false, build, onToggle = () => {} }) {
    this.#build = build;
    this.#onToggle = onToggle;
    this.label = h("span", { className: "disclosure__label" });
    this.button = h(
      "button",
      { type: "button", className: "disclosure__button", "aria-expanded": "false",
        onclick: () => this.toggle() },
      this.label,
    );
    this.body = h("div", { className: "disclosure__body", hidden: true });
    this.element = h("div", { className: `disclosure ${className}` }, this.button, this.body);
    if (open) this.setOpen(true);
  }

  get open() {
    return this.#open;
  }

  setLabel(...children) {
    replaceChildren(this.label, children);
  }

  setOpen(open) {
    if (this.#open === open) return;
    this.#open = open;
    this.button.setAttribute("aria-expanded", String(open));
    this.body.hidden = !open;
    if (open && !this.#built) {
      this.#built = true;
      this.#build(this.body);
    }
  }

  toggle() {
    this.setOpen(!this.#open);
    this.#onToggle(this.#open);
  }
}
