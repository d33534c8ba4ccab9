// Goes from one place that the search found to the next, also to blocks that are not in the page.
import { count } from "../model/format.js";

export class MatchWalk {
  #list;
  #tools;
  #mark = null; // where we are

  constructor(list, tools) {
    this.#list = list;
    this.#tools = tools;
  }

  // Gives what to say about it.
  go(direction, selected) {
    const id = this.#list.current ?? selected;
    let index = this.#list.indexOf(id);
    if (index < 0) index = direction > 0 ? -1 : this.#list.rows.length;
    else if (this.#inside(id, direction)) return this.#words();
    for (let i = index + direction; i >= 0 && i < this.#list.rows.length; i += direction) {
      const row = this.#list.rows[i];
      if (row.kind !== "hidden" && this.#found(row) && this.#enter(row.id, direction)) {
        return this.#words();
      }
    }
    return direction > 0 ? "No match below" : "No match above";
  }

  #found(row) {
    return String(row.text?.() ?? "").search(this.#tools.pattern) >= 0;
  }

  // The next mark of the block where we are.
  #inside(id, direction) {
    const marks = this.#marksOf(id);
    const at = marks.indexOf(this.#mark);
    const next = at < 0 ? null : marks[at + direction];
    if (next) this.#choose(next);
    return Boolean(next);
  }

  #enter(id, direction) {
    this.#list.scrollTo(id, "nearest");
    this.#list.setCurrent(id);
    if (this.#marksOf(id).length === 0) this.#list.viewOf(id)?.openAll?.();
    const marks = this.#marksOf(id);
    const next = direction > 0 ? marks[0] : marks.at(-1);
    if (next) this.#choose(next);
    return Boolean(next);
  }

  #marksOf(id) {
    const element = this.#list.viewOf(id)?.element;
    return element ? [...element.querySelectorAll("mark")].filter((mark) => mark.offsetParent) : [];
  }

  #choose(mark) {
    this.#mark?.classList.remove("mark--current");
    this.#mark = mark;
    mark.classList.add("mark--current");
    mark.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  #words() {
    const index = this.#list.indexOf(this.#list.current);
    return `Match in block ${count(index + 1)} of ${count(this.#list.rows.length)}`;
  }
}
