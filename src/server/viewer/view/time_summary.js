// "Where the time went": one bar of model, tools, waiting and the rest, with words and figures.
import { duration } from "../model/format.js";
import { h, setText } from "./dom.js";
import { timeShares } from "./time_shares.js";

const SHARES = [
  ["model", "Model"],
  ["tool", "Tools"],
  ["waiting", "Waiting for approval"],
  ["other", "Other"],
];
const PATIENCE_MS = 500;

function percent(part, total) {
  const value = (part / total) * 100;
  if (value > 0 && value < 1) return "<1 %";
  return `${Math.round(value)} %`;
}

export class TimeSummary {
  #bar = h("div", { className: "shares__bar", role: "img" });
  #parts = new Map();
  #first = h("span", { className: "shares__value" });
  #firstItem;
  #drawn = "";
  #drawnAt = 0;

  constructor() {
    const legend = h("ul", { className: "shares__legend" });
    for (const [share, name] of SHARES) {
      const part = h("div", { className: `shares__part shares__part--${share}` });
      const value = h("span", { className: "shares__value" });
      const item = h("li", { className: `shares__item shares__item--${share}` },
        h("span", { className: "shares__name" }, name), value);
      this.#bar.append(part);
      legend.append(item);
      this.#parts.set(share, { part, value, item });
    }
    this.#firstItem = h("li", { className: "shares__item shares__item--first" },
      h("span", { className: "shares__name" }, "First token, on average"), this.#first);
    legend.append(this.#firstItem);
    this.element = h("section", { className: "shares", "aria-labelledby": "shares-title" },
      h("h2", { className: "shares__title", id: "shares-title" }, "Where the time went"),
      this.#bar, legend);
  }

  /// Does nothing where neither the spans nor the time have changed.
  update(spans, now, open) {
    const key = `${spans.version}|${open ? now : 0}`;
    const at = performance.now();
    const wait = open && at - this.#drawnAt < PATIENCE_MS;
    if (key === this.#drawn || wait) return;
    this.#drawn = key;
    this.#drawnAt = at;
    const shares = timeShares(spans.all, now);
    this.element.hidden = !(shares.total > 0);
    if (this.element.hidden) return;
    const words = SHARES.map(([share, name]) => this.#draw(share, name, shares));
    this.#bar.setAttribute("aria-label", words.filter(Boolean).join(", "));
    const ttft = spans.totals().ttft_ms;
    this.#firstItem.hidden = !Number.isFinite(ttft);
    setText(this.#first, duration(ttft ?? NaN));
  }

  #draw(share, name, shares) {
    const { part, value, item } = this.#parts.get(share);
    part.style.setProperty("flex-grow", String(shares[share]));
    part.hidden = !(shares[share] > 0);
    item.hidden = part.hidden;
    const text = `${duration(shares[share])} · ${percent(shares[share], shares.total)}`;
    setText(value, text);
    return part.hidden ? "" : `${name} ${text}`;
  }
}
