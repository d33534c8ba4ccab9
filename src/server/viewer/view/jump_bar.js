// What lies over the transcript: a way to what is new below, and to a call that waits out of view.
import { count, oneLine } from "../model/format.js";
import { h, setText } from "./dom.js";

export class JumpBar {
  #seen = -1; // rows when the end was last in sight, or when the page had the whole past
  #end;
  #approval;

  constructor({ onEnd, onApproval }) {
    this.#end = h("button", { type: "button", className: "transcript__jump", hidden: true,
      onclick: onEnd });
    this.#approval = h("button", { type: "button", hidden: true,
      className: "transcript__jump transcript__jump--wait", onclick: onApproval });
    this.element = h("div", { className: "transcript__jumps" }, this.#approval, this.#end);
  }

  // waiting: the block that waits for approval, or null; others: how many more wait; loading: the
  // past is still coming.
  draw(list, { waiting, others, loading }) {
    const there = list.atEnd || list.endInView;
    if (there || loading || this.#seen < 0) this.#seen = list.rows.length;
    const news = Math.max(list.rows.length - this.#seen, 0);
    this.#end.hidden = there;
    setText(this.#end, news > 0 ? `${count(news)} new below ↓` : "To the end ↓");
    const index = waiting ? list.indexOf(waiting.id) : -1;
    const inView = index >= list.firstInView() && index <= list.lastInView();
    this.#approval.hidden = !waiting || inView;
    if (this.#approval.hidden) return;
    const more = others > 0 ? ` and ${count(others)} more wait` : " waits";
    setText(this.#approval, `${oneLine(waiting.tool_name, 30)}${more} for approval`);
  }
}
