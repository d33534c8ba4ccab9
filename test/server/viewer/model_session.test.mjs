// One session fed from one place, with hostile events too: nothing throws and the parts stay sound.

import { strict as assert } from "node:assert";
import { test } from "node:test";

import { EVENT_TYPES } from "../../../src/server/viewer/model/event.js";
import {
  emptyFilter,
  matchesBlock,
  matchesEvent,
  matchesSpan,
} from "../../../src/server/viewer/model/filter.js";
import { Player } from "../../../src/server/viewer/model/player.js";
import { Session } from "../../../src/server/viewer/model/session.js";
import { SessionState } from "../../../src/server/viewer/model/session_state.js";
import { checkSpans, checkTranscript, Follower } from "./model_invariants.mjs";
import { feed, goldenRun, Trace } from "./model_events.mjs";
import { randomOf, seedOf } from "./model_random.mjs";

const SEEDS = 20;

test("all parts are fed and the version grows", () => {
  const session = new Session("s1");
  assert.equal(session.id, "s1");
  const { events } = goldenRun();
  const before = session.version;
  assert.equal(session.apply(events[0], "line"), true);
  assert.equal(session.apply(events[0], "line"), false);
  assert.ok(session.version > before);
  feed(session, events);
  assert.deepEqual([session.log.size, session.state.last_seq, session.faults], [33, 33, 0]);
  assert.deepEqual([session.transcript.items.length, session.spans.all.length], [8, 6]);
});

test("a reset begins anew", () => {
  const session = feed(new Session("s1"), goldenRun().events);
  const { version } = session;
  session.reset();
  assert.ok(session.version > version);
  assert.deepEqual(
    [session.log.size, session.transcript.items.length, session.state.last_seq],
    [0, 0, 0],
  );
  feed(session, goldenRun().events);
  assert.equal(session.transcript.items.length, 8);
});

test("the past after a snapshot fills all parts but the state", () => {
  const { events } = goldenRun();
  const snapshot = JSON.parse(JSON.stringify(feed(new Session("s1"), events.slice(0, 20)).state));
  const session = new Session("s1");
  session.applySnapshot(snapshot);
  assert.equal(session.state.last_seq, 20);
  feed(session, events);
  const plain = feed(new Session("s1"), events);
  assert.deepEqual(session.state.toJSON(), plain.state.toJSON());
  assert.equal(session.transcript.items.length, plain.transcript.items.length);
  session.applySnapshot(snapshot); // an old one
  assert.equal(session.state.last_seq, 33);
});

test("the title is that of the events, else that of the file, else the id", () => {
  const named = new Session("s1", "release");
  assert.equal(new Session("s1").title, "s1");
  assert.equal(named.title, "release");
  assert.equal(new Player(named).session.title, "release");
  feed(named, new Trace().add("session_created", { title: "the release" }).events);
  assert.equal(named.title, "the release");
  named.reset();
  assert.equal(named.title, "release");
});

test("a snapshot may hold anything", () => {
  for (const json of [
    null,
    undefined,
    7,
    "x",
    [],
    {
      runs: 7,
      open_messages: [null, 7, { content: 7 }],
      running_tools: [{ stdout: null }],
      usage: "x",
      last_seq: "9",
      plan: {},
    },
  ]) {
    const session = new Session("s1");
    session.applySnapshot(json);
    feed(session, goldenRun().events);
    assert.equal(session.faults, 0, JSON.stringify(json));
    JSON.stringify(session.state);
  }
});

const HOSTILE = [
  null,
  undefined,
  true,
  0,
  -1,
  1e308,
  NaN,
  "",
  "x",
  "__proto__",
  [],
  [null],
  [[]],
  {},
  { toString: 1, valueOf: 2 },
  JSON.parse('{"__proto__":{"x":1},"constructor":7}'),
  { length: -1 },
  "\ud800",
  "x".repeat(5000),
  { then: 1 },
];
const MEMBERS = [
  "text",
  "message_id",
  "call_id",
  "tool_name",
  "arguments",
  "content",
  "usage",
  "tool_calls",
  "message",
  "approval_id",
  "decision",
  "stream",
  "progress",
  "data",
  "items",
  "agents",
  "child_run_id",
  "task_id",
  "workflow",
  "step",
  "files_changed",
  "diffs",
  "output",
  "error",
  "error_code",
  "reason",
  "duration_ms",
  "turn",
  "cost",
  "metadata",
  "created",
  "expires_at",
  "stdout",
  "role",
  "plan",
];
const IDS = ["a", "b", "__proto__", "constructor", ""];

