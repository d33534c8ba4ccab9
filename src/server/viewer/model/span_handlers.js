// What each event type does to the spans. A handler gets {tree, book, event, run, run_id} and the
// payload; `run` is undefined for what belongs to no run, null after its end.

import { SPAN_WORK_HANDLERS, spanOwner } from "./span_work_handlers.js";
import { addUsage, costOf, usageOf } from "./usage.js";
import { numberOf, numberOrNull, objectOf, textOf } from "./values.js";

function tokensOf({ prompt, completion, total, cached = 0 }) {
  return { prompt, completion, total, cached };
}

/// The run has used so much up to now.
function setUsage({ tree, run }, usage) {
  run.usage = usage;
  tree.change(run.span, { tokens: tokensOf(usage) });
}

function setTurnCosts(tree, costs) {
  for (const { key, cost, about } of costs) tree.change(key, { cost, cost_about: about });
}

/// The run has cost so much up to now, for so many tokens.
function tellCost({ tree, run }, cost, total) {
  run.cost = cost;
  tree.change(run.span, { cost });
  setTurnCosts(tree, run.costs.tell(cost, total));
}

function closeTurn({ tree, run }, status, members) {
  if (run.turn) {
    tree.close(run.turn, status, members);
    setTurnCosts(tree, run.costs.end(run.turn.tokens));
  }
  // What began outside of a turn.
  const clipped = status === "failed" ? "failed" : "cancelled";
  for (const span of run.tools.values()) tree.close(span, clipped, {});
  if (run.model) tree.close(run.model, clipped, {});
  run.turn = null;
  run.model = null;
  run.tools.clear();
  run.working.clear();
}

function onTurnStarted(context, p) {
  const { tree, run } = context;
  if (!run) return;
  closeTurn(context, "completed", {});
  run.turns += 1;
  run.settled = run.usage;
  tree.owner = null;
  run.turn = tree.open("turn", `turn ${numberOf(p.turn)}`, run.span, spanOwner(context));
  run.costs.begin(run.turn);
}

const TURN_STATUS = new Map([
  ["cancelled", "cancelled"],
  ["error", "failed"],
]);

function onTurnEnded(context, p) {
  const { run } = context;
  if (!run) return;
  const usage = usageOf(p.usage);
  run.settled = addUsage(run.settled, usage);
  setUsage(context, run.settled);
  const status = TURN_STATUS.get(p.stop_reason) ?? "completed";
  closeTurn(context, status, { tokens: tokensOf(usage) });
}

function onRunEnd(status) {
  return (context, p) => {
    const { tree, book, run } = context;
    if (!run) return;
    run.usage = usageOf(p.usage);
    run.duration_ms = numberOrNull(p.duration_ms);
    run.llm_calls = numberOrNull(p.llm_calls) ?? run.llm_calls;
    run.tool_calls = numberOrNull(p.tool_calls) ?? run.tool_calls;
    closeTurn(context, status, {});
    tellCost(context, costOf(p.cost), run.usage.total);
    tree.owner = null;
    tree.close(run.span, status, { tokens: tokensOf(run.usage) });
    book.end(run);
  };
}

function onModelStarted(context, p) {
  const { tree, book, run } = context;
  if (!run) return;
  if (run.model) tree.close(run.model, "failed", {});
  tree.owner = null;
  run.llm_calls += 1;
  run.model = tree.open("model", textOf(p.model) || "model", run.turn ?? run.span, {
    ...spanOwner(context),
    attempt: numberOf(p.attempt),
  });
  book.count(run.model, run, "model");
}

function onModelPart({ tree, run }) {
  if (run?.model) tree.touch(run.model);
}

function onModelCompleted(context, p) {
  const { tree, event, run } = context;
  if (!run) return;
  const usage = usageOf(p.usage);
  setUsage(context, addUsage(run.usage, usage));
  const ttft_ms = numberOrNull(p.time_to_first_token_ms);
  if (ttft_ms !== null) run.ttft = { sum: run.ttft.sum + ttft_ms, count: run.ttft.count + 1 };
  if (run.span.ttft_ms === null) run.span.ttft_ms = ttft_ms;
  if (run.turn) {
    const tokens = tokensOf(addUsage(run.turn.tokens, usage));
    tree.change(run.turn, { tokens, ttft_ms: run.turn.ttft_ms ?? ttft_ms });
  }
  if (!run.model) return;
  const name = textOf(event.model_id) || run.model.name;
  tree.close(run.model, "completed", { tokens: tokensOf(usage), ttft_ms, name });
  run.model = null;
}

function onAssistantMessage(context, p) {
  const { cost, total_tokens } = objectOf(p.metadata);
  if (!context.run || costOf(cost) === null) return;
  tellCost(context, costOf(cost), numberOf(total_tokens));
}

function onUsageUpdate(context, p) {
  if (context.run) tellCost(context, costOf(p.cost), usageOf(p.usage).total);
}

function onModelFailed({ tree, run }, p) {
  if (!run?.model) return;
  const status = p.error_code === "cancelled" ? "cancelled" : "failed";
  tree.close(run.model, status, {});
  for (const [call_id, span] of run.tools) {
    if (run.working.has(span)) continue;
    tree.close(span, "cancelled", {});
    run.tools.delete(call_id);
  }
  tree.owner = run.model;
  run.model = null;
}

