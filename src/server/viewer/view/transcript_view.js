// The transcript: what the agent did, block by block, live. Draws only what is in view.
import { timeOf } from "../model/event.js";
import { formatRoute } from "../route.js";
import { h, setText } from "./dom.js";
import { JumpBar } from "./jump_bar.js";
import { searchPattern } from "./marks.js";
import { MatchWalk } from "./match_walk.js";
import { ShownBlocks } from "./shown_blocks.js";
import { createBlockView, estimateHeight } from "./transcript_blocks.js";
import { VirtualList } from "./virtual_list.js";

const CONTROLS = "button, input, textarea, select, a, summary, progress";

export class TranscriptView {
  #context;
  #list;
  #tools;
  #shown = new ShownBlocks();
  #transcript = null;
  #version = -1;
  #ui = new Map(); // id -> what the reader has opened
  #pending = new Map(); // blocks that wait for approval
  #selected = null;
  #seq = null; // of the route, when it was last followed
  #ownSeq = null; // chosen here: no need to scroll
  #matches;
  #jumps = new JumpBar({
    onEnd: () => this.end(),
    onApproval: () => this.focusApproval("approve"),
  });
  #empty = h("p", { className: "transcript__empty" });

  constructor(context) {
    this.#context = context;
    this.#tools = this.#makeTools();
    this.#list = new VirtualList({
      label: "Transcript",
      create: (row) => createBlockView(row, this.#tools),
      estimate: estimateHeight,
      onMove: () => this.#drawJumps(),
      atEnd: context.feed?.state !== "file",
    });
    this.#matches = new MatchWalk(this.#list, this.#tools);
    this.#list.element.addEventListener("click", (event) => this.#clicked(event));
    this.element = h("div", { className: "transcript" }, this.#list.element, this.#empty,
      this.#jumps.element);
  }

  update() {
    const { session, route } = this.#context;
    const { transcript } = session;
    this.#follow(transcript);
    const filtered = this.#takeFilter(route.filter);
    if (transcript.version !== this.#version) {
      const { structure, blocks } = transcript.changedSince(this.#version);
      this.#version = transcript.version;
      if (structure) this.#shown.stale = true;
      this.#takeChanges(blocks);
    }
    if (this.#shown.stale) this.#setRows();
    if (filtered && this.#selected) this.#list.scrollTo(this.#selected, "center");
    this.#followSelection(route.seq ?? null);
    for (const view of this.#list.views()) view.tick?.();
    this.#drawJumps();
    this.#drawEmpty();
  }

  dispose() {
    this.#list.dispose();
  }

  next() {
    this.#move(1);
  }

  previous() {
    this.#move(-1);
  }

  // Opens or folds the block where the keyboard is.
  toggle() {
    if (document.activeElement?.matches?.(CONTROLS)) return;
    const id = this.#list.current ?? this.#selected;
    const view = id && this.#list.viewOf(id);
    view?.toggle();
  }

  top() {
    this.#goTo(0);
  }

  end() {
    this.#list.scrollToEnd();
    this.#list.setCurrent(this.#list.rows.at(-1)?.id);
    this.#drawJumps();
  }

  // To the next (1) or previous (-1) place that the search found.
  nextMatch(direction = 1) {
    if (!this.#tools.pattern) {
      this.#context.announce("Nothing is searched for. Press / to search.");
      return;
    }
    this.#context.announce(this.#matches.go(direction, this.#selected));
    this.#drawJumps();
  }

  // The block of the call that waits for a decision: the selected one, else the first; or null.
  pendingApproval() {
    return this.#pending.get(this.#selected) ?? this.#pending.values().next().value ?? null;
  }

  // which: "approve" or "deny": the focus goes to that button.
  focusApproval(which) {
    const block = this.pendingApproval();
    if (!block) return;
    this.#show(block, "nearest");
    this.#list.setCurrent(block.id);
    this.#list.viewOf(block.id)?.focusApproval?.(which);
  }

  focusSelected() {
    if (this.#selected) this.#list.setCurrent(this.#selected);
  }

  // What blocks may use.
  #makeTools() {
    return {
      context: this.#context,
      pattern: null, // of the search
      uiOf: (id) => this.#uiOf(id),
      now: () => this.#now(),
      hold: (id) => this.#list.hold(id),
      isFolded: (id) => this.#shown.isFolded(id),
      countBelow: (block) => this.#shown.countBelow(this.#transcript.items, block),
      toggleFold: (id) => {
        this.#shown.toggleFold(id);
        this.#list.hold(id);
        this.#setRows();
        this.#list.release();
      },
      reveal: (row) => this.#reveal(row),
      select: (block) => this.#select(block),
      isSelected: (id) => id === this.#selected,
      linkTo: (block) => this.#linkTo(block),
    };
  }

  #uiOf(id) {
    if (!this.#ui.has(id)) this.#ui.set(id, {});
    return this.#ui.get(id);
  }

  // The time by which running calls are measured: that of the record where it is none of now.
  #now() {
    const { log } = this.#context.session;
    const last = log.size > 0 ? timeOf(log.at(log.size - 1)) || 0 : 0;
    const recorded = ["file", "replay"].includes(this.#context.feed?.state);
    return recorded ? last : Math.max(Date.now(), last);
  }

  // A session that was reset has other blocks with the same ids.
  #follow(transcript) {
    if (transcript === this.#transcript && transcript.version >= this.#version) return;
    this.#transcript = transcript;
    this.#version = -1;
    this.#pending.clear();
    this.#list.setRows([]);
    this.#shown.stale = true;
    this.#seq = null;
  }

  // Whether it is another one than before.
  #takeFilter(filter) {
    if (!this.#shown.setFilter(filter)) return false;
    this.#tools.pattern = searchPattern(filter?.text);
    for (const view of this.#list.views()) view.update();
    return true;
  }

  #takeChanges(blocks) {
    for (const block of blocks) {
      if (block.kind === "tool" && block.approval?.state === "pending") {
        this.#pending.set(block.id, block);
      } else {
        this.#pending.delete(block.id);
      }
      this.#shown.look(block);
      this.#list.viewOf(block.id)?.update(block);
    }
  }

  #setRows() {
    this.#list.setRows(this.#shown.rows(this.#transcript.items));
  }

  #followSelection(seq) {
    if (seq === this.#seq || (seq !== null && this.#context.session.log.last_seq < seq)) return;
    this.#seq = seq;
    const block = seq === null ? null : this.#transcript.blockOfSeq(seq) ?? null;
    const before = this.#selected;
    this.#selected = block?.id ?? null;
    if (before !== this.#selected) {
      this.#list.viewOf(before)?.select(false);
      this.#list.viewOf(this.#selected)?.select(true);
    }
    if (block && seq !== this.#ownSeq) this.#show(block, "center");
    this.#ownSeq = null;
  }

  // Brings a block into view, whatever hides it.
  #show(block, align) {
    if (this.#list.indexOf(block.id) < 0) {
      this.#shown.reveal(this.#transcript.items, block);
      this.#setRows();
    }
    this.#list.scrollTo(block.id, align);
    this.#list.setCurrent(block.id, { focus: false });
  }

  #select(block) {
    this.#ownSeq = block.seq;
    this.#context.go({ seq: block.seq });
  }

  #move(step) {
    const { current, rows } = this.#list;
    const from = this.#list.indexOf(current ?? this.#selected);
    const start = step > 0 ? this.#list.firstInView() : this.#list.lastInView();
    const index = Math.min(Math.max(from < 0 ? start : from + step, 0), rows.length - 1);
    this.#goTo(index);
    const row = rows[index];
    if (row && row.kind !== "hidden") this.#select(row);
  }

  #goTo(index) {
    const row = this.#list.rows[index];
    if (!row) return;
    this.#list.scrollTo(row.id, index === 0 ? "start" : "nearest");
    this.#list.setCurrent(row.id);
    this.#drawJumps();
  }

  #clicked(event) {
    if (event.target.closest(CONTROLS) || !getSelection().isCollapsed) return;
    const row = this.#list.rows[this.#list.indexOf(this.#list.idOf(event.target))];
    if (row && row.kind !== "hidden") this.#select(row);
  }

  #reveal(row) {
    this.#shown.revealGroup(row.first);
    const above = this.#list.rows[this.#list.indexOf(row.id) - 1];
    if (above) this.#list.hold(above.id);
    this.#setRows();
    this.#list.release();
    this.#list.setCurrent(row.first);
  }

  #linkTo(block) {
    const { session } = this.#context.route;
    const hash = formatRoute({ page: "session", session, seq: block.seq });
    return location.href.split("#")[0] + hash;
  }

  #drawJumps() {
    this.#jumps.draw(this.#list, {
      waiting: this.pendingApproval(),
      others: this.#pending.size - 1,
      loading: this.#context.feed?.state === "loading",
    });
  }

  #drawEmpty() {
    const { feed, commands } = this.#context;
    this.#empty.hidden = this.#list.rows.length > 0;
    if (this.#empty.hidden) return;
    let text = "Nothing has happened yet.";
    if (feed?.state === "loading") text = "Loading…";
    else if (feed?.state === "gone") text = feed.detail || "This session is not on the server.";
    else if (commands) text += " Write a message below to begin.";
    setText(this.#empty, text);
  }
}
