// The transcript: approvals, sub-agents, workflows, and what happens once.

import { strict as assert } from "node:assert";
import { test } from "node:test";

import { at, nestedWork, Trace } from "./model_events.mjs";
import { told, linesOf, only, all, begun, ended, called } from "./model_runs.mjs";

test("an approval waits, is decided and the call goes on or does not", () => {
  const trace = begun();
  const ask = (id) =>
    trace.add("approval_requested", {
      approval_id: `a${id}`,
      call_id: `c${id}`,
      tool_name: "bash",
      arguments: { rm: "x" },
      reason: "danger",
      expires_at: "2026-11-20T15:04:06Z",
    });
  ask(1);
  const waiting = only(told(trace), "tool");
  assert.deepEqual([waiting.state, waiting.status], ["waiting", "pending"]);
  assert.deepEqual(waiting.approval, {
    approval_id: "a1",
    reason: "danger",
    arguments: { rm: "x" },
    expires_at: at(1000),
    state: "pending",
    by: "",
    note: "",
  });
  trace.add("approval_resolved", {
    approval_id: "a1",
    call_id: "c1",
    decision: "approved",
    by: "me",
  });
  called("c1", "bash", trace);
  ask(2).add("approval_resolved", { approval_id: "a2", decision: "denied", reason: "no" });
  trace.add("tool_call_denied", {
    call_id: "c2",
    tool_name: "bash",
    error_code: "E_CONFIRMED_DENY",
    reason: "no",
  });
  ask(3).add("tool_call_cancelled", { call_id: "c3", tool_name: "bash", reason: "stop" });
  const [approved, denied, cancelled] = all(told(trace), "tool");
  assert.deepEqual(
    [approved.state, approved.approval.state, approved.approval.by],
    ["running", "approved", "me"],
  );
  assert.deepEqual(
    [denied.state, denied.approval.state, denied.approval.note, denied.error_code],
    ["denied", "denied", "no", "E_CONFIRMED_DENY"],
  );
  assert.deepEqual(
    [cancelled.state, cancelled.approval.state, cancelled.reason],
    ["cancelled", "cancelled", "stop"],
  );
});

test("sub-agents stand behind their block, parallel ones each together", () => {
  const trace = begun();
  for (const id of [1, 2]) {
    called(`c${id}`, "task", trace).add("subagent_started", {
      agent: `a${id}`,
      input: "do",
      child_run_id: `child${id}`,
      call_id: `c${id}`,
    });
  }
  const child = (id, type, data) =>
    trace.add(type, data, {
      run_id: `child${id}`,
      depth: 1,
      parent_run_id: "r1",
      agent: `a${id}`,
      turn: undefined,
    });
  child(1, "run_started", {});
  child(2, "run_started", {});
  child(1, "token_delta", { text: "one", message_id: "x" });
  child(2, "token_delta", { text: "two", message_id: "x" });
  child(1, "run_completed", {});
  trace.add("subagent_finished", {
    agent: "a1",
    child_run_id: "child1",
    outcome: "failed",
    output: "o",
  });
  const transcript = told(trace);
  assert.deepEqual(linesOf(transcript), [
    "run",
    "turn",
    "tool",
    "subagent",
    "  run",
    "  text",
    "  run_end",
    "tool",
    "subagent",
    "  run",
    "  text",
  ]);
  assert.deepEqual(
    all(transcript, "text").map((block) => block.content),
    ["one", "two"],
  );
  const [first, second] = all(transcript, "subagent");
  assert.deepEqual(
    [first.state, first.outcome, first.output, second.state],
    ["failed", "failed", "o", "running"],
  );
  const heads = all(transcript, "run");
  assert.deepEqual(
    heads.map((run) => run.child),
    [false, true, true],
  );
});

test("a background task goes on behind the block that started it", () => {
  const trace = begun().add("background_task_started", {
    task_id: "t1",
    name: "watch",
    child_run_id: "child",
  });
  ended(trace);
  trace.in({ run_id: "child" }).add("run_started", {}).add("run_completed", {});
  trace.in({ run_id: undefined });
  trace.add("background_task_cancelled", {
    task_id: "t1",
    name: "watch",
    child_run_id: "child",
    reason: "enough",
  });
  const transcript = told(trace);
  assert.deepEqual(linesOf(transcript), [
    "run",
    "turn",
    "background",
    "  run",
    "  run_end",
    "run_end",
  ]);
  const task = only(transcript, "background");
  assert.deepEqual([task.state, task.outcome, task.reason], ["cancelled", "cancelled", "enough"]);
});

test("a detached task is over when its run is", () => {
  const trace = begun().add("background_task_started", {
    task_id: "t1",
    name: "watch",
    child_run_id: "child",
  });
  trace.in({ run_id: "child" }).add("run_started", {});
  trace.in({ run_id: "r1" });
  trace.add("background_task_finished", {
    task_id: "t1",
    name: "watch",
    child_run_id: "child",
    outcome: "detached",
  });
  ended(trace);
  const before = only(told(trace), "background");
  assert.deepEqual([before.state, before.outcome], ["running", "detached"]);
  trace.in({ run_id: "child" }).add("run_failed", { error: "no" });
  const after = only(told(trace), "background");
  assert.deepEqual([after.state, after.outcome], ["failed", "failed"]);
});