function payload(random) {
  if (random.chance(5)) return random.pick(HOSTILE);
  const data = Object.create(null);
  for (let i = random.below(8); i > 0; --i) {
    const member = random.pick(MEMBERS);
    data[member] =
      member.endsWith("_id") && random.chance(80) ? random.pick(IDS) : random.pick(HOSTILE);
  }
  if (random.chance(20)) data.message = payload(random);
  if (random.chance(20)) data.tool_calls = [payload(random), random.pick(HOSTILE)];
  if (random.chance(10)) data.usage = { prompt: random.pick(HOSTILE), total: 3 };
  return data;
}

function hostileEvent(random, seq, ms) {
  const event = {
    seq,
    type: random.chance(95) ? random.pick([...EVENT_TYPES.keys()]) : random.pick(HOSTILE),
    ts: random.chance(80) ? new Date(1.7e12 + ms).toISOString() : random.pick(HOSTILE),
    data: payload(random),
  };
  for (const member of [
    "run_id",
    "parent_run_id",
    "workflow_id",
    "parent_workflow_id",
    "span_id",
    "parent_span_id",
  ]) {
    if (random.chance(60))
      event[member] = random.chance(90) ? random.pick(IDS) : random.pick(HOSTILE);
  }
  for (const member of ["agent", "turn", "depth", "model_id"]) {
    if (random.chance(30)) event[member] = random.pick(HOSTILE);
  }
  return event;
}

function filtersOf(random) {
  const filter = emptyFilter();
  filter.text = random.text();
  filter.types = [random.pick(["token_delta", "error"])];
  return [emptyFilter(), filter, { ...filter, types: [], from: 1.7e12, to: 1.8e12 }];
}

test("hostile events never throw, and what is shown of them is sound", () => {
  const first = seedOf();
  for (let seed = first; seed < first + SEEDS; ++seed) {
    const random = randomOf(seed);
    const session = new Session("s1");
    const follower = new Follower();
    const where = `STRANDBUS_TEST_SEED=${seed}`;
    let seq = 0;
    for (let i = 0; i < 250; ++i) {
      seq += random.chance(90) ? 1 : random.below(4);
      const event = hostileEvent(random, random.chance(98) ? seq : random.pick(HOSTILE), i * 10);
      session.apply(event, random.chance(95) ? JSON.stringify(event) : random.pick(HOSTILE));
      if (random.chance(2)) session.gap(random.below(300), random.below(30));
      if (i % 9 === 0) follower.look(session);
    }
    assert.equal(session.faults, 0, where);
    try {
      follower.look(session);
      follower.expectCurrent(session);
      checkTranscript(session);
      checkSpans(session);
      JSON.stringify(session.state);
      for (const filter of filtersOf(random)) {
        for (let i = 0; i < session.log.size; ++i) {
          matchesEvent(filter, session.log.at(i), session.log.rawAt(i) ?? "");
        }
        for (const block of session.transcript.items) matchesBlock(filter, block);
        for (const span of session.spans.all) matchesSpan(filter, span);
      }
    } catch (error) {
      error.message = `${where}: ${error.message}`;
      throw error;
    }
    assert.equal({}.x, undefined, where);
  }
});

test("deep nesting and long chains are bounded", () => {
  const trace = new Trace();
  for (let i = 0; i < 3000; ++i) {
    trace.add("subagent_started", { child_run_id: `r${i + 1}`, agent: "a" }, { run_id: `r${i}` });
  }
  const session = feed(new Session("s1"), trace.events);
  assert.ok(session.transcript.items.every((block) => block.depth <= 32));
  assert.equal(session.transcript.items.length, 6000);
  let deep = 1;
  for (let i = 0; i < 100000; ++i) deep = [deep];
  session.apply({ seq: 5000, type: "custom", data: { name: "deep", data: deep } }, "{}");
  session.apply(
    { seq: 5001, type: "tool_call_ready", data: { call_id: "c", arguments: deep } },
    "{}",
  );
  assert.equal(session.faults, 0);
  assert.equal(typeof session.transcript.items.at(-1).text(), "string");
});

test("runs that name each other as parents", () => {
  const trace = new Trace();
  trace.add("run_started", {}, { run_id: "a", parent_run_id: "b" });
  trace.add("run_started", {}, { run_id: "b", parent_run_id: "a" });
  trace.add("subagent_started", { child_run_id: "a" }, { run_id: "b" });
  trace.add("run_completed", {}, { run_id: "a" });
  trace.add("run_started", {}, { run_id: "a", parent_run_id: "a" });
  const session = feed(new Session("s1"), trace.events);
  checkTranscript(session);
  checkSpans(session);
});

test("a state is idle when nothing is open", () => {
  const state = new SessionState();
  assert.ok(state.idle());
  const { events } = goldenRun();
  for (const event of events) {
    state.apply(event);
    assert.equal(state.idle(), event === events.at(-1));
  }
});
