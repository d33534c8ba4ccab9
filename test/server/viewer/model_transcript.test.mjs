// The transcript of a run: texts, calls and ends.

import { strict as assert } from "node:assert";
import { test } from "node:test";

import { at, goldenRun } from "./model_events.mjs";
import { told, linesOf, only, all, begun, asked, ended, called } from "./model_runs.mjs";

test("a run from its head to its end", () => {
  const transcript = told(goldenRun());
  assert.deepEqual(linesOf(transcript), [
    "run",
    "user",
    "turn",
    "text",
    "tool",
    "turn",
    "text",
    "run_end",
  ]);
  const [run, user, turn, text, tool, , answer, end] = transcript.items;
  assert.deepEqual(
    [run.state, run.model, run.provider, run.title, run.child, run.parent_run_id],
    ["completed", "gpt-4o", "scripted", "coder", false, ""],
  );
  assert.deepEqual([user.content, user.role, user.message_id], ["Calculate 2+2", "user", "m1"]);
  assert.deepEqual(
    [turn.turn, turn.max_turns, turn.ended, turn.stop_reason, turn.ttft_ms],
    [1, 50, true, "tool_calls", 50],
  );
  assert.deepEqual(turn.usage, { prompt: 70, completion: 15, total: 85 });
  assert.deepEqual(
    [text.content, text.finished, text.incomplete, text.discarded],
    ["I'll use the calculator", true, false, null],
  );
  assert.deepEqual(
    [tool.state, tool.status, tool.result, tool.duration_ms, tool.started],
    ["completed", "completed", "4", 15, at(225)],
  );
  assert.deepEqual(tool.arguments, { expr: "2+2" });
  assert.equal(answer.content, "The answer is 4");
  assert.deepEqual(
    [end.state, end.finish_reason, end.cost, end.llm_calls, end.tool_calls],
    ["completed", "stop", 0.00035, 2, 1],
  );
  for (const block of transcript.items) assert.equal(typeof block.end, "number", block.kind);
});

test("each event belongs to a block", () => {
  const transcript = told(goldenRun());
  const kinds = [
    [1, "run"],
    [2, "user"],
    [3, "user"],
    [4, "turn"],
    [5, "turn"],
    [7, "turn"],
    [9, "text"],
    [12, "tool"],
    [16, "text"],
    [18, "tool"],
    [19, "tool"],
    [20, "turn"],
    [33, "run_end"],
  ];
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
  trace.add("retry", {
    attempt: 2,
    max_attempts: 3,
    delay_ms: 5,
    reason: "cut",
    provider: "p",
    error_code: "network",
    fallback_to: "other",
  });
  asked(trace, 2).add("token_delta", { text: "right", message_id: "m2" });
  trace.add("model_completed", { content: "right", usage: {} });
  const transcript = told(trace);
  assert.deepEqual(linesOf(transcript), [
    "run",
    "turn",
    "text",
    "tool",
    "model_error",
    "retry",
    "text",
  ]);
  const [wrong, right] = all(transcript, "text");
  assert.deepEqual(wrong.discarded, { attempt: 1, reason: "cut" });
  assert.deepEqual([wrong.content, wrong.status], ["wro", "cancelled"]);
  assert.deepEqual([right.content, right.discarded, right.incomplete], ["right", null, false]);
  assert.equal(only(transcript, "tool").state, "cancelled");
  const failure = only(transcript, "model_error");
  assert.deepEqual(
    [failure.error, failure.error_code, failure.http_status],
    ["cut", "network", 502],
  );
  const retry = only(transcript, "retry");
  assert.deepEqual(
    [retry.attempt, retry.max_attempts, retry.delay_ms, retry.fallback_to],
    [2, 3, 5, "other"],
  );
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
  const trace = asked().add("model_completed", {
    content: "all",
    reasoning: "why",
    usage: {},
    tool_calls: [{ call_id: "c1", tool_name: "bash", arguments: 1 }],
  });
  trace.add("message_committed", { message: { id: "m2", role: "assistant", content: "all" } });
  const transcript = told(trace);
  assert.deepEqual(linesOf(transcript), ["run", "turn", "reasoning", "text", "tool"]);
  assert.deepEqual(
    [only(transcript, "text").content, only(transcript, "text").message_id],
    ["all", "m2"],
  );
  assert.equal(only(transcript, "tool").state, "ready");
});

