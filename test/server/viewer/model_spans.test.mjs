// The spans: what lies in what, when it begins and ends, and what it sums up to.

import { strict as assert } from "node:assert";
import { test } from "node:test";

import { Session } from "../../../src/server/viewer/model/session.js";
import { checkRunEnds, checkSpans } from "./model_invariants.mjs";
import { at, feed, goldenRun, Trace } from "./model_events.mjs";

function spansOf(trace) {
  const session = feed(new Session("s1"), trace.events);
  assert.equal(session.faults, 0);
  checkSpans(session);
  checkRunEnds(session);
  return session.spans;
}

const linesOf = ({ all }) =>
  all.map((span) => `${"  ".repeat(span.depth)}${span.kind} ${span.name}`);
const only = ({ all }, kind) => {
  const spans = all.filter((span) => span.kind === kind);
  assert.equal(spans.length, 1, kind);
  return spans[0];
};
const parentOf = (spans, span) => spans.byId(span.parent);
const tool = (call_id, tool_name = "bash") => ({ call_id, tool_name });

test("the golden run", () => {
  const spans = spansOf(goldenRun());
  assert.deepEqual(linesOf(spans), [
    "run coder",
    "  turn turn 1",
    "    model gpt-4o",
    "    tool calculator",
    "  turn turn 2",
    "    model gpt-4o",
  ]);
  const [run, turn, model, calculator] = spans.all;
  assert.deepEqual(
    [run.start, run.end, run.status, run.cost],
    [at(0), at(445), "completed", 0.00035],
  );
  assert.deepEqual(run.tokens, { prompt: 150, completion: 25, total: 175, cached: 0 });
  assert.deepEqual([turn.start, turn.end, turn.ttft_ms], [at(5), at(240), 50]);
  assert.deepEqual(turn.tokens, { prompt: 70, completion: 15, total: 85, cached: 0 });
  assert.deepEqual([model.ttft_ms, model.attempt, model.tokens.total], [50, 1, 85]);
  assert.deepEqual(
    [calculator.tool_name, calculator.start, calculator.end],
    ["calculator", at(225), at(240)],
  );
  assert.deepEqual(spans.roots, [run]);
});

test("each event of a run belongs to a span", () => {
  const spans = spansOf(goldenRun());
  const kinds = [
    [1, "run"],
    [2, "run"],
    [4, "turn"],
    [7, "model"],
    [9, "model"],
    [12, "tool"],
    [15, "model"],
    [16, "turn"],
    [18, "tool"],
    [20, "turn"],
    [33, "run"],
  ];
  for (const [seq, kind] of kinds) assert.equal(spans.spanOfSeq(seq).kind, kind, String(seq));
  assert.equal(spans.spanOfSeq(34), undefined);
});

test("totals are those of the ends of the runs", () => {
  const trace = goldenRun();
  goldenRun(trace.in({ run_id: "r2" }));
  const spans = spansOf(trace);
  assert.deepEqual(spans.totals(), {
    runs: 2,
    turns: 4,
    llm_calls: 4,
    tool_calls: 2,
    prompt: 300,
    completion: 50,
    total: 350,
    cached: 0,
    cost: 0.0007,
    unpriced: 0,
    duration_ms: 1000,
    model_ms: 840,
    tool_ms: 30,
    waiting_ms: 0,
    ttft_ms: 50,
  });
  assert.deepEqual(spans.runTotals("r2"), {
    runs: 1,
    turns: 2,
    llm_calls: 2,
    tool_calls: 1,
    prompt: 150,
    completion: 25,
    total: 175,
    cached: 0,
    cost: 0.00035,
    unpriced: 0,
    duration_ms: 500,
    model_ms: 420,
    tool_ms: 15,
    waiting_ms: 0,
    ttft_ms: 50,
  });
  assert.equal(spans.runTotals("nobody").runs, 0);
});

test("totals of an open run are what was seen so far", () => {
  const trace = goldenRun();
  trace.events.splice(24);
  const totals = spansOf(trace).totals();
  assert.deepEqual(
    [totals.total, totals.turns, totals.llm_calls, totals.tool_calls, totals.cost],
    [85, 2, 2, 1, null],
  );
  assert.equal(totals.duration_ms, 345);
});

test("costs do not drift and unpriced runs are counted", () => {
  const trace = new Trace();
  const usage = { prompt: 1, completion: 1, total: 2 };
  for (let i = 0; i < 1000; ++i) {
    trace.in({ run_id: `r${i}` }).add("run_started", {});
    trace.add("run_completed", {
      usage,
      cost: i < 900 ? 0.1 : undefined,
      duration_ms: 1,
      llm_calls: 1,
      tool_calls: 0,
    });
  }
  const totals = spansOf(trace).totals();
  assert.deepEqual([totals.cost, totals.unpriced, totals.runs], [90, 100, 1000]);
});

