// A long list of rows of different heights, of which only those in view are in the page. Heights are
// guessed, then measured; what is in view stays where it is while rows above it change. It stays at
// the end as long as the reader is there. Rows are {id, …}; a row that has the focus stays.
import { h } from "./dom.js";
import { difference, Heights, viewFrom } from "./heights.js";
import { RowMounts } from "./row_mounts.js";

const OVERSCAN_PX = 500;
const END_SLACK_PX = 12;
const BELOW_PX = 16; // free room below the last row
const HEAD_PX = 120; // of a row that was folded stays in view
const ROUNDS = 8; // of mounting and measuring in one frame

const sameRow = (a, b) => a === b || a.id === b.id;

export class VirtualList {
  #options;
  #heights = new Heights();
  #rows = [];
  #index = new Map(); // id -> index
  #known = new Map(); // id -> measured height, also of rows that are not shown now
  #anchor = { id: null, delta: 0 }; // the row that stays where it is
  #stuck;
  #top = 0;
  #viewport = 0;
  #width = 0;
  #current = null;
  #focused = null;
  #observer = new ResizeObserver((entries) => this.#resized(entries));
  #mounts;
  #frame = 0;

  // create(row) -> {element, update(row)?, attached(article)?, dispose?()}; estimate(row, width) in
  // pixels; onMove() after scrolling. atEnd: where it begins.
  constructor({ label, create, estimate, onMove = () => {}, atEnd = true }) {
    this.#options = { estimate, onMove };
    this.#stuck = atEnd;
    this.#mounts = new RowMounts(create, this.#observer, label);
    this.element = h(
      "div",
      {
        className: "virtual-list",
        tabIndex: -1,
        onscroll: () => this.#scrolled(),
        onfocusin: (event) => this.#focusedIn(event),
        onfocusout: () => (this.#focused = null),
      },
      this.#mounts.element,
    );
    this.#observer.observe(this.element);
  }

  get rows() {
    return this.#rows;
  }

  get atEnd() {
    return this.#stuck;
  }

  // Whether the end is in sight, also where the reader does not stay there.
  get endInView() {
    return this.#top >= this.#limit() - END_SLACK_PX;
  }

  get current() {
    return this.#current;
  }

  // The views that are in the page.
  views() {
    return this.#mounts.views();
  }

  viewOf(id) {
    return this.#mounts.entry(id)?.view;
  }

  idOf(element) {
    return this.#mounts.idOf(element);
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

  // Keeps this row where it is, whatever grows or folds now; the head of one that becomes short
  // stays in view. Leaves the end.
  hold(id) {
    const index = this.indexOf(id);
    if (index < 0) return;
    this.#stuck = false;
    this.#anchor = { id, delta: this.#top - this.#heights.offset(index), held: true };
    this.#schedule();
  }

  // Ends hold(), once what has changed is in the list.
  release() {
    if (!this.#anchor.held) return;
    this.#settle();
    this.#options.onMove();
  }

  // align: "nearest" (moves only when it is not whole in view), "start", "center".
  scrollTo(id, align = "nearest") {
    if (this.indexOf(id) < 0) return;
    for (let round = 0; round < 2; ++round) { // the second one with its measured height
      this.#goTo(this.indexOf(id), align);
      this.render();
    }
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
    if (focus) this.#mounts.entry(id)?.article.focus({ preventScroll: true });
  }

  dispose() {
    this.#observer.disconnect();
    cancelAnimationFrame(this.#frame);
    this.#mounts.clear();
  }

  render() {
    if (this.#viewport === 0) this.#look();
    for (let round = 0; round < ROUNDS; ++round) {
      this.#place();
      if (!this.#measure(this.#mounts.show(this.#wanted(), this.#rows))) break;
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
    return Math.max(this.#heights.total + BELOW_PX - this.#viewport, 0);
  }

  // Sets the height of the whole and the place where we are in it.
  #place() {
    const content = this.#mounts.element;
    const total = `${this.#heights.total + BELOW_PX}px`;
    if (content.style.height !== total) content.style.setProperty("height", total);
    const limit = this.#limit();
    const top = this.#stuck ? limit : Math.min(Math.max(this.#anchored(), 0), limit);
    if (Math.abs(top - this.#top) < 0.5) return;
    this.#top = top;
    this.element.scrollTop = top;
  }

  #anchored() {
    const index = Math.max(this.indexOf(this.#anchor.id), 0);
    const { delta, held } = this.#anchor;
    const most = held ? Math.max(this.#heights.height(index) - HEAD_PX, 0) : Infinity;
    return this.#heights.offset(index) + Math.min(delta, most);
  }

  // id -> index of what is to be in the page, in reading order.
  #wanted() {
    const wanted = new Map();
    if (this.#rows.length === 0) return wanted;
    const first = this.#heights.indexAt(this.#top - OVERSCAN_PX);
    const last = this.#heights.indexAt(this.#top + this.#viewport + OVERSCAN_PX);
    const focused = this.indexOf(this.#focused);
    if (focused >= 0 && focused < first) wanted.set(this.#focused, focused);
    for (let i = first; i <= last; ++i) wanted.set(this.#rows[i].id, i);
    if (focused > last) wanted.set(this.#focused, focused);
    return wanted;
  }

  // Whether a height is another one than was thought.
  #measure(entries) {
    const heights = entries.map(({ article }) => article.getBoundingClientRect().height);
    return entries.filter(({ id }, i) => this.#take(id, heights[i])).length > 0;
  }

  #take(id, height) {
    const index = this.indexOf(id);
    if (index < 0 || height === 0) return false;
    this.#known.set(id, Math.ceil(height));
    return this.#heights.set(index, Math.ceil(height));
  }

  #position() {
    const first = this.#rows[this.firstInView()]?.id;
    const stop = this.#mounts.entry(this.#current) ? this.#current : first;
    this.#mounts.position((id) => this.#heights.offset(this.indexOf(id)), stop);
  }

  #resized(entries) {
    let changed = false;
    for (const { target, borderBoxSize } of entries) {
      if (target === this.element) {
        this.#look();
        changed = true;
      } else {
        const id = this.idOf(target);
        changed = (id !== undefined && this.#take(id, borderBoxSize[0].blockSize)) || changed;
      }
    }
    if (!changed) return;
    this.#place();
    if (this.#anchor.held) this.#settle();
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
    this.#look(); // it may have been the size that changed
    this.#top = top;
    this.#settle();
    this.render();
    this.#options.onMove();
  }

  // Where we are now is where we stay.
  #settle() {
    this.#stuck = this.endInView;
    const index = this.firstInView();
    if (index < 0) return;
    this.#anchor = { id: this.#rows[index].id, delta: this.#top - this.#heights.offset(index) };
  }

  #goTo(index, align) {
    const before = this.#top - this.#heights.offset(index);
    const room = this.#viewport - this.#heights.height(index);
    const delta = viewFrom(align, before, room);
    if (delta === before && this.#stuck) return;
    this.#stuck = false;
    this.#anchor = { id: this.#rows[index].id, delta };
  }

  #focusedIn(event) {
    const id = this.idOf(event.target);
    if (id === undefined) return;
    this.#focused = id;
    if (this.#current === id) return;
    this.#current = id;
    this.#position();
  }
}
