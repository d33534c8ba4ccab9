// A long table of rows of one height: only those in sight are in the page, and their elements are
// used again. The table has the focus, aria-activedescendant names the current row.
import { h } from "./dom.js";
import { contentHeight, rowsInSight, scrollToRow } from "./row_window.js";

let tables = 0;

export class RowList {
  #options;
  #prefix = `rows-${++tables}`;
  #head;
  #space = h("div", { className: "rows__space", role: "rowgroup" });
  #elements = new Map(); // index -> element
  #indexes = new WeakMap();
  #free = [];
  #places = new WeakMap(); // element -> y
  #count = 0;
  #current = -1;
  #atEnd = true;
  #frame = 0;
  #height = 0; // of what is seen of the rows
  #observer;

  // options: {role, label, className, rowHeight, head, makeRow(), fillRow(element, index, current),
  // onChoose(index, event), onMove(index), onKey(event) -> bool, onOpen(index), onDraw()}
  constructor(options) {
    this.#options = options;
    this.#head = options.head;
    this.element = h("div", {
      className: `rows ${options.className}`,
      role: options.role,
      tabIndex: 0,
      "aria-label": options.label,
      onscroll: () => this.#scrolled(),
      onkeydown: (event) => this.#key(event),
      onclick: (event) => this.#click(event),
    }, options.head, this.#space);
    this.#observer = new ResizeObserver(() => this.#measure());
    this.#observer.observe(this.element);
    this.element.style.setProperty("--row-height", `${options.rowHeight}px`);
  }

  dispose() {
    this.#observer.disconnect();
    cancelAnimationFrame(this.#frame);
  }

  /// Where lines behind the rows may be put.
  get space() {
    return this.#space;
  }

  get current() {
    return this.#current;
  }

  /// Whether the last row was in sight when it was last scrolled.
  get atEnd() {
    return this.#atEnd;
  }

  get rowsInPage() {
    return Math.max(Math.floor(this.#height / this.#options.rowHeight) - 1, 1);
  }

  setRowHeight(pixels) {
    if (pixels === this.#options.rowHeight) return;
    this.#options.rowHeight = pixels;
    this.element.style.setProperty("--row-height", `${pixels}px`);
    this.#sizeSpace();
    this.#draw(true);
  }

  /// Draws all rows anew. current: the index of the current row or -1; reveal: it is scrolled to;
  /// follow: who was at the end stays there.
  show({ count, current, reveal = false, follow = false }) {
    this.#current = current;
    if (count !== this.#count) {
      this.#count = count;
      this.element.setAttribute("aria-rowcount", String(count + 1));
      this.#sizeSpace();
      if (follow && this.#atEnd) this.scrollToEnd();
    }
    if (reveal && current >= 0) this.#reveal(current);
    this.#draw(true);
  }

  #reveal(index) {
    if (this.#height === 0) this.#measureNow();
    const { scrollTop } = this.element;
    const wanted = scrollToRow({ ...this.#metrics(), index, scrollTop });
    if (wanted !== scrollTop) this.element.scrollTop = wanted;
    this.#atEnd &&= index === this.#count - 1;
  }

  #sizeSpace() {
    const height = `${contentHeight(this.#count, this.#options.rowHeight)}px`;
    this.#space.style.setProperty("height", height);
  }

  #measureNow() {
    this.#height = Math.max(this.element.clientHeight - (this.#head?.offsetHeight ?? 0), 0);
  }

  #measure() {
    this.#measureNow();
    this.#schedule();
  }

  scrollToEnd() {
    this.element.scrollTop = this.element.scrollHeight;
    this.#atEnd = true;
  }

  focus() {
    this.element.focus({ preventScroll: true });
  }

  #metrics() {
    return {
      count: this.#count,
      rowHeight: this.#options.rowHeight,
      height: this.#height,
    };
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.element;
    this.#atEnd = scrollTop + clientHeight >= scrollHeight - this.#options.rowHeight;
    this.#schedule();
  }

  #schedule() {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw(false);
    });
  }

  // all: also those that are in the page already.
  #draw(all) {
    const { scrollTop } = this.element;
    const metrics = this.#metrics();
    if (metrics.height === 0) return;
    const { first, end, top } = rowsInSight({ ...metrics, scrollTop });
    for (const [index, element] of this.#elements) {
      if (index >= first && index < end) continue;
      this.#elements.delete(index);
      this.#free.push(element);
    }
    for (let index = first; index < end; ++index) {
      this.#place(index, top + (index - first) * metrics.rowHeight, all);
    }
    for (const element of this.#free) {
      if (!element.hidden) element.hidden = true;
    }
    this.#nameCurrent();
    this.#options.onDraw?.();
  }

  #place(index, y, fill) {
    let element = this.#elements.get(index);
    const fresh = !element;
    if (fresh) {
      element = this.#free.pop() ?? this.#make();
      this.#elements.set(index, element);
      this.#indexes.set(element, index);
      element.id = `${this.#prefix}-${index}`;
      element.hidden = false;
      element.setAttribute("aria-rowindex", String(index + 2));
    }
    if (this.#places.get(element) !== y) {
      this.#places.set(element, y);
      element.style.setProperty("transform", `translateY(${y}px)`);
    }
    if (!fresh && !fill) return;
    const current = index === this.#current;
    element.setAttribute("aria-selected", String(current));
    this.#options.fillRow(element, index, current);
  }

  #make() {
    const element = this.#options.makeRow();
    this.#space.append(element);
    return element;
  }

  #nameCurrent() {
    const element = this.#elements.get(this.#current);
    if (element) this.element.setAttribute("aria-activedescendant", element.id);
    else this.element.removeAttribute("aria-activedescendant");
  }

  #indexOf(node) {
    const row = node.closest?.(".rows__row");
    return row ? this.#indexes.get(row) : undefined;
  }

  #click(event) {
    const index = this.#indexOf(event.target);
    if (index === undefined || index >= this.#count) return;
    const selection = getSelection();
    if (selection?.type === "Range" && this.element.contains(selection.anchorNode)) return;
    this.#options.onChoose(index, event);
  }

  #key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    if (event.target !== this.element) return;
    if (this.#options.onKey?.(event) || this.#move(event.key)) event.preventDefault();
  }

  #move(key) {
    const page = this.rowsInPage;
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
    if (key === "Enter") {
      if (this.#current >= 0) this.#options.onOpen?.(this.#current);
      return this.#current >= 0;
    }
    if (key === "Home") return this.#moveTo(0);
    if (key === "End") return this.#moveTo(this.#count - 1);
    return key in steps && this.#moveTo(this.#current + steps[key], steps[key] < 0);
  }

  #moveTo(index, backwards) {
    if (this.#count === 0) return true;
    const start = this.#current < 0 && backwards ? this.#count - 1 : index;
    this.#options.onMove(Math.min(Math.max(start, 0), this.#count - 1));
    return true;
  }
}