/// The span of a call; one whose beginning was missed is added.
function toolOf(context, p) {
  const { tree, run } = context;
  const call_id = textOf(p.call_id);
  const tool_name = textOf(p.tool_name);
  let span = run.tools.get(call_id);
  if (!span || span.end !== null) {
    const members = { ...spanOwner(context), tool_name, called: null, duration_ms: null };
    span = tree.open("tool", tool_name || "tool", run.turn ?? run.span, members);
    run.tools.set(call_id, span);
  }
  if (tool_name !== "" && span.tool_name === "")
    Object.assign(span, { tool_name, name: tool_name });
  return span;
}

function onToolPart(context, p) {
  if (context.run) context.tree.touch(toolOf(context, p));
}

function onToolKnown({ tree, run }, p) {
  const span = run?.tools.get(textOf(p.call_id));
  if (span) tree.touch(span);
}

function onToolStarted(context, p) {
  const { tree, book, run } = context;
  if (!run) return;
  const span = toolOf(context, p);
  if (!run.working.has(span)) run.tool_calls += 1;
  run.working.add(span);
  span.called ??= tree.now;
  book.count(span, run, "tool");
  tree.touch(span);
}

function onToolEnd(statusOfEnd) {
  return (context, p) => {
    const { tree, run } = context;
    if (!run) return;
    const span = toolOf(context, p);
    const duration_ms = span.called === null ? null : numberOrNull(p.duration_ms);
    tree.close(span, statusOfEnd(p), { duration_ms });
    run.working.delete(span);
    run.tools.delete(textOf(p.call_id));
  };
}

const endCompleted = onToolEnd((p) => (p.success === true ? "completed" : "failed"));

/// What has completed was called, also where no event has said when.
function onToolCompleted(context, p) {
  const { tree, run } = context;
  if (!run) return;
  const span = toolOf(context, p);
  const began = tree.now - (numberOrNull(p.duration_ms) ?? Infinity);
  span.called ??= Math.max(began, span.start);
  endCompleted(context, p);
}

function onApprovalRequested(context, p) {
  const { tree, book, run } = context;
  if (!run) return;
  const tool = toolOf(context, p);
  const approval_id = textOf(p.approval_id);
  const old = book.approvals.get(approval_id);
  if (old) tree.close(old, "cancelled", {});
  tree.owner = null;
  const span = tree.open("approval", "approval", tool, {
    ...spanOwner(context),
    tool_name: tool.tool_name,
    status: "pending",
  });
  book.approvals.set(approval_id, span);
  book.count(span, run, "waiting");
}

const DECISIONS = new Map([
  ["approved", "completed"],
  ["denied", "failed"],
  ["expired", "failed"],
]);

function onApprovalResolved({ tree, book }, p) {
  const approval_id = textOf(p.approval_id);
  const span = book.approvals.get(approval_id);
  if (!span) return;
  book.approvals.delete(approval_id);
  tree.touch(span);
  tree.close(span, DECISIONS.get(p.decision) ?? "cancelled", {});
}

function onSubagentStarted({ book, tree, run }, p) {
  if (!run) return;
  const span = run.tools.get(textOf(p.call_id));
  if (span) tree.touch(span);
  book.hosts.set(textOf(p.child_run_id), { span, run, beside: false });
}

/// The process that ran whatever is open is gone, so none of it will end by itself.
function onSessionRestored(context) {
  const { tree, book } = context;
  for (const run of book.openRuns()) {
    closeTurn({ tree, run }, "failed", {});
    tree.close(run.span, "failed", { tokens: tokensOf(run.usage) });
    book.end(run);
  }
  for (const span of tree.roots) tree.close(span, "failed", {});
  tree.owner = null;
}

export const SPAN_HANDLERS = new Map([
  ["session_restored", onSessionRestored],
  ["turn_started", onTurnStarted],
  ["turn_ended", onTurnEnded],
  ["run_completed", onRunEnd("completed")],
  ["run_failed", onRunEnd("failed")],
  ["run_cancelled", onRunEnd("cancelled")],
  ["model_started", onModelStarted],
  ["token_delta", onModelPart],
  ["assistant_delta", onModelPart],
  ["reasoning_delta", onModelPart],
  ["structured_delta", onModelPart],
  ["model_completed", onModelCompleted],
  ["model_failed", onModelFailed],
  ["assistant_message", onAssistantMessage],
  ["usage_update", onUsageUpdate],
  ["tool_call_begin", onToolPart],
  ["tool_call_delta", onToolKnown],
  ["tool_call_ready", onToolPart],
  ["tool_call_started", onToolStarted],
  ["tool_output", onToolKnown],
  ["bash_started", onToolKnown],
  ["bash_executed", onToolKnown],
  ["cell_executed", onToolKnown],
  ["tool_call_completed", onToolCompleted],
  ["tool_call_cancelled", onToolEnd(() => "cancelled")],
  ["tool_call_denied", onToolEnd(() => "failed")],
  ["approval_requested", onApprovalRequested],
  ["approval_resolved", onApprovalResolved],
  ["subagent_started", onSubagentStarted],
  ...SPAN_WORK_HANDLERS,
]);
