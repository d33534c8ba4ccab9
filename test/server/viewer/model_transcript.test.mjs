// The transcript: every kind of block, nesting, discarded text, gaps and restored sessions.

import { strict as assert } from "node:assert";
import { test } from "node:test";

import { Session } from "../../../src/server/viewer/model/session.js";
import { at, feed, goldenRun, Trace } from "./model_events.mjs";

const told = (trace) => feed(new Session("s1"), trace.events).transcript;
const linesOf = ({ items }) => items.map((block) => `${"  ".repeat(block.depth)}${block.kind}`);
const only = (transcript, kind) => {
  const blocks = transcript.items.filter((block) => block.kind === kind);
  assert.equal(blocks.length, 1, `${blocks.length} ${kind}`);
  return blocks[0];
};
const all = ({ items }, kind) => items.filter((block) => block.kind === kind);

/// A run whose first turn has begun.
function begun(trace = new Trace()) {
  trace.add("run_started", { provider: "p", model: "m", max_rounds: 9, tools: [] });
  return trace.in({ turn: 1 }).add("turn_started", { turn: 1, max_turns: 9 });
}

function asked(trace = begun(), attempt = 1) {
  return trace.add("model_started", { provider: "p", model: "m", iteration: 1, attempt });
}

function ended(trace, type = "run_completed", data = {}) {
  const usage = { prompt: 1, completion: 2, total: 3 };
  trace.add("turn_ended", { turn: 1, stop_reason: "stop", usage, duration_ms: 1 });
  return trace.in({ turn: undefined }).add(type, { iterations: 1, usage, llm_calls: 1, tool_calls: 0,
    duration_ms: 1, ...data });
}

function called(call_id, tool_name = "bash", trace = begun()) {
  return trace.add("tool_call_started", { call_id, tool_name, arguments: { x: 1 } });
}

test("a run from its head to its end", () => {
  const transcript = told(goldenRun());
  assert.deepEqual(linesOf(transcript),
    ["run", "user", "turn", "text", "tool", "turn", "text", "run_end"]);
  const [run, user, turn, text, tool, , answer, end] = transcript.items;
  assert.deepEqual([run.state, run.model, run.provider, run.title, run.child, run.parent_run_id],
    ["completed", "gpt-4o", "scripted", "coder", false, ""]);
  assert.deepEqual([user.content, user.role, user.message_id], ["Calculate 2+2", "user", "m1"]);
  assert.deepEqual([turn.turn, turn.max_turns, turn.ended, turn.stop_reason, turn.ttft_ms],
    [1, 50, true, "tool_calls", 50]);
  assert.deepEqual(turn.usage, { prompt: 70, completion: 15, total: 85 });
  assert.deepEqual([text.content, text.finished, text.incomplete, text.discarded],
    ["I'll use the calculator", true, false, null]);
  assert.deepEqual([tool.state, tool.status, tool.result, tool.duration_ms, tool.started],
    ["completed", "completed", "4", 15, at(225)]);
  assert.deepEqual(tool.arguments, { expr: "2+2" });
  assert.equal(answer.content, "The answer is 4");
  assert.deepEqual([end.state, end.finish_reason, end.cost, end.llm_calls, end.tool_calls],
    ["completed", "stop", 0.00035, 2, 1]);
  for (const block of transcript.items) assert.equal(typeof block.end, "number", block.kind);
});

test("each event belongs to a block", () => {
  const transcript = told(goldenRun());
  const kinds = [[1, "run"], [2, "user"], [3, "user"], [4, "turn"], [5, "turn"], [7, "turn"],
    [9, "text"], [12, "tool"], [16, "text"], [18, "tool"], [19, "tool"], [20, "turn"], [33, "run_end"]];
  for (const [seq, kind] of kinds) assert.equal(transcript.blockOfSeq(seq).kind, kind, String(seq));
  assert.equal(transcript.blockOfSeq(99).kind, "run_end");
  assert.equal(transcript.blockOfSeq(0), undefined);
});

test("reasoning, text and a structured answer are told apart", () => {
  const trace = asked();
  trace.add("reasoning_delta", { text: "hm", message_id: "m2" });
  trace.add("token_delta", { text: "a", message_id: "m2" });
  trace.add("assistant_delta", { text: "b", message_id: "m2" });
  trace.add("reasoning_delta", { text: "!", message_id: "m2" });
  trace.add("structured_delta", { text: "{}", message_id: "m3" });
  const transcript = told(trace);
  assert.equal(only(transcript, "reasoning").content, "hm!");
  assert.equal(only(transcript, "text").content, "ab");
  assert.equal(only(transcript, "structured").content, "{}");
  assert.equal(only(transcript, "text").finished, false);
});

