// The keys of the page, and the sheet that lists them. Not while text is written, not with Ctrl, Alt
// or the command key; keys of one letter can be switched off (WCAG 2.1.4).
import { button, h } from "./dom.js";
import { isOwnKey, KeySequence, keyNames } from "./key_sequence.js";

const SWITCH = "strandbus-keys";

function remembered() {
  try {
    return localStorage.getItem(SWITCH) !== "off";
  } catch {
    return true;
  }
}

function remember(on) {
  try {
    localStorage.setItem(SWITCH, on ? "on" : "off");
  } catch {
    // Without storage it holds until the page is closed.
  }
}

export class Shortcuts {
  #bindings;
  #sequence;
  #sheet = null;
  #on = remembered();
  #onKey = (event) => this.#key(event);

  /// bindings: [{keys, label, group, run, when?}]
  constructor(bindings) {
    this.#bindings = bindings;
    this.#sequence = new KeySequence(bindings);
    document.addEventListener("keydown", this.#onKey);
  }

  dispose() {
    document.removeEventListener("keydown", this.#onKey);
    this.#sheet?.remove();
  }

  toggleSheet() {
    if (this.#sheet?.open) {
      this.#sheet.close();
      return;
    }
    this.#sheet ??= this.#makeSheet();
    if (!this.#sheet.isConnected) document.body.append(this.#sheet);
    this.#sheet.showModal();
  }

  #key(event) {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.isComposing || isOwnKey(event.target, event.key)) return;
    if (["Shift", "CapsLock", "Dead"].includes(event.key)) return;
    if (this.#sheet?.open) {
      if (event.key === "?") this.#sheet.close();
      return;
    }
    if (!this.#on && event.key.length === 1) return;
    if (document.querySelector("dialog[open]")) return;
    const { binding, pending } = this.#sequence.press(event.key, event.timeStamp);
    if (!binding && !pending) return;
    event.preventDefault();
    binding?.run();
  }

  #makeSheet() {
    const groups = new Map();
    for (const binding of this.#bindings) {
      if (!groups.has(binding.group)) groups.set(binding.group, []);
      groups.get(binding.group).push(binding);
    }
    const close = button("Close", () => this.#sheet.close(), {});
    const letters = h("input", {
      type: "checkbox",
      checked: this.#on,
      onchange: (event) => this.#switch(event.target.checked),
    });
    return h("dialog", {
      className: "keys",
      "aria-labelledby": "keys-title",
      onclick: (event) => event.target === this.#sheet && this.#sheet.close(),
    }, h("div", { className: "keys__sheet" },
      h("div", { className: "keys__head" }, h("h2", { id: "keys-title" }, "Keys"), close),
      h("div", { className: "keys__groups" }, [...groups].map((group) => this.#group(group))),
      h("label", { className: "keys__switch" }, letters, "Keys of one character are on")));
  }

  #group([name, bindings]) {
    return h("section", { className: "keys__group" },
      h("h3", {}, name),
      h("dl", {}, bindings.map(({ keys, label }) => h("div", { className: "keys__line" },
        h("dt", {}, keyNames(keys).map((key) => h("kbd", {}, key))),
        h("dd", {}, label)))));
  }

  #switch(on) {
    this.#on = on;
    remember(on);
  }
}
