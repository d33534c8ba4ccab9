// What holds for a transcript and its spans whatever the events were.

import { strict as assert } from "node:assert";

import { EVENT_TYPES } from "../../../src/server/viewer/model/event.js";

/// Follows a session as a view does, which draws only what it is told has changed.
export class Follower {
  #drawn = new Map(); // id -> what was drawn
  #version = 0;
  #order = [];

  look({ transcript }) {
    const { structure, blocks } = transcript.changedSince(this.#version);
    this.#version = transcript.version;
    for (const block of blocks) this.#drawn.set(block.id, pictureOf(block));
    if (structure) this.#order = transcript.items.map((block) => block.id);
  }

  expectCurrent({ transcript }) {
    assert.deepEqual(
      this.#order,
      transcript.items.map((block) => block.id),
    );
    for (const block of transcript.items) {
      assert.equal(this.#drawn.get(block.id), pictureOf(block), `${block.kind} ${block.id}`);
    }
  }
}

function pictureOf(block) {
  const { end, ts } = block;
  const times = [end, ts].map((time) => (Number.isNaN(time) ? "none" : time));
  return JSON.stringify([{ ...block, types: [...block.types] }, block.text(), times]);
}

export function checkTranscript({ log, transcript }) {
  const { items } = transcript;
  assert.equal(new Set(items.map((block) => block.id)).size, items.length);
  const known = new Set(items);
  let depth = 0;
  for (const block of items) {
    assert.equal(transcript.find(block.id), block);
    assert.ok(block.depth >= 0 && block.depth <= depth + 1, `${block.kind} at ${block.depth}`);
    assert.ok(block.last_seq >= block.seq);
    assert.ok(["pending", "running", "completed", "failed", "cancelled"].includes(block.status));
    assert.equal(typeof block.text(), "string");
    depth = block.depth;
  }
  for (let i = 0; i < log.size; ++i) {
    const { seq, type, run_id } = log.at(i);
    const block = transcript.blockOfSeq(seq);
    if (block) assert.ok(known.has(block), `seq ${seq}`);
    if (typeof run_id !== "string" || run_id === "" || typeof type !== "string") continue;
    // What belongs to a run belongs to a block of it.
    assert.ok(type === "" || block.types.has(type), `${type} of seq ${seq} in ${block.kind}`);
    assert.ok(seq >= block.seq && seq <= block.last_seq);
  }
}

export function checkSpans({ log, spans }) {
  const known = new Set(spans.all);
  const roots = spans.all.filter((span) => span.parent === null);
  assert.deepEqual(spans.roots, roots);
  let start = 0;
  for (const span of spans.all) {
    assert.equal(spans.byId(span.id), span);
    assert.ok(span.start >= start, "in the order of their start");
    assert.ok(span.end === null || span.end >= span.start);
    assert.equal(span.end === null, span.status === "running" || span.status === "pending");
    start = span.start;
    if (span.parent === null) {
      assert.equal(span.depth, 0);
      continue;
    }
    const parent = spans.byId(span.parent);
    assert.ok(known.has(parent), "a parent that is there");
    assert.equal(span.depth, parent.depth + 1);
    assert.ok(span.start >= parent.start);
    if (parent.end !== null) assert.ok(span.end !== null && span.end <= parent.end, "enclosed");
  }
  for (let i = 0; i < log.size; ++i) {
    const span = spans.spanOfSeq(log.at(i).seq);
    const { type } = log.at(i);
    if (span) assert.ok(known.has(span) && (!EVENT_TYPES.has(type) || span.types.has(type)));
  }
  const totals = spans.totals();
  for (const member of ["model_ms", "tool_ms", "waiting_ms"]) assert.ok(totals[member] >= 0);
}

/// The sums of each run that ended once are what its end says.
export function checkRunEnds({ log, spans }) {
  const ends = new Map();
  for (let i = 0; i < log.size; ++i) {
    const { type, run_id, data } = log.at(i);
    if (type === "session_restored") return 0; // that ends runs too
    if (!ends.has(run_id) && /^run_(completed|failed|cancelled)$/.test(type))
      ends.set(run_id, data);
  }
  for (const [run_id, end] of ends) {
    const totals = spans.runTotals(run_id);
    if (totals.runs !== 1) continue;
    for (const member of ["prompt", "completion", "total"]) {
      assert.equal(totals[member], end.usage[member] ?? 0, run_id);
    }
    assert.equal(totals.cost, end.cost ?? null);
    for (const member of ["llm_calls", "tool_calls", "duration_ms"]) {
      if (end[member] !== undefined) assert.equal(totals[member], end[member], run_id);
    }
  }
  return ends.size;
}

/// Nothing is left open where every start had its end, and every message says what was committed.
export function checkWhole({ log, transcript, spans, state, faults }) {
  assert.equal(faults, 0);
  assert.ok(state.idle());
  for (const span of spans.all) assert.notEqual(span.end, null, `${span.kind} ${span.name}`);
  for (const block of transcript.items) {
    assert.notEqual(block.end, null, `${block.kind} of seq ${block.seq}`);
    assert.notEqual(block.incomplete, true, `${block.kind} of seq ${block.seq}`);
  }
  for (let i = 0; i < log.size; ++i) {
    const { type, seq, data } = log.at(i);
    if (type !== "message_committed" || data.message.role !== "assistant") continue;
    if (data.message.content === "") continue;
    assert.equal(transcript.blockOfSeq(seq).content, data.message.content);
  }
}