test("discarded text stays, what replaces it is a block of its own", () => {
  const trace = asked();
  trace.add("token_delta", { text: "wro", message_id: "m2" });
  trace.add("tool_call_begin", { call_id: "c1", tool_name: "bash", index: 0 });
  trace.add("model_failed", { error: "cut", error_code: "network", http_status: 502 });
  trace.add("message_discarded", { message_id: "m2", attempt: 1, reason: "cut" });
  trace.add("retry", { attempt: 2, max_attempts: 3, delay_ms: 5, reason: "cut", provider: "p",
    error_code: "network", fallback_to: "other" });
  asked(trace, 2).add("token_delta", { text: "right", message_id: "m2" });
  trace.add("model_completed", { content: "right", usage: {} });
  const transcript = told(trace);
  assert.deepEqual(linesOf(transcript),
    ["run", "turn", "text", "tool", "model_error", "retry", "text"]);
  const [wrong, right] = all(transcript, "text");
  assert.deepEqual(wrong.discarded, { attempt: 1, reason: "cut" });
  assert.deepEqual([wrong.content, wrong.status], ["wro", "cancelled"]);
  assert.deepEqual([right.content, right.discarded, right.incomplete], ["right", null, false]);
  assert.equal(only(transcript, "tool").state, "cancelled");
  const failure = only(transcript, "model_error");
  assert.deepEqual([failure.error, failure.error_code, failure.http_status], ["cut", "network", 502]);
  const retry = only(transcript, "retry");
  assert.deepEqual([retry.attempt, retry.max_attempts, retry.delay_ms, retry.fallback_to],
    [2, 3, 5, "other"]);
  assert.equal(only(transcript, "turn").attempts, 2);
});

test("an answer that was replaced after it was complete", () => {
  const trace = asked().add("token_delta", { text: "secret", message_id: "m2" });
  trace.add("model_completed", { content: "secret", usage: {} });
  trace.add("message_discarded", { message_id: "m2", attempt: 1, reason: "guardrail" });
  trace.add("message_committed", { message: { id: "m2", role: "assistant", content: "***" } });
  trace.add("assistant_message", { message_id: "m2", content: "***", refusal: "I may not" });
  const [shown, said] = all(told(trace), "text");
  assert.deepEqual([shown.content, shown.discarded.reason], ["secret", "guardrail"]);
  assert.deepEqual([said.content, said.refusal], ["***", "I may not"]);
});

test("a request without deltas has its text from its end", () => {
  const trace = asked().add("model_completed", { content: "all", reasoning: "why", usage: {},
    tool_calls: [{ call_id: "c1", tool_name: "bash", arguments: 1 }] });
  trace.add("message_committed", { message: { id: "m2", role: "assistant", content: "all" } });
  const transcript = told(trace);
  assert.deepEqual(linesOf(transcript), ["run", "turn", "reasoning", "text", "tool"]);
  assert.deepEqual([only(transcript, "text").content, only(transcript, "text").message_id],
    ["all", "m2"]);
  assert.equal(only(transcript, "tool").state, "ready");
});

test("parallel calls are one block each, with their own output", () => {
  const trace = asked();
  for (const call_id of ["c1", "c2"]) {
    trace.add("tool_call_begin", { call_id, tool_name: "bash", index: 0 });
    trace.add("tool_call_delta", { call_id, delta: `{"id":` });
  }
  let transcript = told(trace);
  assert.deepEqual(all(transcript, "tool").map((tool) => tool.arguments_text), ['{"id":', '{"id":']);
  for (const call_id of ["c2", "c1"]) called(call_id, "bash", trace);
  for (const call_id of ["c1", "c2", "c1"]) {
    trace.add("tool_output", { call_id, tool_name: "bash", stream: "stdout", text: call_id });
  }
  trace.add("tool_output", { call_id: "c1", stream: "stderr", text: "!" });
  trace.add("tool_output", { call_id: "c1", stream: "progress", text: "half", progress: 0.5 });
  trace.add("tool_call_completed", { call_id: "c2", success: false, output: "", error: "no",
    error_code: "E_TIMEOUT", duration_ms: 3, files_changed: ["a"], diffs: [{ path: "a", diff: "+" }] });
  transcript = told(trace);
  const [first, second] = all(transcript, "tool");
  assert.deepEqual(first.outputs, [{ stream: "stdout", text: "c1c1" }, { stream: "stderr", text: "!" }]);
  assert.deepEqual([first.stdout, first.stderr, first.state], ["c1c1", "!", "running"]);
  assert.deepEqual(first.progress, { value: 0.5, message: "half" });
  assert.deepEqual([second.state, second.error, second.error_code, second.files_changed],
    ["failed", "no", "E_TIMEOUT", ["a"]]);
  assert.deepEqual(second.diffs, [{ path: "a", diff: "+" }]);
});

