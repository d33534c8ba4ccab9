// The spans: what lies in what, when it begins and ends.

import { strict as assert } from "node:assert";
import { test } from "node:test";

import { Session } from "../../../src/server/viewer/model/session.js";
import { at, feed, goldenRun, nestedWork, Trace } from "./model_events.mjs";
import { spansOf, linesOf, only, tool } from "./model_spans_of.mjs";

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

test("a tool is at work from its call to its end, its arguments are written before", () => {
  const trace = new Trace().add("tool_call_begin", tool("c1")).after(700);
  trace.add("tool_call_ready", tool("c1"));
  const written = only(spansOf(trace), "tool");
  assert.deepEqual([written.start, written.called], [at(0), null]);
  trace.after(60).add("tool_call_started", tool("c1")).after(9);
  const working = only(spansOf(trace), "tool");
  assert.deepEqual([working.called, working.duration_ms], [at(760), null]);
  trace.add("tool_call_completed", { ...tool("c1"), success: true, duration_ms: 8 });
  const ended = only(spansOf(trace), "tool");
  assert.deepEqual(
    [ended.start, ended.called, ended.end, ended.duration_ms],
    [at(0), at(760), at(769), 8],
  );
});

test("a tool that completes was called, one that is denied or cancelled before was not", () => {
  const calledOf = (type, data) => {
    const trace = new Trace().add("tool_call_begin", tool("c1")).after(20);
    trace.add(type, { ...tool("c1"), ...data });
    const span = only(spansOf(trace), "tool");
    return [span.called, span.duration_ms];
  };
  const success = true;
  assert.deepEqual(calledOf("tool_call_completed", { success }), [at(0), null]);
  assert.deepEqual(calledOf("tool_call_completed", { success, duration_ms: 5 }), [at(15), 5]);
  assert.deepEqual(calledOf("tool_call_completed", { success, duration_ms: 99 }), [at(0), 99]);
  assert.deepEqual(calledOf("tool_call_denied", {}), [null, null]);
  assert.deepEqual(calledOf("tool_call_cancelled", { duration_ms: 0 }), [null, null]);
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

test("steps and workflows lie in the step that their span names", () => {
  const spans = spansOf(nestedWork());
  assert.deepEqual(linesOf(spans), [
    "workflow release",
    "  step gate",
    "    step announce",
    "      workflow news",
    "        step draft",
    "          run coder",
    "  step close",
  ]);
  for (const span of spans.all) assert.equal(span.status, "completed", span.name);
});

test("without spans a workflow lies in the one around it, a step in its workflow", () => {
  const trace = nestedWork();
  for (const event of trace.events) {
    delete event.span_id;
    delete event.parent_span_id;
  }
  assert.deepEqual(linesOf(spansOf(trace)), [
    "workflow release",
    "  step gate",
    "  step announce",
    "  workflow news",
    "    step draft",
    "    run coder",
    "  step close",
  ]);
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
