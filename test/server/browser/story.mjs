// A session in which everything happens that a reader wants to see in its place, as an agent outside
// publishes it.
import { Trace } from "./trace.mjs";

export const DIFF = "--- a/report.md\n+++ b/report.md\n@@ -1,2 +1,3 @@\n # Report\n-to do\n+two parts\n+both fine\n";

const usage = (prompt, completion) => ({ prompt, completion, total: prompt + completion });

// What a turn is made of: its beginning, what happens, its end.
function turn(trace, number, used, happens) {
  trace.add("turn_started", { turn: number, max_turns: 9 }, { turn: number });
  happens({ turn: number });
  trace.wait(10).add("turn_ended", { turn: number, stop_reason: "stop", usage: used, duration_ms: 1500 }, { turn: number });
}

// The first attempt breaks off in its text; the second one answers and calls a tool.
function interruptedTurn(trace) {
  turn(trace, 1, usage(100, 20), (more) => {
    trace.add("model_started", { provider: "scripted", model: "gpt-4o", iteration: 1, attempt: 1,
      message_count: 1, stream: true, request_digest: "0".repeat(64) }, more);
    trace.wait(30).add("token_delta", { text: "I take this back", message_id: "lost" }, more);
    trace.add("message_discarded", { message_id: "lost", attempt: 1, reason: "the connection broke" }, more);
    trace.add("model_failed", { error: "stream reset by peer", error_code: "network", duration_ms: 30 }, more);
    trace.add("retry", { attempt: 2, max_attempts: 3, delay_ms: 500, reason: "stream reset by peer",
      error_code: "network", provider: "scripted", fallback_to: "" }, more);
    const call = { call_id: "edit", tool_name: "edit_file", arguments: { path: "report.md" } };
    trace.wait(500).answer("I write the report.", { turn: 1, token_ms: 40, reasoning: "What is asked for is a report.",
      finish_reason: "tool_calls", tool_calls: [call] });
    trace.tool(call.call_id, call.tool_name, call.arguments, { output: "written", ms: 2500,
      more: { files_changed: ["report.md"], diffs: [{ path: "report.md", diff: DIFF }] } });
  });
}

// A tool that writes and fails, and a sub-agent.
function toolsTurn(trace) {
  turn(trace, 2, usage(200, 20), (more) => {
    const calls = [{ call_id: "check", tool_name: "bash", arguments: { command: "make check" } },
      { call_id: "ask", tool_name: "delegate", arguments: { task: "Count the parts" } }];
    trace.answer("I check it.", { turn: 2, finish_reason: "tool_calls", tool_calls: calls });
    const bash = { call_id: "check", tool_name: "bash" };
    trace.add("tool_call_started", calls[0], more);
    trace.wait(50).add("tool_output", { ...bash, stream: "stdout", text: "part one is fine\n" }, more);
    trace.wait(50).add("tool_output", { ...bash, stream: "stderr", text: "part two is broken\n" }, more);
    trace.add("bash_executed", { call_id: "check", command: "make check", cwd: "/work", exit_code: 3, stdout: "",
      stderr: "", duration_ms: 700, success: false, truncated: false }, more);
    trace.wait(600).add("tool_call_completed", { ...bash, success: false, output: "", error: "the check failed",
      error_code: "E_VALIDATION", duration_ms: 700, files_changed: [] }, more);
    trace.add("tool_call_started", calls[1], more);
    trace.add("subagent_started", { agent: "counter", child_run_id: "child", call_id: "ask", input: "Count the parts" }, more);
    trace.begin("child", { agent: "counter" });
    trace.answer("There are two parts.", { turn: 0 });
    trace.complete("There are two parts.", usage(0, 20), 0.002);
    trace.add("subagent_finished", { agent: "counter", child_run_id: "child", outcome: "completed", output: "two" }, more);
    trace.wait(20).add("tool_call_completed", { ...calls[1], arguments: undefined, success: true, output: "two",
      duration_ms: 900, files_changed: [] }, more);
    trace.add("error", { error: "the disk is full", error_code: "server_error", error_type: "", detail: "" }, more);
  });
}

export function story() {
  const trace = new Trace();
  trace.begin("main", { agent: "writer", tools: ["bash", "edit_file", "delegate"] });
  trace.user("Write the report");
  interruptedTurn(trace);
  toolsTurn(trace);
  turn(trace, 3, usage(300, 20), () => trace.answer("The report is written.", { turn: 3 }));
  trace.complete("The report is written.", usage(600, 60), 0.042);

  trace.wait(5000).begin("short", { agent: "writer" });
  trace.user("Thank you");
  turn(trace, 1, usage(100, 20), () => trace.answer("You are welcome.", { token_ms: 60 }));
  trace.complete("You are welcome.", usage(100, 20), 0.0125);
  return trace.events;
}
