// The transcript: what the agent did, block by block, live. Draws only what is in view.
import { timeOf } from "../model/event.js";
import { isEmpty, matchesBlock } from "../model/filter.js";
import { count, oneLine } from "../model/format.js";
import { formatRoute } from "../route.js";
import { h, setText } from "./dom.js";
import { searchPattern } from "./marks.js";
import { createBlockView, estimateHeight } from "./transcript_blocks.js";
import { MatchWalk } from "./match_walk.js";
import { ancestorsOf, groupOf, lastBelow, rowsOf } from "./transcript_rows.js";
import { VirtualList } from "./virtual_list.js";

const NARROW_PX = 700; // of the transcript: there the details would cover it
const CONTROLS = "button, input, textarea, select, a, summary";

export class TranscriptView {
  #context;
  #list;
  #tools;
  #transcript = null;
  #version = -1;
  #filterKey = "";
  #rowsStale = true;
  #matched = new WeakMap(); // block -> {version, key, matches}
  #ui = new Map(); // id -> what the reader has opened
  #folded = new Set();
  #revealed = new Set(); // hidden groups that are shown, by their first block
  #pending = new Map(); // blocks that wait for approval
  #selected = null;
  #seq = null; // of the route, when it was last followed
  #ownSeq = null; // chosen here: no need to scroll
  #seen = 0; // rows when the reader was last at the end
  #matches;
  #newButton = h("button", { type: "button", className: "transcript__jump",
    onclick: () => this.end() });
  #approvalButton = h("button", { type: "button", className: "transcript__jump transcript__jump--wait",
    onclick: () => this.focusApproval("approve") });
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
    this.element = h(
      "div",
      { className: "transcript" },
      this.#list.element,
      this.#empty,
      h("div", { className: "transcript__jumps" }, this.#approvalButton, this.#newButton),
    );
  }

  update() {
    const { session, route } = this.#context;
    this.#follow(session.transcript);
    this.#takeFilter(route.filter);
    const { transcript } = session;
    if (transcript.version !== this.#version) {
      const { structure, blocks } = transcript.changedSince(this.#version);
      this.#version = transcript.version;
      if (structure) this.#rowsStale = true;
      this.#takeChanges(blocks);
    }
    if (this.#rowsStale) this.#setRows();
    this.#followSelection(route.seq);
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
    if (view?.toggle()) this.#list.hold(id);
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
    const said = this.#matches.go(direction, this.#selected);
    this.#context.announce(said);
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
    this.#list.setCurrent(block.id, { focus: false });
    this.#list.viewOf(block.id)?.focusApproval?.(which);
  }

  focusSelected() {
    if (this.#selected) this.#list.setCurrent(this.#selected);
  }

  // What blocks may use: see block_view.js.
  #makeTools() {
    const owner = this;
    return {
      context: this.#context,
      pattern: null, // of the search
      uiOf: (id) => this.#uiOf(id),
      now: () => this.#now(),
      hold: (id) => this.#list.hold(id),
      isFolded: (id) => this.#folded.has(id),
      countBelow: (block) => this.#countBelow(block),
      toggleFold: (id) => this.#toggleFold(id),
      reveal: (row) => this.#reveal(row),
      select: (block) => this.#select(block),
      isSelected: (id) => id === owner.#selected,
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
    const last = log.size > 0 ? timeOf(log.at(log.size - 1)) : 0;
    const recorded = ["file", "replay"].includes(this.#context.feed?.state);
    return recorded ? last : Math.max(Date.now(), last || 0);
  }

  // A session that was reset has other blocks with the same ids.
  #follow(transcript) {
    if (transcript === this.#transcript && transcript.version >= this.#version) return;
    this.#transcript = transcript;
    this.#version = -1;
    this.#pending.clear();
    this.#list.setRows([]);
    this.#rowsStale = true;
    this.#seq = null;
  }

  #takeFilter(filter) {
    const key = JSON.stringify(filter ?? null);
    if (key === this.#filterKey) return;
    this.#filterKey = key;
    this.#revealed.clear();
    this.#rowsStale = true;
    this.#tools.pattern = searchPattern(filter?.text);
    for (const view of this.#list.views()) view.update();
  }

  #takeChanges(blocks) {
    for (const block of blocks) {
      if (block.kind === "tool") {
        if (block.approval?.state === "pending") this.#pending.set(block.id, block);
        else this.#pending.delete(block.id);
      }
      const before = this.#matched.get(block)?.matches;
      if (this.#filtering() && before !== undefined && before !== this.#matchesBlock(block)) {
        this.#rowsStale = true;
      }
      this.#list.viewOf(block.id)?.update(block);
    }
  }

  #filtering() {
    const { filter } = this.#context.route;
    return Boolean(filter) && !isEmpty(filter);
  }

  #matchesBlock(block) {
    const known = this.#matched.get(block);
    if (known && known.version === block.version && known.key === this.#filterKey) {
      return known.matches;
    }
    const matches = matchesBlock(this.#context.route.filter, block);
    this.#matched.set(block, { version: block.version, key: this.#filterKey, matches });
    return matches;
  }

  #setRows() {
    this.#rowsStale = false;
    const items = this.#transcript.items;
    const filtering = this.#filtering();
    const plain = !filtering && this.#folded.size === 0;
    this.#list.setRows(plain ? items.slice() : rowsOf(items, {
      matches: filtering ? (block) => this.#matchesBlock(block) : null,
      isFolded: filtering ? null : (block) => this.#folded.has(block.id),
      isRevealed: (id) => this.#revealed.has(id),
    }));
  }

  #followSelection(seq) {
    const wanted = seq ?? null;
    if (wanted === this.#seq) return;
    const { log } = this.#context.session;
    if (wanted !== null && log.last_seq < wanted) return; // it comes later
    this.#seq = wanted;
    const block = wanted === null ? null : this.#transcript.blockOfSeq(wanted) ?? null;
    const before = this.#selected;
    this.#selected = block?.id ?? null;
    if (before !== this.#selected) {
      this.#list.viewOf(before)?.select(false);
      this.#list.viewOf(this.#selected)?.select(true);
    }
    if (block && wanted !== this.#ownSeq) this.#show(block, "center");
    this.#ownSeq = null;
  }

  // Brings a block into view, whatever hides it.
  #show(block, align) {
    const items = this.#transcript.items;
    if (this.#list.indexOf(block.id) < 0) {
      const index = items.indexOf(block);
      if (index < 0) return;
      for (const around of ancestorsOf(items, index)) this.#folded.delete(around.id);
      if (this.#filtering() && !this.#matchesBlock(block)) {
        this.#revealed.add(groupOf(items, index, (one) => this.#matchesBlock(one)));
      }
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
    this.#goTo(Math.min(Math.max(from < 0 ? start : from + step, 0), rows.length - 1), true);
  }

  #goTo(index, select = false) {
    const row = this.#list.rows[index];
    if (!row) return;
    this.#list.scrollTo(row.id, index === 0 ? "start" : "nearest");
    this.#list.setCurrent(row.id);
    if (select && row.kind !== "hidden" && !this.#isNarrow()) this.#select(row);
    this.#drawJumps();
  }

  #isNarrow() {
    return this.element.clientWidth < NARROW_PX;
  }

  #clicked(event) {
    if (event.target.closest(`${CONTROLS}, progress`) || this.#isNarrow()) return;
    if (!getSelection().isCollapsed) return;
    const id = this.#list.idOf(event.target);
    const row = this.#list.rows[this.#list.indexOf(id)];
    if (row && row.kind !== "hidden") this.#select(row);
  }

  #toggleFold(id) {
    if (!this.#folded.delete(id)) this.#folded.add(id);
    this.#list.hold(id);
    this.#setRows();
  }

  #countBelow(block) {
    const items = this.#transcript.items;
    const index = items.indexOf(block);
    return index < 0 ? 0 : lastBelow(items, index) - index;
  }

  #reveal(row) {
    this.#revealed.add(row.first);
    const above = this.#list.rows[this.#list.indexOf(row.id) - 1];
    if (above) this.#list.hold(above.id);
    this.#setRows();
    this.#list.setCurrent(row.first);
  }

  #linkTo(block) {
    const { route } = this.#context;
    const hash = formatRoute({ page: "session", session: route.session, seq: block.seq });
    return location.href.split("#")[0] + hash;
  }

  #drawJumps() {
    const { rows, atEnd } = this.#list;
    if (atEnd) this.#seen = rows.length;
    const news = Math.max(rows.length - this.#seen, 0);
    this.#newButton.hidden = atEnd;
    setText(this.#newButton, news > 0 ? `${count(news)} new below ↓` : "To the end ↓");
    const waits = this.pendingApproval();
    const index = waits ? this.#list.indexOf(waits.id) : -1;
    const inView = index >= this.#list.firstInView() && index <= this.#list.lastInView();
    this.#approvalButton.hidden = !waits || inView;
    if (waits && !inView) {
      const more = this.#pending.size > 1 ? ` and ${count(this.#pending.size - 1)} more` : "";
      setText(this.#approvalButton, `${oneLine(waits.tool_name, 30)}${more} waits for approval`);
    }
  }

  #drawEmpty() {
    const { feed, commands } = this.#context;
    this.#empty.hidden = this.#list.rows.length > 0;
    if (this.#empty.hidden) return;
    const idle = commands ? "Nothing has happened yet. Write a message below to begin."
      : "Nothing has happened yet.";
    setText(this.#empty, feed?.state === "loading" ? "Loading…" : idle);
  }
}
