// The line above the timeline: zoom, folding, and what the filter leaves out.
import { count, duration } from "../model/format.js";
import { button, h, setText } from "./dom.js";
import { sinceStart } from "./time_scale.js";

export class TimelineTools {
  #range = h("span", { className: "timeline__range" });
  #hidden = h("span", { className: "timeline__hidden", hidden: true });
  #hiddenText = h("span");
  #selected;
  #fold;
  #fit;
  #pauses;
  #pausesLabel;

  /// actions: {zoom(step), zoomToSelected(), foldAll(), clearFilter(), shortenPauses(on)}
  constructor(actions) {
    const zoom = (text, label, step) => button(text, () => actions.zoom(step), {
      className: "button timeline__zoom",
      "aria-label": label,
      title: label,
    });
    this.#fit = button("Show all", () => actions.zoom(0), { title: "Show all of the time (0)" });
    this.#selected = button("Zoom to row", actions.zoomToSelected, { disabled: true });
    this.#fold = button("Fold turns", actions.foldAll, {});
    this.#pauses = h("input", {
      type: "checkbox",
      checked: true,
      onchange: () => actions.shortenPauses(this.#pauses.checked),
    });
    this.#pausesLabel = h("label", { className: "timeline__pauses", hidden: true },
      this.#pauses, "Shorten pauses between runs");
    this.#hidden.append(this.#hiddenText, button("Show them", actions.clearFilter, {
      className: "icon-button",
    }));
    this.element = h("div", { className: "timeline__tools", role: "group", "aria-label": "Zoom" },
      zoom("−", "Zoom out (-)", -1), zoom("+", "Zoom in (+)", 1), this.#fit, this.#selected,
      this.#fold, this.#pausesLabel, this.#range, this.#hidden);
  }

  /// hidden: how many rows the filter leaves out; folded, selected: whether there is such a row.
  sayRows(hidden, folded, selected) {
    this.#selected.disabled = !selected;
    this.#hidden.hidden = hidden === 0;
    setText(this.#hiddenText, `${count(hidden)} hidden by the filter`);
    setText(this.#fold, folded ? "Unfold all" : "Fold turns");
  }

  /// range: in real time since the start; pauses: whether there are some that can be shortened.
  sayRange(range, length, whole, pauses) {
    this.#fit.disabled = whole;
    this.#pausesLabel.hidden = !pauses;
    const part = `${sinceStart(range.from)} to ${sinceStart(range.to)} of ${duration(length)}`;
    setText(this.#range, whole ? duration(length) : part);
  }
}