test("parallel calls overlap, their time counts once", () => {
  const trace = new Trace().add("run_started", {});
  trace.add("tool_call_started", tool("c1")).after(10).add("tool_call_started", tool("c2"));
  trace.after(10).add("tool_call_completed", { ...tool("c1"), success: true });
  trace.after(10).add("tool_call_completed", { ...tool("c2"), success: false });
  const spans = spansOf(trace);
  assert.deepEqual(
    spans.all.map((span) => [span.kind, span.start, span.end, span.status]),
    [
      ["run", at(0), null, "running"],
      ["tool", at(0), at(20), "completed"],
      ["tool", at(10), at(30), "failed"],
    ],
  );
  assert.equal(spans.totals().tool_ms, 30);
});

test("an approval lies below its tool, and its time is waiting", () => {
  const trace = new Trace().add("run_started", {});
  trace.add("tool_call_ready", tool("c1"));
  trace.after(5).add("approval_requested", { ...tool("c1"), approval_id: "a1" });
  const pending = only(spansOf(trace), "approval");
  assert.deepEqual([pending.status, pending.end], ["pending", null]);
  trace.after(100).add("approval_resolved", { approval_id: "a1", decision: "approved" });
  trace.add("tool_call_started", tool("c1"));
  trace.after(7).add("tool_call_completed", { ...tool("c1"), success: true });
  const spans = spansOf(trace);
  const approval = only(spans, "approval");
  assert.equal(parentOf(spans, approval), only(spans, "tool"));
  assert.deepEqual([approval.start, approval.end, approval.status], [at(5), at(105), "completed"]);
  assert.deepEqual([only(spans, "tool").start, only(spans, "tool").end], [at(0), at(112)]);
  const { waiting_ms, tool_ms, model_ms } = spans.totals();
  assert.deepEqual([waiting_ms, tool_ms, model_ms], [100, 7, 0]);
});

test("a denied approval ends its tool", () => {
  const trace = new Trace().add("approval_requested", { ...tool("c1"), approval_id: "a1" });
  trace.add("tool_call_denied", tool("c1"));
  const spans = spansOf(trace);
  assert.deepEqual(
    [only(spans, "tool").status, only(spans, "approval").status],
    ["failed", "failed"],
  );
});

test("a sub-agent lies below the call that it came from, and its time is its own", () => {
  const trace = new Trace().add("run_started", {}).add("tool_call_started", tool("c1", "task"));
  trace.add("subagent_started", { agent: "a", child_run_id: "child", call_id: "c1", input: "" });
  const child = (type, data = {}) =>
    trace.add(type, data, { run_id: "child", parent_run_id: "r1", agent: "a" });
  child("run_started");
  trace.after(10);
  child("model_started", { model: "m" });
  trace.after(20);
  child("model_completed", { usage: { total: 3 } });
  child("run_completed", {
    usage: { prompt: 2, completion: 1, total: 3 },
    duration_ms: 30,
    llm_calls: 1,
    tool_calls: 0,
  });
  trace.add("subagent_finished", { agent: "a", child_run_id: "child", outcome: "completed" });
  trace.add("tool_call_completed", { ...tool("c1", "task"), success: true });
  const spans = spansOf(trace);
  assert.deepEqual(linesOf(spans), ["run coder", "  tool task", "    run a", "      model m"]);
  const totals = spans.totals();
  assert.deepEqual([totals.model_ms, totals.tool_ms, totals.duration_ms], [20, 0, 30]);
  assert.equal(spans.runTotals("r1").tool_ms, 30);
  assert.equal(spans.runTotals("child").model_ms, 20);
});

test("attempts of a request are spans of their own", () => {
  const trace = new Trace().add("turn_started", { turn: 1 });
  trace.add("model_started", { model: "a", attempt: 1 });
  trace.add("tool_call_begin", tool("c1"));
  trace.after(5).add("model_failed", { error: "x", error_code: "network" });
  trace.add("model_started", { model: "b", attempt: 2 });
  trace.after(5).add("model_completed", { usage: {}, time_to_first_token_ms: 2 });
  const spans = spansOf(trace);
  const models = spans.all.filter((span) => span.kind === "model");
  assert.deepEqual(
    models.map((span) => [span.name, span.attempt, span.status]),
    [
      ["a", 1, "failed"],
      ["b", 2, "completed"],
    ],
  );
  assert.equal(only(spans, "tool").status, "cancelled");
  assert.equal(spans.totals().llm_calls, 2);
});