test("commands and cells", () => {
  const trace = called("c1");
  trace.add("bash_started", { call_id: "c1", command: "ls", cwd: "/w" });
  trace.add("bash_executed", { call_id: "c1", command: "ls", cwd: "/w", exit_code: 2, stdout: "out",
    stderr: "err", duration_ms: 1, success: false, truncated: true });
  called("c2", "cell", trace).add("cell_executed", { call_id: "c2", code: "1+1", output: "2",
    success: true, duration_ms: 1 });
  const [bash, cell] = all(told(trace), "tool");
  assert.deepEqual(bash.bash, { command: "ls", cwd: "/w", exit_code: 2, truncated: true });
  assert.deepEqual([bash.stdout, bash.stderr], ["out", "err"]);
  assert.deepEqual([cell.cell, cell.stdout], [{ code: "1+1", success: true }, "2"]);
});

test("an approval waits, is decided and the call goes on or does not", () => {
  const trace = begun();
  const ask = (id) => trace.add("approval_requested", { approval_id: `a${id}`, call_id: `c${id}`,
    tool_name: "bash", arguments: { rm: "x" }, reason: "danger", expires_at: "2026-11-20T15:04:06Z" });
  ask(1);
  const waiting = only(told(trace), "tool");
  assert.deepEqual([waiting.state, waiting.status], ["waiting", "pending"]);
  assert.deepEqual(waiting.approval, { approval_id: "a1", reason: "danger", arguments: { rm: "x" },
    expires_at: at(1000), state: "pending", by: "", note: "" });
  trace.add("approval_resolved", { approval_id: "a1", call_id: "c1", decision: "approved", by: "me" });
  called("c1", "bash", trace);
  ask(2).add("approval_resolved", { approval_id: "a2", decision: "denied", reason: "no" });
  trace.add("tool_call_denied", { call_id: "c2", tool_name: "bash", error_code: "E_CONFIRMED_DENY",
    reason: "no" });
  ask(3).add("tool_call_cancelled", { call_id: "c3", tool_name: "bash", reason: "stop" });
  const [approved, denied, cancelled] = all(told(trace), "tool");
  assert.deepEqual([approved.state, approved.approval.state, approved.approval.by],
    ["running", "approved", "me"]);
  assert.deepEqual([denied.state, denied.approval.state, denied.approval.note, denied.error_code],
    ["denied", "denied", "no", "E_CONFIRMED_DENY"]);
  assert.deepEqual([cancelled.state, cancelled.approval.state, cancelled.reason],
    ["cancelled", "cancelled", "stop"]);
});

test("sub-agents stand behind their block, parallel ones each together", () => {
  const trace = begun();
  for (const id of [1, 2]) {
    called(`c${id}`, "task", trace).add("subagent_started", { agent: `a${id}`, input: "do",
      child_run_id: `child${id}`, call_id: `c${id}` });
  }
  const child = (id, type, data) => trace.add(type, data, { run_id: `child${id}`, depth: 1,
    parent_run_id: "r1", agent: `a${id}`, turn: undefined });
  child(1, "run_started", {});
  child(2, "run_started", {});
  child(1, "token_delta", { text: "one", message_id: "x" });
  child(2, "token_delta", { text: "two", message_id: "x" });
  child(1, "run_completed", {});
  trace.add("subagent_finished", { agent: "a1", child_run_id: "child1", outcome: "failed", output: "o" });
  const transcript = told(trace);
  assert.deepEqual(linesOf(transcript), ["run", "turn", "tool", "subagent", "  run", "  text",
    "  run_end", "tool", "subagent", "  run", "  text"]);
  assert.deepEqual(all(transcript, "text").map((block) => block.content), ["one", "two"]);
  const [first, second] = all(transcript, "subagent");
  assert.deepEqual([first.state, first.outcome, first.output, second.state],
    ["failed", "failed", "o", "running"]);
  const heads = all(transcript, "run");
  assert.deepEqual(heads.map((run) => run.child), [false, true, true]);
});

