// The rows of a virtual list that are in the page: makes them, keeps them in reading order, removes
// them. A row that has the focus is not moved, so it keeps it.
import { h } from "./dom.js";

export class RowMounts {
  #create;
  #observer;
  #entries = new Map(); // id -> {id, article, view, top, size, index}
  #ids = new WeakMap(); // article -> id

  // create(row) -> view; observer: a ResizeObserver that is told of every article.
  constructor(create, observer, label) {
    this.#create = create;
    this.#observer = observer;
    this.element = h("div", { className: "virtual-list__content", role: "group",
      "aria-label": label });
  }

  *views() {
    for (const { view } of this.#entries.values()) yield view;
  }

  entry(id) {
    return this.#entries.get(id);
  }

  // The id of the row that an element lies in.
  idOf(element) {
    const article = element?.closest?.(".virtual-list__row");
    return article ? this.#ids.get(article) : undefined;
  }

  // Puts these rows into the page: wanted is a Map id -> index in reading order. Gives those that
  // were not there.
  show(wanted, rows) {
    const role = rows.length > 0 ? "feed" : "group"; // a feed has articles
    if (this.element.getAttribute("role") !== role) this.element.setAttribute("role", role);
    for (const entry of [...this.#entries.values()]) {
      if (!wanted.has(entry.id)) this.#remove(entry);
    }
    const added = [];
    let place = this.element.firstChild;
    for (const [id, index] of wanted) {
      let entry = this.#entries.get(id);
      if (entry && entry.article === place) {
        place = place.nextSibling;
      } else {
        if (!entry) added.push((entry = this.#make(rows[index])));
        this.element.insertBefore(entry.article, place);
      }
      this.#describe(entry, index, rows);
    }
    return added;
  }

  // offsetOf(id): where each row lies; stop: the row that Tab goes to.
  position(offsetOf, stop) {
    for (const entry of this.#entries.values()) {
      const top = offsetOf(entry.id);
      if (entry.top !== top) {
        entry.top = top;
        entry.article.style.setProperty("top", `${top}px`);
      }
      const tabIndex = entry.id === stop ? 0 : -1;
      if (entry.article.tabIndex !== tabIndex) entry.article.tabIndex = tabIndex;
    }
  }

  clear() {
    for (const entry of [...this.#entries.values()]) this.#remove(entry);
  }

  #make(row) {
    const view = this.#create(row);
    const article = h("article", { className: "virtual-list__row", tabIndex: -1 }, view.element);
    const entry = { id: row.id, article, view, top: -1, size: -1, index: -1 };
    view.attached?.(article);
    this.#ids.set(article, row.id);
    this.#entries.set(row.id, entry);
    this.#observer.observe(article);
    return entry;
  }

  #remove(entry) {
    const hadFocus = entry.article.contains(document.activeElement);
    this.#observer.unobserve(entry.article);
    entry.view.dispose?.();
    entry.article.remove();
    this.#entries.delete(entry.id);
    if (hadFocus) this.element.parentElement?.focus({ preventScroll: true });
  }

  #describe(entry, index, rows) {
    if (entry.index === index && entry.size === rows.length) return;
    entry.index = index;
    entry.size = rows.length;
    entry.article.setAttribute("aria-posinset", String(index + 1));
    entry.article.setAttribute("aria-setsize", String(entry.size));
    entry.view.update?.(rows[index]);
  }
}
