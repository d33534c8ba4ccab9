// What the spans sum up to: tokens, cost, calls, and where the time went.

import { strict as assert } from "node:assert";
import { test } from "node:test";

import { at, goldenRun, Trace } from "./model_events.mjs";
import { spansOf, linesOf, only, parentOf, tool } from "./model_spans_of.mjs";

test("totals are those of the ends of the runs, time is that of the spans", () => {
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
    open: 0,
    duration_ms: 890,
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
    open: 0,
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

test("what goes on at the same time takes its time once, and pauses take none", () => {
  const trace = new Trace().add("run_started", {});
  trace.add("background_task_started", { task_id: "t", name: "watch", child_run_id: "child" });
  const child = { run_id: "child", parent_run_id: "r1", depth: 1 };
  trace.after(10).add("run_started", {}, child);
  trace.after(20).add("run_completed", { usage: {}, duration_ms: 30 });
  trace.after(40).add("run_completed", { usage: {}, duration_ms: 60 }, child);
  trace.add("background_task_finished", { task_id: "t", outcome: "completed" });
  assert.equal(spansOf(trace).totals().duration_ms, 70);
  trace.after(1000).add("run_started", {}, { run_id: "r2" });
  trace.after(5).add("turn_started", { turn: 1 }, { run_id: "r2" });
  assert.equal(spansOf(trace).totals().duration_ms, 75);
});

test("the time of a workflow is that from its start to its end", () => {
  const trace = new Trace({ run_id: undefined, workflow_id: "w1" });
  trace.add("workflow_started", { workflow: "build" });
  for (const step of [0, 1]) {
    const spans = { span_id: `0${step}` };
    trace.add("workflow_step_started", { workflow: "build", step }, spans);
    trace.add("run_started", {}, { run_id: `r${step}`, parent_span_id: `0${step}` });
  }
  trace.after(30);
  for (const step of [0, 1]) {
    const end = { usage: {}, duration_ms: 30 };
    trace.add("run_completed", end, { run_id: `r${step}` });
    trace.add("workflow_step_completed", { workflow: "build", step });
  }
  trace.after(7).add("workflow_completed", { workflow: "build" });
  assert.equal(spansOf(trace).totals().duration_ms, 37);
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
