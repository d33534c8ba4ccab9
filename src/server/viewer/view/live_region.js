// Says to who cannot see the page what has changed; and a short note at the edge for everybody.
import { h } from "./dom.js";

const TOAST_MS = 4000;

export class LiveRegion {
  #said = h("div", { className: "visually-hidden", role: "status", "aria-live": "polite" });
  #toast = h("div", { className: "toast", hidden: true, "aria-hidden": "true" });
  #timer = 0;

  constructor() {
    this.elements = [this.#said, this.#toast];
  }

  announce(text) {
    this.#said.textContent = text;
  }

  toast(text) {
    this.announce(text);
    this.#toast.textContent = text;
    this.#toast.hidden = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#toast.hidden = true;
    }, TOAST_MS);
  }
}

export async function copyText(text, what, region) {
  try {
    await navigator.clipboard.writeText(text);
    region.toast(`Copied ${what}`);
  } catch {
    region.toast("The browser did not allow copying");
  }
}
