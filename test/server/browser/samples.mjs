// One valid event of every type, with a text of the caller's choice in every member that takes one.

const usage = { prompt: 10, completion: 5, total: 15 };
// Only a session itself says these, so nobody outside may publish them.
export const SESSION_ONLY = new Set(["session_created", "session_restored", "session_closed"]);

// Every type but the ends of a run, and its data. text() gives the next text, json() the next JSON
// value, id(name) a text that is the same for the same name: what belongs together is found. name()
// gives a text that the server takes as a name (at most 128 bytes, no colon, no control characters).
export function samples({ text, name, json, id }) {
  const call = () => ({ call_id: id("call"), tool_name: name() });
  const message = { id: id("message"), role: "assistant", content: text(), provider_data: json(),
    tool_call_id: id("call"), tool_calls: [{ ...call(), arguments: json() }] };
  const workflow = name();
  const flow = () => ({ workflow: workflow });
  const step = () => ({ ...flow(), step: 0, step_name: text() });
  const task = () => ({ task_id: id("task"), name: name(), child_run_id: id("background") });
  return [
    ["session_created", { workspace: text(), title: text(), client: text() }],
    ["session_restored", { from_seq: 1, events: 2, messages: 3 }],
    ["workspace_updated", { root: text(), reason: text() }],
    ["workflow_started", { ...flow(), input: json() }],
    ["workflow_progress", { ...flow(), message: text(), data: json() }],
    ["workflow_step_started", { ...step(), step_type: "agent", input: json() }],
    ["workflow_step_progress", { ...step(), message: text(), data: json() }],
    ["workflow_step_completed", { ...step(), output: json(), duration_ms: 5 }],
    ["workflow_step_started", { ...step(), step: 1, step_type: "transform", input: json() }],
    ["workflow_step_failed", { ...step(), step: 1, error: text(), error_code: "network", duration_ms: 5 }],
    ["workflow_step_started", { ...step(), step: 2, step_type: "conditional", input: json() }],
    ["workflow_step_cancelled", { ...step(), step: 2, reason: text(), duration_ms: 5 }],
    ["turn_started", { turn: 1, max_turns: 5 }],
    ["status_update", { status: "thinking", detail: text() }],
    ["user_message", { message_id: id("question"), content: text(), role: "user" }],
    ["context_built", { message_count: 1, estimated_tokens: 2, tools_count: 3 }],
    ["model_started", { provider: text(), model: text(), iteration: 1, attempt: 1, message_count: 1,
      stream: true, messages: [message], tools: [text()], parameters: json(), request_digest: text() }],
    ["reasoning_delta", { text: text(), message_id: id("message") }],
    ["token_delta", { text: text(), message_id: id("message") }],
    ["assistant_delta", { text: text(), message_id: id("merged") }],
    ["structured_delta", { text: text(), message_id: id("structured") }],
    ["message_discarded", { message_id: id("message"), attempt: 1, reason: text() }],
    ["model_failed", { error: text(), error_code: "network", http_status: 500, duration_ms: 5 }],
    ["retry", { attempt: 1, max_attempts: 3, delay_ms: 5, reason: text(), error_code: "network",
      provider: text(), fallback_to: text() }],
    ["model_started", { provider: text(), model: text(), iteration: 1, attempt: 2, message_count: 1,
      stream: true, request_digest: text() }],
    ["token_delta", { text: text(), message_id: id("second") }],
    ["tool_call_begin", { ...call(), index: 0 }],
    ["tool_call_delta", { call_id: id("call"), delta: text() }],
    ["tool_call_ready", { ...call(), arguments: json() }],
    ["model_completed", { finish_reason: "tool_calls", content: text(), reasoning: text(),
      tool_calls: [{ ...call(), arguments: json() }], usage, response_id: text(),
      time_to_first_token_ms: 1, duration_ms: 5 }],
    ["approval_requested", { approval_id: id("approval"), ...call(), arguments: json(), reason: text(),
      expires_at: "2036-01-01T00:00:00Z" }],
    ["approval_resolved", { approval_id: id("approval"), call_id: id("call"), decision: "approved",
      by: text(), reason: text() }],
    ["approval_requested", { approval_id: id("no time"), ...call(), arguments: json(), reason: text(), expires_at: text() }],
    ["approval_resolved", { approval_id: id("no time"), call_id: id("call"), decision: "denied" }],
    ["tool_call_started", { ...call(), arguments: json() }],
    ["tool_output", { ...call(), stream: "stdout", text: text(), data: json() }],
    ["tool_output", { ...call(), stream: "stderr", text: text() }],
    ["tool_output", { ...call(), stream: "progress", text: text(), progress: 0.5 }],
    ["bash_started", { call_id: id("call"), command: text(), cwd: text() }],
    ["bash_executed", { call_id: id("call"), command: text(), cwd: text(), exit_code: 1, stdout: text(),
      stderr: text(), duration_ms: 5, success: false, truncated: true }],
    ["cell_executed", { call_id: id("call"), code: text(), output: text(), success: true, duration_ms: 5 }],
    ["file_created", { path: text(), size: 1, line_count: 1 }],
    ["file_modified", { path: text(), old_size: 1, new_size: 2, line_count: 1 }],
    ["file_deleted", { path: text() }],
    ["file_tree_update", { created: [text()], modified: [text()], deleted: [text()] }],
    ["tool_call_completed", { ...call(), success: false, output: text(), error: text(),
      error_code: "E_NOT_FOUND", duration_ms: 5, files_changed: [text()],
      diffs: [{ path: text(), diff: text() }], data: json() }],
    ["tool_call_started", { call_id: id("stopped"), tool_name: name(), arguments: json() }],
    ["tool_call_cancelled", { call_id: id("stopped"), tool_name: name(), reason: text(), duration_ms: 5 }],
    ["tool_call_denied", { call_id: id("denied"), tool_name: name(), error_code: "E_UNSAFE", reason: text() }],
    ["turn_ended", { turn: 1, stop_reason: "tool_calls", usage, duration_ms: 5 }],
    ["assistant_message", { message_id: id("second"), content: text(), refusal: text(),
      metadata: { rounds: 1, input_tokens: 1, output_tokens: 1, total_tokens: 2 } }],
    ["message_committed", { message }],
    ["compaction", { strategy: text(), messages_before: 9, messages_after: 3, tokens_saved: 100, duration_ms: 5 }],
    ["compaction_failed", { error: text(), consecutive_failures: 1 }],
    ["compaction_circuit_opened", { consecutive_failures: 3 }],
    ["doom_loop_detected", { description: text(), tool_name: name(), arguments: json(), pattern: "repeat",
      length: 1, repetitions: 3, previous_result: text(), action: "warn" }],
    ["budget_exceeded", { budget: "tokens", limit: 1, used: 2 }],
    ["plan_updated", { items: [{ title: text(), status: text() }, { title: text(), status: "completed" }] }],
    ["memory_written", { store: text(), key: text(), size: 5 }],
    ["guardrail_triggered", { guardrail: text(), target: "input", action: "block", reason: text() }],
    ["subagent_started", { agent: name(), child_run_id: id("child"), call_id: id("call"), input: text() }],
    ["subagent_finished", { agent: name(), child_run_id: id("child"), outcome: "completed", output: text() }],
    ["background_task_started", task()],
    ["background_task_finished", { ...task(), outcome: "failed" }],
    ["background_task_cancelled", { ...task(), reason: text() }],
    ["execution_summary", { agents: [{ agent: name(), run_id: id("child"), outcome: "completed", usage }], duration_ms: 5 }],
    ["error", { error: text(), error_code: "network", error_type: text(), detail: text() }],
    ["agent_error", { agent: name(), error: text(), error_code: "network" }],
    ["usage_update", { usage, cost: 0.01 }],
    ["scaffold_complete", { project: text() }],
    ["preview_update", { kind: text(), url: text(), frame_id: text() }],
    ["preview_ready", { url: text(), port: 80, command: text() }],
    ["deployment_ready", { url: text(), production: true, project_name: text(), message: text() }],
    ["server_starting", { framework: text(), command: text(), port: 80 }],
    ["server_ready", { port: 80, url: text() }],
    ["server_stopped", { port: 80, framework: text() }],
    ["screenshot_taken", { output_path: text(), size_bytes: 1, viewport: text(), url: text() }],
    ["system_notice", { subsystem: name(), message: text(), data: json() }],
    ["custom", { name: text(), data: json() }],
    ["workflow_completed", { ...flow(), output: json(), duration_ms: 5 }],
    ["workflow_failed", { workflow: name(), error: text(), error_code: "network", duration_ms: 5 }],
    ["workflow_cancelled", { workflow: name(), reason: text(), duration_ms: 5 }],
    ["session_closed", { reason: text() }],
  ];
}

// The three ends of a run.
export function ends({ text }) {
  const rest = { iterations: 1, usage, llm_calls: 1, tool_calls: 1, duration_ms: 5 };
  return [
    ["run_completed", { finish_reason: "stop", output: text(), ...rest, cost: 0.01 }],
    ["run_failed", { error: text(), error_code: "network", ...rest }],
    ["run_cancelled", { reason: text(), ...rest }],
  ];
}
