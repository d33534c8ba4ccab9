// The part of the transcript for tool calls: one block for each, from the first piece of its
// arguments to its end.

import { parseTime } from "./event.js";
import { anyText, listOf, numberOf, numberOrNull, objectOf, remember, textOf } from "./values.js";

const STATUS = new Map([
  ["waiting", "pending"],
  ["completed", "completed"],
  ["failed", "failed"],
  ["denied", "failed"],
  ["cancelled", "cancelled"],
]);

function setState(scribe, block, state, members) {
  return scribe.change(block, { state, status: STATUS.get(state) ?? "running", ...members });
}

/// The block of a call; an unknown one is added. A call that has ended may begin anew.
function callBlock(scribe, p, begins) {
  const { run } = scribe;
  const call_id = textOf(p.call_id);
  const tool_name = textOf(p.tool_name);
  let block = run.calls.get(call_id);
  if (!block || (begins && !block.open)) {
    block = scribe.addTool({ call_id, tool_name, status: "running" });
    remember(run.calls, call_id, block);
    remember(scribe.calls, call_id, block);
  }
  if (tool_name !== "") block.tool_name = tool_name;
  return block;
}

function endCall(scribe, block, state, members) {
  if (block.approval?.state === "pending")
    block.approval = { ...block.approval, state: "cancelled" };
  setState(scribe, block, state, { end: scribe.ts, ...members });
}

/// Calls that were begun and will not run.
export function voidCalls(scribe, blocks, reason) {
  for (const block of blocks) {
    if (block.open && block.started === null) endCall(scribe, block, "cancelled", { reason });
  }
}

/// All calls of a request are known now.
export function finishCalls(scribe, calls) {
  const { run } = scribe;
  const made = new Set(calls.map((call) => textOf(call.call_id)));
  voidCalls(
    scribe,
    (run.request?.calls ?? []).filter(
      (block) => block.state === "writing" && !made.has(block.call_id),
    ),
    "The model did not make this call.",
  );
  for (const call of calls) makeReady(scribe, callBlock(scribe, call, true), call.arguments);
}

function makeReady(scribe, block, json) {
  const state = block.state === "writing" ? "ready" : block.state;
  setState(scribe, block, state, { arguments: json, arguments_text: "" });
}

function onBegin(scribe, p) {
  const block = callBlock(scribe, p, true);
  scribe.run.request?.calls.push(block);
  scribe.touch(block);
}

function onDelta(scribe, p) {
  const block = callBlock(scribe, p, false);
  if (block.state === "writing") block.arguments_text += textOf(p.delta);
  scribe.touch(block);
}

function onReady(scribe, p) {
  const known = scribe.run.calls.has(textOf(p.call_id));
  const block = callBlock(scribe, p, true);
  if (!known) scribe.run.request?.calls.push(block);
  makeReady(scribe, block, p.arguments);
}

function onApprovalRequested(scribe, p) {
  const block = callBlock(scribe, p, true);
  const approval_id = textOf(p.approval_id);
  const expires_at = parseTime(p.expires_at);
  scribe.approvals.set(approval_id, block);
  if (block.arguments === undefined) block.arguments = p.arguments;
  setState(scribe, block, "waiting", {
    approval: {
      approval_id,
      reason: textOf(p.reason),
      arguments: p.arguments,
      expires_at: Number.isNaN(expires_at) ? null : expires_at,
      state: "pending",
      by: "",
      note: "",
    },
  });
}

const DECISIONS = new Set(["approved", "denied", "expired", "cancelled"]);

function onApprovalResolved(scribe, p) {
  const block =
    scribe.approvals.get(textOf(p.approval_id)) ?? scribe.run.calls.get(textOf(p.call_id));
  if (!block) return;
  const state = DECISIONS.has(p.decision) ? p.decision : "cancelled";
  if (block.approval) {
    const { by, reason } = p;
    block.approval = { ...block.approval, state, by: textOf(by), note: textOf(reason) };
  }
  if (block.state === "waiting" && state === "approved") setState(scribe, block, "ready", {});
  else scribe.touch(block);
}

