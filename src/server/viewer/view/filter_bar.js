// The search field, the filters that are on, the menu to add some, and how many events match.
// Everything goes through the address: go({filter}).
import { emptyFilter, isEmpty } from "../model/filter.js";
import { count, counted } from "../model/format.js";
import { button, h, replaceChildren, setText } from "./dom.js";
import { matchesOf } from "./event_matches.js";
import { chipsOf } from "./filter_chips.js";
import { FilterMenu } from "./filter_menu.js";

const SEARCH_DELAY_MS = 200;

export class FilterBar {
  #context;
  #menu;
  #search;
  #toggle;
  #chips = h("ul", { className: "filter__chips", "aria-label": "Filters that are on" });
  #count = h("span", { className: "filter__count" });
  #clear;
  #drawn = "";
  #counted = "";
  #announced = "";
  #timer = 0;
  #cameFrom = null; // what had the focus before the search
  #frame = 0;

  constructor(context) {
    this.#context = context;
    this.#search = h("input", {
      type: "search",
      className: "field filter__search",
      placeholder: "Search  /",
      "aria-label": "Search in all events",
      spellcheck: false,
      oninput: () => this.#searchLater(),
      onkeydown: (event) => this.#searchKey(event),
    });
    this.#toggle = button("Filter", () => this.#menu.toggle(), {
      className: "button filter__toggle",
      "aria-haspopup": "dialog",
      "aria-expanded": "false",
    });
    this.#clear = button("Clear all", () => this.#clearAll(), {
      className: "icon-button filter__clear",
      hidden: true,
    });
    this.#menu = new FilterMenu(context, this.#toggle);
    this.element = h("div", { className: "filter", role: "search", "aria-label": "Filter" },
      this.#search, h("div", { className: "filter__anchor" }, this.#toggle, this.#menu.element),
      this.#chips, this.#clear, this.#count);
  }

  dispose() {
    clearTimeout(this.#timer);
    cancelAnimationFrame(this.#frame);
    this.#menu.dispose();
  }

  focusSearch() {
    const before = document.activeElement;
    if (before !== this.#search) this.#cameFrom = before === document.body ? null : before;
    this.#search.focus();
    this.#search.select();
  }

  focusFilter() {
    this.#menu.open();
  }

  update() {
    const { filter } = this.#context.route;
    const key = JSON.stringify(filter);
    if (key !== this.#drawn) this.#draw(filter, key);
    this.#menu.update();
    this.#drawCount(filter, key);
  }

  #draw(filter, key) {
    this.#drawn = key;
    const typing = document.activeElement === this.#search || this.#timer !== 0;
    if (!typing && this.#search.value !== filter.text) this.#search.value = filter.text;
    const { session, go } = this.#context;
    const chips = chipsOf(filter, session.log);
    replaceChildren(this.#chips, chips.map((chip) => h("li", {},
      button([h("span", { className: "filter__name" }, `${chip.name} `), chip.text,
        h("span", { className: "filter__cross", "aria-hidden": "true" }, "✕")],
      () => {
        go({ filter: chip.without });
        this.#focusChip(chips.indexOf(chip));
      },
      {
        className: "filter__chip",
        "aria-label": `Remove the filter ${chip.name} ${chip.text}`,
      }))));
    this.#chips.hidden = chips.length === 0;
    this.#clear.hidden = isEmpty(filter);
    setText(this.#toggle, chips.length > 0 ? `Filter (${chips.length})` : "Filter");
  }

  // The chip that had the focus is gone: the next one has it, or the button.
  #focusChip(index) {
    requestAnimationFrame(() => requestAnimationFrame(() => {
      const buttons = this.#chips.querySelectorAll("button");
      (buttons[Math.min(index, buttons.length - 1)] ?? this.#toggle).focus();
    }));
  }

  #drawCount(filter, key) {
    const { log } = this.#context.session;
    const none = isEmpty(filter);
    if (this.#count.hidden !== none) this.#count.hidden = none;
    if (none) {
      this.#announced = "";
      return;
    }
    const matches = matchesOf(log);
    matches.setFilter(filter);
    const done = matches.advance();
    const version = `${key}|${matches.version}|${log.size}`;
    if (!done) this.#again();
    if (version === this.#counted) return;
    this.#counted = version;
    setText(this.#count, `${count(matches.count)} of ${count(log.size)} events${done ? "" : " …"}`);
    if (done && this.#announced !== key) {
      this.#announced = key;
      this.#context.announce(counted(matches.count, "event matches", "events match"));
    }
  }

  #again() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.update());
  }

  #searchLater() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#searchNow(), SEARCH_DELAY_MS);
  }

  #searchNow() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const { route, go } = this.#context;
    if (route.filter.text === this.#search.value) return;
    go({ filter: { ...route.filter, text: this.#search.value } }, { replace: true });
  }

  #searchKey(event) {
    if (event.key === "Enter") {
      this.#searchNow();
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (this.#search.value === "") this.#leaveSearch();
      this.#search.value = "";
      this.#searchNow();
    }
  }

  // To where the keyboard was before, or into the view.
  #leaveSearch() {
    const before = this.#cameFrom?.isConnected ? this.#cameFrom : null;
    const stops = document.querySelectorAll("#session-view [tabindex='0'], #session-view button");
    const view = [...stops].find((one) => one.checkVisibility());
    (before ?? view)?.focus({ preventScroll: true });
    if (document.activeElement === this.#search) this.#search.blur(); // nothing took it
  }

  #clearAll() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#search.value = "";
    this.#context.go({ filter: emptyFilter() });
    this.#search.focus();
  }
}