test("parallel calls are one block each, with their own output", () => {
  const trace = asked();
  for (const call_id of ["c1", "c2"]) {
    trace.add("tool_call_begin", { call_id, tool_name: "bash", index: 0 });
    trace.add("tool_call_delta", { call_id, delta: `{"id":` });
  }
  let transcript = told(trace);
  assert.deepEqual(
    all(transcript, "tool").map((tool) => tool.arguments_text),
    ['{"id":', '{"id":'],
  );
  for (const call_id of ["c2", "c1"]) called(call_id, "bash", trace);
  for (const call_id of ["c1", "c2", "c1"]) {
    trace.add("tool_output", { call_id, tool_name: "bash", stream: "stdout", text: call_id });
  }
  trace.add("tool_output", { call_id: "c1", stream: "stderr", text: "!" });
  trace.add("tool_output", { call_id: "c1", stream: "progress", text: "half", progress: 0.5 });
  trace.add("tool_call_completed", {
    call_id: "c2",
    success: false,
    output: "",
    error: "no",
    error_code: "E_TIMEOUT",
    duration_ms: 3,
    files_changed: ["a"],
    diffs: [{ path: "a", diff: "+" }],
  });
  transcript = told(trace);
  const [first, second] = all(transcript, "tool");
  assert.deepEqual(first.outputs, [
    { stream: "stdout", text: "c1c1" },
    { stream: "stderr", text: "!" },
  ]);
  assert.deepEqual([first.stdout, first.stderr, first.state], ["c1c1", "!", "running"]);
  assert.deepEqual(first.progress, { value: 0.5, message: "half" });
  assert.deepEqual(
    [second.state, second.error, second.error_code, second.files_changed],
    ["failed", "no", "E_TIMEOUT", ["a"]],
  );
  assert.deepEqual(second.diffs, [{ path: "a", diff: "+" }]);
});

test("commands and cells", () => {
  const trace = called("c1");
  trace.add("bash_started", { call_id: "c1", command: "ls", cwd: "/w" });
  trace.add("bash_executed", {
    call_id: "c1",
    command: "ls",
    cwd: "/w",
    exit_code: 2,
    stdout: "out",
    stderr: "err",
    duration_ms: 1,
    success: false,
    truncated: true,
  });
  called("c2", "cell", trace).add("cell_executed", {
    call_id: "c2",
    code: "1+1",
    output: "2",
    success: true,
    duration_ms: 1,
  });
  const [bash, cell] = all(told(trace), "tool");
  assert.deepEqual(bash.bash, { command: "ls", cwd: "/w", exit_code: 2, truncated: true });
  assert.deepEqual([bash.stdout, bash.stderr], ["out", "err"]);
  assert.deepEqual([cell.cell, cell.stdout], [{ code: "1+1", success: true }, "2"]);
});

test("ends of runs say why", () => {
  const failed = told(ended(begun(), "run_failed", { error: "no", error_code: "network" }));
  const end = only(failed, "run_end");
  assert.deepEqual(
    [end.state, end.error, end.error_code, end.status],
    ["failed", "no", "network", "failed"],
  );
  assert.equal(only(failed, "run").state, "failed");
  const cancelled = told(ended(begun(), "run_cancelled", { reason: "enough" }));
  assert.deepEqual(
    [only(cancelled, "run_end").reason, only(cancelled, "run").state],
    ["enough", "cancelled"],
  );
});

test("the end of a run ends what is open in it", () => {
  const trace = called("c1", "bash", asked());
  trace.add("token_delta", { text: "x", message_id: "m" });
  trace.add("run_failed", { error: "no", error_code: "network" });
  for (const block of told(trace).items) assert.equal(typeof block.end, "number", block.kind);
});

test("a call that was answered without being started never ran", () => {
  const trace = begun();
  trace.add("tool_call_ready", { call_id: "c1", tool_name: "calculator", arguments: {} });
  trace.add("message_committed", {
    message: { id: "m1", role: "tool", content: "The call did not run", tool_call_id: "c1" },
  });
  const tool = told(trace).items.find((block) => block.kind === "tool");
  assert.deepEqual(
    [tool.state, tool.status, tool.reason, tool.result],
    ["denied", "failed", "The call did not run", ""],
  );
});
