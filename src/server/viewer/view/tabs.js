// A row of tabs: one is chosen; arrows move between them.
import { h } from "./dom.js";

export class Tabs {
  #buttons = new Map();

  // names: [[key, label]…]; onChoose(key)
  constructor(names, label, panelId, onChoose) {
    this.element = h("div", { className: "tabs", role: "tablist", "aria-label": label });
    for (const [key, text] of names) {
      const tab = h(
        "button",
        {
          type: "button",
          className: "tabs__tab",
          role: "tab",
          id: `tab-${key}`,
          "aria-controls": panelId,
          onclick: () => onChoose(key),
          onkeydown: (event) => this.#key(event, key, onChoose),
        },
        text,
      );
      this.#buttons.set(key, tab);
      this.element.append(tab);
    }
  }

  choose(key) {
    for (const [name, tab] of this.#buttons) {
      tab.setAttribute("aria-selected", String(name === key));
      tab.tabIndex = name === key ? 0 : -1;
    }
  }

  // To the tab that is chosen.
  focus() {
    for (const tab of this.#buttons.values()) {
      if (tab.getAttribute("aria-selected") === "true") tab.focus();
    }
  }

  #key(event, key, onChoose) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const keys = [...this.#buttons.keys()];
    const next = keys[(keys.indexOf(key) + step + keys.length) % keys.length];
    onChoose(next);
    this.#buttons.get(next).focus();
  }
}