test("a background task goes on behind the block that started it", () => {
  const trace = begun().add("background_task_started", { task_id: "t1", name: "watch",
    child_run_id: "child" });
  ended(trace);
  trace.in({ run_id: "child" }).add("run_started", {}).add("run_completed", {});
  trace.in({ run_id: undefined });
  trace.add("background_task_cancelled", { task_id: "t1", name: "watch", child_run_id: "child",
    reason: "enough" });
  const transcript = told(trace);
  assert.deepEqual(linesOf(transcript),
    ["run", "turn", "background", "  run", "  run_end", "run_end"]);
  const task = only(transcript, "background");
  assert.deepEqual([task.state, task.outcome, task.reason], ["cancelled", "cancelled", "enough"]);
});

test("workflows hold their steps and the runs of those", () => {
  const trace = new Trace({ run_id: undefined, workflow_id: "w1" });
  trace.add("workflow_started", { workflow: "build", input: 1 }, { span_id: "01" });
  const step = (type, number, more) => trace.add(type, { workflow: "build", step: number,
    step_name: `s${number}`, ...more }, { span_id: `1${number}`, parent_span_id: "01" });
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
  assert.deepEqual([first.state, first.output, first.step_type, first.input, first.duration_ms],
    ["completed", { x: 1 }, "agent", "go", 5]);
  assert.deepEqual([second.state, second.error, second.error_code, second.message],
    ["failed", "no", "E_TIMEOUT", "half"]);
  const workflow = only(transcript, "workflow");
  assert.deepEqual([workflow.state, workflow.reason, workflow.duration_ms], ["cancelled", "enough", 7]);
});

test("what happens once is a notice, an activity or an error", () => {
  const topics = new Map([
    ["notice", [["doom_loop_detected", "doom_loop"], ["budget_exceeded", "budget"],
      ["guardrail_triggered", "guardrail"], ["compaction", "compaction"],
      ["compaction_failed", "compaction"], ["compaction_circuit_opened", "compaction"],
      ["memory_written", "memory"], ["system_notice", "system"], ["session_created", "session"],
      ["session_closed", "session"], ["workspace_updated", "workspace"]]],
    ["activity", [["file_created", "file"], ["file_modified", "file"], ["file_deleted", "file"],
      ["file_tree_update", "file"], ["scaffold_complete", "deploy"], ["preview_update", "deploy"],
      ["preview_ready", "deploy"], ["deployment_ready", "deploy"], ["server_starting", "deploy"],
      ["server_ready", "deploy"], ["server_stopped", "deploy"], ["screenshot_taken", "deploy"],
      ["custom", "custom"], ["brand_new", "other"]]],
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
  const unknown = only(told(new Trace().add("brand_new", { a: [1] })), "activity");
  assert.deepEqual([unknown.title, unknown.detail], ["brand_new", '{"a":[1]}']);
  const error = only(told(new Trace().add("error", { error: "e", error_code: "network" })), "error");
  assert.deepEqual([error.error, error.error_code, error.status], ["e", "network", "failed"]);
  only(told(new Trace().add("agent_error", { error: "e" })), "error");
});

test("a plan that changes within a turn stays one block", () => {
  const trace = begun().add("plan_updated", { items: [{ title: "a", status: "pending" }] });
  trace.add("plan_updated", { items: [{ title: "a", status: "done" }, 7] });
  const plan = only(told(trace), "plan");
  assert.deepEqual(plan.items, [{ title: "a", status: "done" }, { title: "", status: "" }]);
  trace.in({ turn: 2 }).add("plan_updated", { items: [] });
  assert.equal(all(told(trace), "plan").length, 2);
});

test("a summary names its agents", () => {
  const agents = [{ agent: "a", run_id: "r", outcome: "failed", usage: { total: 3 } }, null];
  const summary = only(told(begun().add("execution_summary", { agents, duration_ms: 5 })), "summary");
  assert.equal(summary.agents[0].outcome, "failed");
  assert.equal(summary.agents[0].usage.total, 3);
  assert.equal(summary.duration_ms, 5);
});

test("ends of runs say why", () => {
  const failed = told(ended(begun(), "run_failed", { error: "no", error_code: "network" }));
  const end = only(failed, "run_end");
  assert.deepEqual([end.state, end.error, end.error_code, end.status],
    ["failed", "no", "network", "failed"]);
  assert.equal(only(failed, "run").state, "failed");
  const cancelled = told(ended(begun(), "run_cancelled", { reason: "enough" }));
  assert.deepEqual([only(cancelled, "run_end").reason, only(cancelled, "run").state],
    ["enough", "cancelled"]);
});

test("the end of a run ends what is open in it", () => {
  const trace = called("c1", "bash", asked());
  trace.add("token_delta", { text: "x", message_id: "m" });
  trace.add("run_failed", { error: "no", error_code: "network" });
  for (const block of told(trace).items) assert.equal(typeof block.end, "number", block.kind);
});