test("workflows hold their steps and the runs of those", () => {
  const trace = new Trace({ run_id: undefined, workflow_id: "w1" });
  trace.add("workflow_started", { workflow: "build", input: 1 }, { span_id: "01" });
  const step = (type, number, more) =>
    trace.add(
      type,
      { workflow: "build", step: number, step_name: `s${number}`, ...more },
      { span_id: `1${number}`, parent_span_id: "01" },
    );
  step("workflow_step_started", 0, { step_type: "agent", input: "go" });
  step("workflow_step_started", 1, { step_type: "transform" });
  trace.add("run_started", {}, { run_id: "r1", parent_span_id: "10" });
  step("workflow_step_progress", 1, { message: "half" });
  step("workflow_step_completed", 0, { output: { x: 1 }, duration_ms: 5 });
  step("workflow_step_failed", 1, { error: "no", error_code: "E_TIMEOUT", duration_ms: 6 });
  trace.add("workflow_cancelled", { workflow: "build", reason: "enough", duration_ms: 7 });
  const transcript = told(trace);
  assert.deepEqual(linesOf(transcript), ["workflow", "  step", "    run", "  step"]);
  const [first, second] = all(transcript, "step");
  assert.deepEqual(
    [first.state, first.output, first.step_type, first.input, first.duration_ms],
    ["completed", { x: 1 }, "agent", "go", 5],
  );
  assert.deepEqual(
    [second.state, second.error, second.error_code, second.message],
    ["failed", "no", "E_TIMEOUT", "half"],
  );
  const workflow = only(transcript, "workflow");
  assert.deepEqual(
    [workflow.state, workflow.reason, workflow.duration_ms],
    ["cancelled", "enough", 7],
  );
});

test("steps and workflows are nested as their spans are", () => {
  const transcript = told(nestedWork());
  assert.deepEqual(linesOf(transcript), [
    "workflow",
    "  step",
    "    step",
    "      workflow",
    "        step",
    "          run",
    "          run_end",
    "  step",
  ]);
  const names = all(transcript, "step").map((block) => block.step_name);
  assert.deepEqual(names, ["gate", "announce", "draft", "close"]);
});

test("a step whose beginning was missed is added where it belongs", () => {
  const trace = nestedWork();
  trace.events.splice(2, 1); // of announce
  assert.deepEqual(linesOf(told(trace)).filter((line) => !/gap|run/.test(line)), [
    "workflow",
    "  step",
    "    step",
    "  workflow",
    "    step",
    "  step",
  ]);
});

test("what happens once is a notice, an activity or an error", () => {
  const topics = new Map([
    [
      "notice",
      [
        ["doom_loop_detected", "doom_loop"],
        ["budget_exceeded", "budget"],
        ["guardrail_triggered", "guardrail"],
        ["compaction", "compaction"],
        ["compaction_failed", "compaction"],
        ["compaction_circuit_opened", "compaction"],
        ["memory_written", "memory"],
        ["system_notice", "system"],
        ["session_created", "session"],
        ["session_closed", "session"],
        ["workspace_updated", "workspace"],
      ],
    ],
    [
      "activity",
      [
        ["file_created", "file"],
        ["file_modified", "file"],
        ["file_deleted", "file"],
        ["file_tree_update", "file"],
        ["scaffold_complete", "deploy"],
        ["preview_update", "deploy"],
        ["preview_ready", "deploy"],
        ["deployment_ready", "deploy"],
        ["server_starting", "deploy"],
        ["server_ready", "deploy"],
        ["server_stopped", "deploy"],
        ["screenshot_taken", "deploy"],
        ["custom", "custom"],
        ["brand_new", "other"],
      ],
    ],
  ]);
  for (const [kind, types] of topics) {
    for (const [type, topic] of types) {
      const block = only(told(new Trace().add(type, {})), kind);
      assert.equal(block.topic, topic, type);
      assert.equal(typeof block.title, "string");
      assert.equal(typeof block.detail, "string");
      assert.deepEqual([...block.types], [type]);
    }
  }
  const file = only(told(new Trace().add("file_created", { path: "a", line_count: 1 })), "activity");
  assert.match(file.detail, /^1 line,/);
  const unknown = only(told(new Trace().add("brand_new", { a: [1] })), "activity");
  assert.deepEqual([unknown.title, unknown.detail], ["brand_new", '{"a":[1]}']);
  const error = only(
    told(new Trace().add("error", { error: "e", error_code: "network" })),
    "error",
  );
  assert.deepEqual([error.error, error.error_code, error.status], ["e", "network", "failed"]);
  only(told(new Trace().add("agent_error", { error: "e" })), "error");
});

test("a plan that changes within a turn stays one block", () => {
  const trace = begun().add("plan_updated", { items: [{ title: "a", status: "pending" }] });
  trace.add("plan_updated", { items: [{ title: "a", status: "done" }, 7] });
  const plan = only(told(trace), "plan");
  assert.deepEqual(plan.items, [
    { title: "a", status: "done" },
    { title: "", status: "" },
  ]);
  trace.in({ turn: 2 }).add("plan_updated", { items: [] });
  assert.equal(all(told(trace), "plan").length, 2);
});

test("a summary names its agents", () => {
  const agents = [{ agent: "a", run_id: "r", outcome: "failed", usage: { total: 3 } }, null];
  const summary = only(
    told(begun().add("execution_summary", { agents, duration_ms: 5 })),
    "summary",
  );
  assert.equal(summary.agents[0].outcome, "failed");
  assert.equal(summary.agents[0].usage.total, 3);
  assert.equal(summary.duration_ms, 5);
});
