// The part of the session reducer for tool calls that wait, run and end.

import { MAX_OUTPUT_BYTES } from "./session_bounds.js";
import { addEntry } from "./session_lists.js";
import { TextSoFar } from "./text_so_far.js";
import { newest, numberOrNull, textOf, without } from "./values.js";

function onApprovalRequested({ state, event, run_id }, p) {
  addEntry(state, "pending_approvals", {
    run_id,
    approval_id: textOf(p.approval_id),
    call_id: textOf(p.call_id),
    tool_name: textOf(p.tool_name),
    arguments: p.arguments ?? null,
    reason: textOf(p.reason),
    requested: textOf(event.ts),
    expires_at: textOf(p.expires_at),
  });
}

function onApprovalResolved({ state }, p) {
  const approval_id = textOf(p.approval_id);
  state.pending_approvals = without(
    state.pending_approvals,
    (pending) => pending.approval_id === approval_id,
  );
}

function newTool(run_id, call_id, tool_name) {
  return {
    run_id,
    call_id,
    tool_name,
    stdout: new TextSoFar(),
    stderr: new TextSoFar(),
    started: null,
    arguments: null,
    message: "",
    progress: null,
    data: null,
  };
}

function onToolCallStarted(context, p) {
  endCall(context, p);
  const { state, event, run_id } = context;
  const tool = newTool(run_id, textOf(p.call_id), textOf(p.tool_name));
  tool.started = textOf(event.ts);
  tool.arguments = p.arguments ?? null;
  addEntry(state, "running_tools", tool);
}

function runningTool({ state, run_id }, call_id) {
  return newest(state.running_tools, (open) => open.call_id === call_id && open.run_id === run_id);
}

/// One whose start was missed.
function addTool({ state, run_id }, call_id, tool_name) {
  const tool = newTool(run_id, call_id, tool_name);
  tool.stdout.complete = tool.stderr.complete = state.missed === 0;
  return addEntry(state, "running_tools", tool);
}

function onToolOutput(context, p) {
  const call_id = textOf(p.call_id);
  const tool = runningTool(context, call_id) ?? addTool(context, call_id, textOf(p.tool_name));
  const text = textOf(p.text);
  if (p.stream === "stdout") tool.stdout.append(text, MAX_OUTPUT_BYTES);
  if (p.stream === "stderr") tool.stderr.append(text, MAX_OUTPUT_BYTES);
  if (p.stream === "progress") tool.message = text;
  tool.progress = numberOrNull(p.progress) ?? tool.progress;
  tool.data = p.data ?? tool.data;
}

function onBashExecuted(context, p) {
  const tool = runningTool(context, textOf(p.call_id));
  if (!tool) return;
  tool.stdout.assign(textOf(p.stdout), MAX_OUTPUT_BYTES);
  tool.stderr.assign(textOf(p.stderr), MAX_OUTPUT_BYTES);
  tool.stdout.complete = tool.stderr.complete = p.truncated !== true;
}

/// The call no longer waits, nor is it written, nor does it run.
function endCall({ state, run_id }, p) {
  const call_id = textOf(p.call_id);
  const ofCall = (entry) => entry.call_id === call_id && entry.run_id === run_id;
  for (const list of ["open_calls", "running_tools", "pending_approvals"]) {
    state[list] = without(state[list], ofCall);
  }
}

export const TOOL_REDUCERS = [
  ["approval_requested", onApprovalRequested],
  ["approval_resolved", onApprovalResolved],
  ["tool_call_started", onToolCallStarted],
  ["tool_output", onToolOutput],
  ["tool_call_completed", endCall],
  ["tool_call_cancelled", endCall],
  ["tool_call_denied", endCall],
  ["bash_executed", onBashExecuted],
];
