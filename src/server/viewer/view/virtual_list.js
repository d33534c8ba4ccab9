// A long list of rows of different heights, of which only those in view are in the page. Heights
// are guessed, then measured; what is in view stays where it is while rows above it change. It stays
// at the end as long as the reader is there. Rows are {id, …}; a row that has the focus stays.
import { h } from "./dom.js";
import { difference, Heights } from "./heights.js";

const OVERSCAN_PX = 500;
const END_SLACK_PX = 12;
const ROUNDS = 8; // of mounting and measuring in one frame

const sameRow = (a, b) => a === b || a.id === b.id;

export class VirtualList {
  #options;
  #heights = new Heights();
  #rows = [];
  #index = new Map(); // id -> index
  #known = new Map(); // id -> measured height, also of rows that are not shown now
  #mounted = new Map(); // id -> {id, article, view, top, height}
  #ids = new WeakMap(); // article -> id
  #anchor = { id: null, delta: 0 }; // the row that stays where it is
  #stuck = true;
  #top = 0;
  #viewport = 0;
  #width = 0;
  #current = null;
  #focused = null;
  #observer = new ResizeObserver((entries) => this.#resized(entries));
  #frame = 0;
  #content;

  // create(row) -> {element, update(row)?, attached(article)?, dispose?()}; estimate(row, width) in pixels;
  // onMove() after scrolling; onFocus(id) when a row gets the focus.
  constructor({ label, create, estimate, onMove = () => {}, onFocus = () => {}, atEnd = true }) {
    this.#options = { create, estimate, onMove, onFocus };
    this.#stuck = atEnd;
    this.#content = h("div", { className: "virtual-list__content", role: "feed",
      "aria-label": label });
    this.element = h(
      "div",
      {
        className: "virtual-list",
        tabIndex: -1,
        onscroll: () => this.#scrolled(),
        onfocusin: (event) => this.#focusedIn(event),
        onfocusout: () => (this.#focused = null),
      },
      this.#content,
    );
    this.#observer.observe(this.element);
  }

  get rows() {
    return this.#rows;
  }

  get atEnd() {
    return this.#stuck;
  }

  get current() {
    return this.#current;
  }

  // The views that are in the page.
  *views() {
    for (const { view } of this.#mounted.values()) yield view;
  }

  viewOf(id) {
    return this.#mounted.get(id)?.view;
  }

  // The id of the row that an element lies in.
  idOf(element) {
    const article = element.closest?.(".virtual-list__row");
    return article ? this.#ids.get(article) : undefined;
  }

  indexOf(id) {
    return this.#index.get(id) ?? -1;
  }

  firstInView() {
    return this.#heights.indexAt(this.#top);
  }

  lastInView() {
    return this.#heights.indexAt(this.#top + this.#viewport - 1);
  }

  setRows(rows) {
    const before = this.#rows;
    const change = difference(before, rows, sameRow);
    this.#rows = rows;
    if (change.removed > 0 || change.added > 0) this.#splice(before, change);
    this.render();
  }

  // Keeps this row where it is in view, whatever grows or folds now. Leaves the end.
  hold(id) {
    const index = this.indexOf(id);
    if (index < 0) return;
    this.#stuck = false;
    this.#anchor = { id, delta: Math.min(this.#top - this.#heights.offset(index), 0) };
    this.#schedule();
  }

  // align: "nearest" (moves only when it is not whole in view), "start", "center".
  scrollTo(id, align = "nearest") {
    const index = this.indexOf(id);
    if (index < 0) return;
    this.#goTo(index, align);
    this.render();
    this.#goTo(index, align); // now with its measured height
    this.render();
    this.#settle();
  }

  scrollToEnd() {
    this.#stuck = true;
    this.render();
    this.#options.onMove();
  }

  // Makes this row the one where the keyboard is.
  setCurrent(id, { focus = true } = {}) {
    if (this.indexOf(id) < 0) return;
    this.#current = id;
    this.render();
    if (focus) this.#mounted.get(id)?.article.focus({ preventScroll: true });
  }

  dispose() {
    this.#observer.disconnect();
    cancelAnimationFrame(this.#frame);
    for (const entry of this.#mounted.values()) entry.view.dispose?.();
    this.#mounted.clear();
  }

  render() {
    if (this.#viewport === 0) this.#look();
    for (let round = 0; round < ROUNDS; ++round) {
      this.#place();
      if (!this.#measure(this.#mount())) break;
    }
    this.#position();
  }

  #splice(before, { start, removed, added }) {
    for (let i = start; i < start + removed; ++i) this.#index.delete(before[i].id);
    const heights = [];
    for (let i = start; i < start + added; ++i) heights.push(this.#heightOf(this.#rows[i]));
    this.#heights.splice(start, removed, heights);
    const last = added === removed ? start + added : this.#rows.length;
    for (let i = start; i < last; ++i) this.#index.set(this.#rows[i].id, i);
    if (!this.#index.has(this.#anchor.id)) this.#anchor = this.#nearest(before, this.#anchor);
  }

  // The row that is still there next to one that has gone.
  #nearest(before, { id }) {
    const gone = before.findIndex((row) => row.id === id);
    for (let i = gone; i >= 0; --i) {
      if (this.#index.has(before[i].id)) return { id: before[i].id, delta: 0 };
    }
    return { id: this.#rows[0]?.id ?? null, delta: 0 };
  }

  #heightOf(row) {
    const known = this.#known.get(row.id);
    return known ?? Math.max(Math.ceil(this.#options.estimate(row, this.#width || 800)), 1);
  }

  #look() {
    this.#viewport = this.element.clientHeight;
    this.#width = this.element.clientWidth;
  }

  #limit() {
    return Math.max(this.#heights.total - this.#viewport, 0);
  }

  // Sets the height of the whole and the place where we are in it.
  #place() {
    const total = `${this.#heights.total}px`;
    if (this.#content.style.height !== total) this.#content.style.setProperty("height", total);
    let top = this.#limit();
    if (!this.#stuck) {
      const index = Math.max(this.indexOf(this.#anchor.id), 0);
      top = Math.min(Math.max(this.#heights.offset(index) + this.#anchor.delta, 0), top);
    }
    if (Math.abs(top - this.#top) < 0.5) return;
    this.#top = top;
    this.element.scrollTop = top;
  }

  // Puts the rows near the view into the page, in order; gives those that are new in it.
  #mount() {
    const wanted = this.#wanted();
    for (const entry of [...this.#mounted.values()]) {
      if (!wanted.has(entry.id)) this.#unmount(entry);
    }
    const added = [];
    let place = this.#content.firstChild;
    for (const [id, index] of wanted) {
      let entry = this.#mounted.get(id);
      if (entry?.article === place) {
        place = place.nextSibling;
      } else {
        if (!entry) added.push((entry = this.#create(this.#rows[index])));
        this.#content.insertBefore(entry.article, place);
      }
      this.#describe(entry, index);
    }
    return added;
  }

  // id -> index of what is to be in the page, in reading order.
  #wanted() {
    const wanted = new Map();
    if (this.#rows.length === 0) return wanted;
    const first = this.#heights.indexAt(this.#top - OVERSCAN_PX);
    const last = this.#heights.indexAt(this.#top + this.#viewport + OVERSCAN_PX);
    const focused = this.#index.get(this.#focused) ?? -1;
    if (focused >= 0 && focused < first) wanted.set(this.#focused, focused);
    for (let i = first; i <= last; ++i) wanted.set(this.#rows[i].id, i);
    if (focused > last) wanted.set(this.#focused, focused);
    return wanted;
  }

  #create(row) {
    const view = this.#options.create(row);
    const article = h("article", { className: "virtual-list__row", tabIndex: -1 }, view.element);
    const entry = { id: row.id, article, view, top: -1, size: -1, index: -1, height: 0 };
    view.attached?.(article);
    this.#ids.set(article, row.id);
    this.#mounted.set(row.id, entry);
    this.#observer.observe(article);
    return entry;
  }

  #unmount(entry) {
    const hadFocus = entry.article.contains(document.activeElement);
    this.#observer.unobserve(entry.article);
    entry.view.dispose?.();
    entry.article.remove();
    this.#mounted.delete(entry.id);
    if (hadFocus) this.element.focus({ preventScroll: true });
  }

  #describe(entry, index) {
    if (entry.index === index && entry.size === this.#rows.length) return;
    entry.index = index;
    entry.size = this.#rows.length;
    entry.article.setAttribute("aria-posinset", String(index + 1));
    entry.article.setAttribute("aria-setsize", String(entry.size));
    entry.view.update?.(this.#rows[index]);
  }

  // Whether a height is another one than was thought.
  #measure(entries) {
    let changed = false;
    for (const entry of entries) {
      changed = this.#take(entry.id, entry.article.getBoundingClientRect().height) || changed;
    }
    return changed;
  }

  #take(id, height) {
    const index = this.indexOf(id);
    if (index < 0 || height === 0) return false;
    this.#known.set(id, Math.ceil(height));
    return this.#heights.set(index, Math.ceil(height));
  }

  #position() {
    const firstInView = this.firstInView();
    const stop = this.#mounted.has(this.#current) ? this.#current : this.#rows[firstInView]?.id;
    for (const entry of this.#mounted.values()) {
      const top = this.#heights.offset(this.indexOf(entry.id));
      if (entry.top !== top) {
        entry.top = top;
        entry.article.style.setProperty("top", `${top}px`);
      }
      const tabIndex = entry.id === stop ? 0 : -1;
      if (entry.article.tabIndex !== tabIndex) entry.article.tabIndex = tabIndex;
    }
  }

  #resized(entries) {
    let changed = false;
    for (const { target, borderBoxSize } of entries) {
      if (target === this.element) {
        this.#look();
        changed = true;
      } else if (this.#ids.has(target)) {
        changed = this.#take(this.#ids.get(target), borderBoxSize[0].blockSize) || changed;
      }
    }
    if (!changed) return;
    this.#place();
    this.#position();
    this.#schedule(); // there may be room for more rows now
  }

  #schedule() {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.render();
      this.#options.onMove();
    });
  }

  #scrolled() {
    const top = this.element.scrollTop;
    if (Math.abs(top - this.#top) < 1) return;
    this.#top = top;
    this.#settle();
    this.render();
    this.#options.onMove();
  }

  // Where we are now is where we stay.
  #settle() {
    this.#stuck = this.#top >= this.#limit() - END_SLACK_PX;
    const index = this.firstInView();
    if (index < 0) return;
    this.#anchor = { id: this.#rows[index].id, delta: this.#top - this.#heights.offset(index) };
  }

  #goTo(index, align) {
    const offset = this.#heights.offset(index);
    const height = this.#heights.height(index);
    const room = this.#viewport - height;
    let delta = this.#top - offset; // of the view, seen from the row
    if (align === "start") delta = 0;
    else if (align === "center") delta = room > 0 ? -Math.floor(room / 2) : 0;
    else if (delta > 0 || room < 0) delta = 0;
    else if (delta < -room) delta = -room;
    else if (this.#stuck) return;
    this.#stuck = false;
    this.#anchor = { id: this.#rows[index].id, delta };
  }

  #focusedIn(event) {
    const id = this.idOf(event.target);
    if (id === undefined) return;
    this.#focused = id;
    if (this.#current === this.#focused) return;
    this.#current = this.#focused;
    this.#position();
    this.#options.onFocus(this.#focused);
  }
}