function onStarted(scribe, p) {
  const block = callBlock(scribe, p, true);
  setState(scribe, block, "running", {
    started: scribe.ts,
    arguments: p.arguments,
    arguments_text: "",
  });
}

function onOutput(scribe, p) {
  const block = callBlock(scribe, p, false);
  if (block.started === null && block.open) {
    setState(scribe, block, "running", { started: scribe.ts, incomplete: true });
  }
  const text = textOf(p.text);
  if (p.stream === "stdout" || p.stream === "stderr") {
    block.write(p.stream, text);
  } else {
    block.progress = { value: block.progress?.value ?? null, message: text };
  }
  const value = numberOrNull(p.progress);
  if (value !== null) block.progress = { value, message: block.progress?.message ?? "" };
  if (p.data !== undefined) block.data = p.data;
  scribe.touch(block);
}

function onBashStarted(scribe, p) {
  const block = callBlock(scribe, p, false);
  block.bash = {
    command: textOf(p.command),
    cwd: textOf(p.cwd),
    exit_code: null,
    truncated: false,
  };
  scribe.touch(block);
}

function onBashExecuted(scribe, p) {
  const block = callBlock(scribe, p, false);
  block.bash = {
    command: textOf(p.command),
    cwd: textOf(p.cwd),
    exit_code: numberOf(p.exit_code),
    truncated: p.truncated === true,
  };
  // It holds the whole: nothing is gained by it where all was streamed, in the order it came.
  if (block.outputs.length === 0 || block.incomplete) {
    block.rewrite([
      { stream: "stdout", text: textOf(p.stdout) },
      { stream: "stderr", text: textOf(p.stderr) },
    ]);
  }
  scribe.touch(block);
}

function onCellExecuted(scribe, p) {
  const block = callBlock(scribe, p, false);
  block.cell = { code: textOf(p.code), success: p.success === true };
  if (block.outputs.length === 0) block.write("stdout", textOf(p.output));
  scribe.touch(block);
}

function diffOf(diff) {
  const given = objectOf(diff);
  return { path: textOf(given.path), diff: textOf(given.diff) };
}

function onCompleted(scribe, p) {
  const block = callBlock(scribe, p, false);
  block.setResult(textOf(p.output));
  endCall(scribe, block, p.success === true ? "completed" : "failed", {
    error: textOf(p.error),
    error_code: textOf(p.error_code) || null,
    duration_ms: numberOrNull(p.duration_ms),
    files_changed: listOf(p.files_changed).map(anyText),
    diffs: listOf(p.diffs).map(diffOf),
    data: p.data ?? block.data,
  });
}

function onCancelled(scribe, p) {
  endCall(scribe, callBlock(scribe, p, false), "cancelled", {
    reason: textOf(p.reason),
    duration_ms: numberOrNull(p.duration_ms),
  });
}

function onDenied(scribe, p) {
  endCall(scribe, callBlock(scribe, p, false), "denied", {
    reason: textOf(p.reason),
    error_code: textOf(p.error_code) || null,
  });
}

/// The turn or run is over, so its calls are too.
export function closeCalls(scribe) {
  for (const block of scribe.run.calls.values()) {
    if (block.open) endCall(scribe, block, "cancelled", { reason: "Its end was not seen." });
  }
}

export const TOOL_HANDLERS = [
  ["tool_call_begin", onBegin],
  ["tool_call_delta", onDelta],
  ["tool_call_ready", onReady],
  ["approval_requested", onApprovalRequested],
  ["approval_resolved", onApprovalResolved],
  ["tool_call_started", onStarted],
  ["tool_output", onOutput],
  ["bash_started", onBashStarted],
  ["bash_executed", onBashExecuted],
  ["cell_executed", onCellExecuted],
  ["tool_call_completed", onCompleted],
  ["tool_call_cancelled", onCancelled],
  ["tool_call_denied", onDenied],
];
