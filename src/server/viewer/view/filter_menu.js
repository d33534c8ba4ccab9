// The menu of the filter bar: what can be chosen by type, scope, status, agent, tool and time, with
// how often it occurs. All by Tab, arrows and Space; Escape closes.
import { timeOf } from "../model/event.js";
import { count, oneLine } from "../model/format.js";
import { button, h, replaceChildren } from "./dom.js";
import { Facets } from "./facets.js";
import { LISTS, toggled } from "./filter_chips.js";

const KINDS = [...LISTS, ["time", "Time"]];

export class FilterMenu {
  #context;
  #opener;
  #facets;
  #log = null;
  #kind = "types";
  #drawn = "";
  #kinds = h("div", { className: "filter-menu__kinds", role: "tablist", "aria-label": "Filter by",
    "aria-orientation": "vertical" });
  #values = h("div", { className: "filter-menu__values", role: "tabpanel", id: "filter-values" });
  #onPress = (event) => this.#pressed(event);

  constructor(context, opener) {
    this.#context = context;
    this.#opener = opener;
    for (const [kind, name] of KINDS) this.#kinds.append(this.#kindButton(kind, name));
    this.element = h("div", {
      className: "filter-menu",
      role: "dialog",
      "aria-label": "Filter",
      hidden: true,
      onkeydown: (event) => this.#key(event),
    }, this.#kinds, this.#values);
  }

  dispose() {
    document.removeEventListener("pointerdown", this.#onPress);
  }

  toggle() {
    if (this.element.hidden) this.open();
    else this.close();
  }

  open() {
    if (!this.element.hidden) return;
    this.element.hidden = false;
    this.#opener.setAttribute("aria-expanded", "true");
    document.addEventListener("pointerdown", this.#onPress);
    this.#drawn = "";
    this.update();
    this.#kinds.querySelector("[aria-selected='true']")?.focus();
  }

  close() {
    const inside = this.element.contains(document.activeElement);
    this.element.hidden = true;
    this.#opener.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", this.#onPress);
    if (inside) this.#opener.focus();
  }

  update() {
    if (this.element.hidden) return;
    const { session, route } = this.#context;
    if (this.#log !== session.log) {
      this.#log = session.log;
      this.#facets = new Facets(session.log);
    }
    const key = `${this.#kind}|${session.log.size}|${JSON.stringify(route.filter)}|${route.seq}`;
    if (key === this.#drawn) return;
    this.#drawn = key;
    for (const tab of this.#kinds.children) {
      const on = tab.dataset.kind === this.#kind;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
    }
    this.#values.setAttribute("aria-labelledby", `filter-kind-${this.#kind}`);
    this.#drawValues();
  }

  #kindButton(kind, name) {
    return button(name, () => this.#choose(kind), {
      className: "filter-menu__kind",
      role: "tab",
      id: `filter-kind-${kind}`,
      "aria-controls": "filter-values",
      dataset: { kind },
    });
  }

  #choose(kind) {
    this.#kind = kind;
    this.update();
  }

  // Keeps the focus on its value, whatever was drawn anew.
  #drawValues() {
    const focused = document.activeElement?.dataset?.value;
    const had = this.#values.contains(document.activeElement);
    if (this.#kind === "time") {
      if (!had) this.#drawTimes();
      return;
    }
    const { filter } = this.#context.route;
    const chosen = filter[this.#kind] ?? [];
    const values = this.#facets.values(this.#kind);
    const absent = chosen.filter((value) => !values.some(([one]) => one === value));
    const all = [...absent.map((value) => [value, 0]), ...values];
    replaceChildren(this.#values, all.length === 0 ? h("p", { className: "filter-menu__none" },
      "None in this session.") : all.map(([value, n]) => this.#value(value, n, chosen)));
    if (!had) return;
    const boxes = [...this.#values.querySelectorAll("input")];
    (boxes.find((box) => box.dataset.value === focused) ?? boxes[0])?.focus();
  }

  #value(value, n, chosen) {
    const { go } = this.#context;
    const kind = this.#kind;
    return h("label", { className: "filter-menu__value" },
      h("input", {
        type: "checkbox",
        checked: chosen.includes(value),
        dataset: { value },
        onchange: () => go({ filter: toggled(this.#context.route.filter, kind, value) }),
      }),
      h("span", { className: "filter-menu__name" }, oneLine(value, 80)),
      h("span", { className: "filter-menu__count" }, count(n)));
  }

  #drawTimes() {
    const { route, session } = this.#context;
    const start = timeOf(session.log.at(0));
    const field = (member, label) => h("label", { className: "filter-menu__time" },
      h("span", {}, label),
      h("input", {
        type: "number",
        className: "field",
        min: 0,
        step: "any",
        value: route.filter[member] === null ? "" :
          String(Math.round(route.filter[member] - start) / 1000),
        onchange: (event) => this.#setTime(member, event.target.value, start),
      }), "s");
    const selected = route.seq === null ? undefined : session.log.bySeq(route.seq)?.event;
    const fromHere = (member, label) => button(label, () => {
      this.#context.go({ filter: { ...this.#context.route.filter, [member]: timeOf(selected) } });
      this.close();
    }, { disabled: selected === undefined });
    replaceChildren(this.#values,
      h("p", { className: "filter-menu__none" }, "Seconds since the start of the session"),
      field("from", "From"), field("to", "To"),
      h("div", { className: "filter-menu__here" },
        fromHere("from", "From the selected event"), fromHere("to", "To the selected event")));
  }

  #setTime(member, text, start) {
    const seconds = text === "" ? NaN : Number(text);
    const given = Number.isFinite(seconds) && Number.isFinite(start);
    const value = given ? start + seconds * 1000 : null;
    this.#context.go({ filter: { ...this.#context.route.filter, [member]: value } });
  }

  #pressed(event) {
    if (!this.element.contains(event.target) && !this.#opener.contains(event.target)) this.close();
  }

  #key(event) {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.close();
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const tab = this.#kinds.contains(event.target);
    if (tab && event.key === "ArrowRight") {
      this.#values.querySelector("input, button:enabled")?.focus();
    } else if (!tab && event.key === "ArrowLeft" && event.target.type !== "number") {
      this.#kinds.querySelector("[aria-selected='true']")?.focus();
    } else if (step && event.target.type !== "number") {
      this.#move(event.target, step, tab);
    } else {
      return;
    }
    event.preventDefault();
  }

  #move(from, step, tab) {
    const list = [...(tab ? this.#kinds : this.#values).querySelectorAll("input, button")];
    const next = list[list.indexOf(from) + step];
    next?.focus();
    if (tab && next) this.#choose(next.dataset.kind);
  }
}
