// Who writes a transcript: keeps the runs and what is open in them, knows the event at hand, adds
// blocks where they belong and notes which block each event went into. The handlers of the event
// types (transcript_*.js) tell it what to write.

import { BlockTree } from "./block_tree.js";
import { Block, ToolBlock } from "./block.js";
import { timeOf } from "./event.js";
import { TurnCosts } from "./turn_costs.js";
import { numberOf, objectOf, textOf } from "./values.js";

/// A run as far as it was seen. That of the empty id stands for what belongs to no run.
class RunNotes {
  constructor(run_id, group) {
    this.run_id = run_id;
    this.group = group;
    this.block = null;
    this.ended = false;
    this.turn = null; // the block of the newest turn
    this.costs = new TurnCosts();
    this.ttft_ms = null; // of its first answer
    this.messages = new Map(); // kind and message_id -> block, of this turn
    this.calls = new Map(); // call_id -> block, of this turn
    this.request = null; // {blocks, calls, complete} of the model request under way
    this.unnamed = []; // blocks of a message whose id was not seen yet
    this.plan = null;
  }
}

export class Scribe {
  constructor() {
    this.tree = new BlockTree();
    this.runs = new Map();
    this.nobody = new RunNotes("", this.tree.root);
    this.open_runs = new Set([this.nobody]);
    this.hosts = new Map(); // child_run_id -> the block that announced the run
    this.calls = new Map(); // call_id -> its newest block in any run
    this.approvals = new Map(); // approval_id -> tool block
    this.tasks = new Map(); // task_id -> block
    this.works = new Map(); // workflows and steps by their name -> {block, group}
    this.span_groups = new Map(); // span_id of a workflow or step -> group
    this.host_groups = new Map(); // host block -> its group
    this.seqs = [];
    this.owners = [];
    this.latest = this.nobody; // whose event came last
    this.gap = null; // the newest one
    this.ts = NaN;
    this.begin({});
  }

  /// Takes up an event; end() must follow.
  begin(event) {
    this.event = event;
    this.type = textOf(event?.type);
    this.data = objectOf(event?.data);
    this.seq = numberOf(event?.seq);
    const ts = timeOf(event);
    if (!Number.isNaN(ts)) this.ts = Number.isNaN(this.ts) ? ts : Math.max(ts, this.ts);
    this.owner = null;
    this.run = this.nobody;
    this.run = this.#runOf(event);
    if (this.type !== "run_started") this.owner = null;
    this.latest = this.run;
  }

  /// An event that wrote nothing belongs to the turn or run that it is part of.
  end() {
    if (!this.owner) {
      const block = this.run.turn ?? this.run.block;
      if (block) this.touch(block);
    }
    if (!this.owner || this.seq <= (this.seqs[this.seqs.length - 1] ?? 0)) return;
    this.seqs.push(this.seq);
    this.owners.push(this.owner);
  }

  /// The block of the event with this seq, or of the last one before; undefined before the first.
  blockOfSeq(seq) {
    let low = 0;
    let high = this.seqs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.seqs[middle] <= seq) low = middle + 1;
      else high = middle;
    }
    return this.owners[low - 1];
  }

  /// Adds a block of this kind at the end of the run, or of another group.
  add(kind, members, group = this.run.group) {
    return this.#write(new Block(this.tree.nextId(), kind, this.#place()), members, group);
  }

  addTool(members) {
    return this.#write(new ToolBlock(this.tree.nextId(), this.#place()), members, this.run.group);
  }

  /// The event at hand has changed this block.
  touch(block) {
    if (this.type !== "") block.types.add(this.type);
    block.last_seq = Math.max(block.last_seq, this.seq);
    this.owner ??= block;
    this.tree.touch(block);
    return block;
  }

  /// Changes members of a block.
  change(block, members) {
    Object.assign(block, members);
    return this.touch(block);
  }

  /// The group of what lies inside a block.
  groupOf(block, group) {
    let inside = this.host_groups.get(block);
    if (!inside) {
      inside = this.tree.addGroup(group, block, true);
      this.host_groups.set(block, inside);
    }
    return inside;
  }

  /// A run announced by a block: what belongs to it will stand behind this block.
  announce(child_run_id, block) {
    if (child_run_id !== "") this.hosts.set(child_run_id, { block, group: this.run.group });
  }

  startRun() {
    const { event } = this;
    const run_id = textOf(event.run_id);
    const run = new RunNotes(run_id, this.#placeOf(event, run_id));
    this.runs.set(run_id, run);
    this.open_runs.add(run);
    this.run = run;
    const host = this.hosts.get(run_id);
    const parent_run_id = textOf(event.parent_run_id);
    run.block = this.add("run", {
      model: textOf(event.model_id),
      provider: "",
      state: "running",
      status: "running",
      parent_run_id,
      title: textOf(event.agent) || "agent",
      child: parent_run_id !== "" || host !== undefined,
      started: false, // its start was not seen
      activity: "",
      activity_detail: "",
    });
    return run;
  }

  #place() {
    return {
      run_id: this.run.run_id,
      agent: textOf(this.event.agent) || (this.run.block?.agent ?? ""),
      turn: numberOf(this.event.turn) || (this.run.turn?.turn ?? 0),
      seq: this.seq,
      ts: this.ts,
    };
  }

  #write(block, members, group) {
    Object.assign(block, members);
    this.tree.add(group, block);
    return this.touch(block);
  }

  #runOf(event) {
    const run_id = textOf(event?.run_id);
    if (run_id === "") return this.nobody;
    const run = this.runs.get(run_id);
    if (run && !(run.ended && this.type === "run_started")) return run;
    return this.startRun();
  }

  #placeOf(event, run_id) {
    const host = this.hosts.get(run_id);
    if (host) return this.groupOf(host.block, host.group);
    const work = this.span_groups.get(textOf(event.parent_span_id));
    if (work) return this.tree.addGroup(work, null, false);
    const parent = this.runs.get(textOf(event.parent_run_id));
    if (parent) return this.tree.addGroup(parent.group, null, true);
    const workflow = this.works.get(textOf(event.workflow_id));
    return this.tree.addGroup(workflow?.inside ?? this.tree.root, null, false);
  }
}
