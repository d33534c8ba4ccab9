// A session as people read it: a flat list of blocks (block.js) in reading order, the runs of
// sub-agents, workflows and background tasks nested behind the block that announces them.
//
// Beyond what the contract of the views names: text blocks and tools have `incomplete` (a part was
// missed), a run has `started` (false: its start was missed), `activity` and `activity_detail` (the
// newest status), a run_end has `output` and `ttft_ms`, a tool has `cell` {code, success} and
// `result_dropped`, a turn `attempts` and `cost_about`, a subagent `child_agent`, an error `detail`.
// blockOfSeq() of a seq that was not seen gives the block of the event before it.

import { Scribe } from "./scribe.js";
import { COST_HANDLERS } from "./transcript_costs.js";
import { MESSAGE_HANDLERS } from "./transcript_messages.js";
import { NOTICE_HANDLERS, writeUnknown } from "./transcript_notices.js";
import { RUN_HANDLERS, writeGap } from "./transcript_runs.js";
import { TOOL_HANDLERS } from "./transcript_tools.js";
import { WORK_HANDLERS } from "./transcript_work.js";

function nothing() {}

const HANDLERS = new Map([
  ...RUN_HANDLERS,
  ...COST_HANDLERS,
  ...MESSAGE_HANDLERS,
  ...TOOL_HANDLERS,
  ...WORK_HANDLERS,
  ...NOTICE_HANDLERS,
  ["context_built", nothing], // part of its turn
]);

export class Transcript {
  #scribe = new Scribe();

  /// The blocks in reading order. Valid until the next event.
  get items() {
    return this.#scribe.tree.items;
  }

  /// Grows with every change.
  get version() {
    return this.#scribe.tree.version;
  }

  apply(event) {
    const scribe = this.#scribe;
    scribe.begin(event);
    (HANDLERS.get(scribe.type) ?? writeUnknown)(scribe, scribe.data);
    scribe.end();
  }

  /// `missed` events behind the seq `after` were never seen.
  gap(after, missed) {
    writeGap(this.#scribe, after, missed);
  }

  /// {structure: whether there are blocks that were not, blocks: Set of those that changed}.
  changedSince(version) {
    return this.#scribe.tree.changedSince(version);
  }

  /// The block of this id; undefined if there is none.
  find(block_id) {
    return this.#scribe.tree.find(block_id);
  }

  blockOfSeq(seq) {
    return this.#scribe.blockOfSeq(seq);
  }
}