test("a background task is a root that outlives the run", () => {
  const trace = new Trace().add("run_started", {});
  trace.add("background_task_started", { task_id: "t", name: "watch", child_run_id: "child" });
  trace.add("run_completed", { usage: {}, duration_ms: 0 });
  trace.after(10).add("run_started", {}, { run_id: "child", parent_run_id: "r1" });
  trace.add("run_completed", { usage: {}, duration_ms: 0 }, { run_id: "child" });
  trace.add("background_task_finished", { task_id: "t", outcome: "failed" });
  const spans = spansOf(trace);
  assert.deepEqual(linesOf(spans), ["run coder", "background watch", "  run coder"]);
  assert.deepEqual(
    [only(spans, "background").status, only(spans, "background").end],
    ["failed", at(10)],
  );
});

test("workflows, steps and the runs in them", () => {
  const trace = new Trace({ run_id: undefined, workflow_id: "w1" });
  trace.add("workflow_started", { workflow: "build" });
  trace.add(
    "workflow_step_started",
    { workflow: "build", step: 0, step_name: "plan" },
    { span_id: "0a" },
  );
  trace.add("run_started", {}, { run_id: "r1", parent_span_id: "0a" });
  trace.after(5).add("run_completed", { usage: {}, duration_ms: 5 }, { run_id: "r1" });
  trace.add("workflow_step_completed", { workflow: "build", step: 0 });
  trace.add("workflow_step_started", { workflow: "build", step: 1 });
  trace.add("workflow_failed", { workflow: "build", error: "x" });
  const spans = spansOf(trace);
  assert.deepEqual(linesOf(spans), [
    "workflow build",
    "  step plan",
    "    run coder",
    "  step step 2",
  ]);
  assert.deepEqual(
    spans.all.map((span) => span.status),
    ["failed", "completed", "completed", "failed"],
  );
});

test("what is open ends with what is around it", () => {
  const trace = new Trace().add("run_started", {}).add("turn_started", { turn: 1 });
  trace.add("model_started", { model: "m" }).add("tool_call_started", tool("c1"));
  trace.add("approval_requested", { ...tool("c2"), approval_id: "a" });
  trace.after(9).add("run_cancelled", { usage: {}, reason: "x", duration_ms: 9 });
  for (const span of spansOf(trace).all) {
    assert.deepEqual([span.end, span.status], [at(9), "cancelled"], span.kind);
  }
});

test("a run that outlives the run around it goes on as a root", () => {
  const trace = new Trace().add("run_started", {});
  trace.add("run_started", {}, { run_id: "child", parent_run_id: "r1" });
  trace.add("run_completed", { usage: {}, duration_ms: 0 });
  trace.after(5).add("turn_started", { turn: 1 }, { run_id: "child" });
  trace.add("run_completed", { usage: { total: 5 }, duration_ms: 5 }, { run_id: "child" });
  const spans = spansOf(trace);
  assert.deepEqual(linesOf(spans), ["run coder", "  run coder", "run coder", "  turn turn 1"]);
  assert.deepEqual([spans.runTotals("child").total, spans.totals().runs], [5, 2]);
});

test("a restore ends everything", () => {
  const trace = goldenRun();
  trace.events.splice(17);
  trace.events.push({ seq: 18, type: "session_restored", ts: trace.events[16].ts, data: {} });
  trace.events.push({
    seq: 19,
    type: "run_started",
    ts: trace.events[16].ts,
    run_id: "r2",
    data: {},
  });
  const spans = spansOf(trace);
  assert.equal(spans.all.filter((span) => span.end === null).length, 1);
  assert.equal(spans.all[0].status, "failed");
});

test("time never runs backwards", () => {
  const trace = new Trace().after(100).add("run_started", {});
  trace.after(-50).add("turn_started", { turn: 1 });
  trace.add("run_completed", { usage: {}, duration_ms: 1 });
  trace.events[1].ts = "soon";
  const spans = spansOf(trace);
  assert.deepEqual(
    spans.all.map((span) => [span.start, span.end]),
    [
      [at(100), at(100)],
      [at(100), at(100)],
    ],
  );
});

test("the version changes with what is shown", () => {
  const session = feed(new Session("s1"), goldenRun().events.slice(0, 9));
  const before = session.spans.version;
  feed(session, goldenRun().events.slice(9, 10));
  assert.notEqual(session.spans.version, before);
});
