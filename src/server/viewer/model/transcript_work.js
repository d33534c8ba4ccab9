// The part of the transcript for work that is larger than a run: workflows, their steps,
// sub-agents, background tasks and the summary of all.

import { listOf, numberOf, numberOrNull, objectOf, textOf } from "./values.js";
import { usageOf } from "./usage.js";

const OUTCOMES = new Set(["completed", "failed", "cancelled"]);

function outcomeOf(value) {
  return OUTCOMES.has(value) ? value : "completed";
}

function workflowKey(scribe, p) {
  // Both may hold anything, so they are told apart by JSON.
  return JSON.stringify([textOf(scribe.event.workflow_id), textOf(p.workflow)]);
}

function stepKey(scribe, p) {
  return JSON.stringify([textOf(scribe.event.workflow_id), textOf(p.workflow), numberOf(p.step)]);
}

function workMembers(p) {
  return {
    workflow: textOf(p.workflow),
    step: null,
    step_name: "",
    step_type: "",
    state: "running",
    status: "running",
    input: p.input,
    output: undefined,
    error: "",
    error_code: null,
    reason: "",
    message: "",
    duration_ms: null,
  };
}

/// Adds a workflow or step where its event says that it is; if it says nothing, to `otherwise`.
function addWork(scribe, kind, members, otherwise) {
  const { event } = scribe;
  const group = scribe.span_groups.get(textOf(event.parent_span_id)) ?? otherwise;
  const block = scribe.add(kind, members, group);
  const work = { block, inside: scribe.groupOf(block, group) };
  const span_id = textOf(event.span_id);
  if (span_id !== "") scribe.span_groups.set(span_id, work.inside);
  return work;
}

/// Without spans: in the run that it belongs to, or in the workflow around it.
function addWorkflow(scribe, p) {
  const around = scribe.works.get(textOf(scribe.event.parent_workflow_id));
  const otherwise = scribe.run.run_id === "" && around ? around.inside : scribe.run.group;
  const work = addWork(scribe, "workflow", workMembers(p), otherwise);
  scribe.works.set(workflowKey(scribe, p), work);
  const id = textOf(scribe.event.workflow_id);
  if (id !== "") scribe.works.set(id, work);
  return work;
}

function addStep(scribe, p) {
  const workflow = scribe.works.get(workflowKey(scribe, p));
  const members = {
    ...workMembers(p),
    step: numberOf(p.step),
    step_name: textOf(p.step_name),
    step_type: textOf(p.step_type),
  };
  const work = addWork(scribe, "step", members, workflow?.inside ?? scribe.run.group);
  scribe.works.set(stepKey(scribe, p), work);
  return work;
}

/// The work of an event that goes on with it; one whose start was missed is added.
function known(key, add) {
  return (scribe, p) => (scribe.works.get(key(scribe, p)) ?? add(scribe, p)).block;
}

const workflowOf = known(workflowKey, addWorkflow);
const stepOf = known(stepKey, addStep);

function onProgress(find) {
  return (scribe, p) => {
    scribe.change(find(scribe, p), { message: textOf(p.message) });
  };
}

function onEnd(find, state) {
  return (scribe, p) => {
    scribe.change(find(scribe, p), {
      state,
      status: state,
      end: scribe.ts,
      output: p.output,
      error: textOf(p.error),
      error_code: textOf(p.error_code) || null,
      reason: textOf(p.reason),
      duration_ms: numberOrNull(p.duration_ms),
    });
  };
}

function addSubagent(scribe, p) {
  const child_run_id = textOf(p.child_run_id);
  const block = scribe.add("subagent", {
    child_run_id,
    child_agent: textOf(p.agent),
    call_id: textOf(p.call_id),
    input: textOf(p.input),
    outcome: null,
    output: "",
    state: "running",
    status: "running",
  });
  scribe.announce(child_run_id, block);
  return block;
}

function onSubagentFinished(scribe, p) {
  const host = scribe.hosts.get(textOf(p.child_run_id))?.block;
  const outcome = outcomeOf(p.outcome);
  scribe.change(host?.kind === "subagent" ? host : addSubagent(scribe, p), {
    outcome,
    output: textOf(p.output),
    state: outcome,
    status: outcome,
    end: scribe.ts,
  });
}

function addTask(scribe, p) {
  const child_run_id = textOf(p.child_run_id);
  const block = scribe.add("background", {
    task_id: textOf(p.task_id),
    name: textOf(p.name),
    child_run_id,
    outcome: null,
    reason: "",
    state: "running",
    status: "running",
  });
  scribe.tasks.set(block.task_id, block);
  scribe.announce(child_run_id, block);
  return block;
}

// It goes on after the run that has started it; its own run tells the end.
function detachTask(scribe, p) {
  const block = scribe.tasks.get(textOf(p.task_id)) ?? addTask(scribe, p);
  scribe.change(block, { outcome: "detached" });
}

function onTaskFinished(scribe, p) {
  if (p.outcome === "detached") detachTask(scribe, p);
  else endTask(scribe, p, outcomeOf(p.outcome));
}

function endTask(scribe, p, outcome) {
  const task_id = textOf(p.task_id);
  const block = scribe.tasks.get(task_id) ?? addTask(scribe, p);
  scribe.tasks.delete(task_id);
  scribe.change(block, {
    outcome,
    reason: textOf(p.reason),
    state: outcome,
    status: outcome,
    end: scribe.ts,
  });
}

function agentOf(summary) {
  const given = objectOf(summary);
  return {
    agent: textOf(given.agent),
    run_id: textOf(given.run_id),
    outcome: outcomeOf(given.outcome),
    usage: usageOf(given.usage),
  };
}

function onSummary(scribe, p) {
  scribe.add("summary", {
    agents: listOf(p.agents).map(agentOf),
    duration_ms: numberOrNull(p.duration_ms),
    end: scribe.ts,
  });
}

export const WORK_HANDLERS = [
  ["workflow_started", addWorkflow],
  ["workflow_progress", onProgress(workflowOf)],
  ["workflow_completed", onEnd(workflowOf, "completed")],
  ["workflow_failed", onEnd(workflowOf, "failed")],
  ["workflow_cancelled", onEnd(workflowOf, "cancelled")],
  ["workflow_step_started", addStep],
  ["workflow_step_progress", onProgress(stepOf)],
  ["workflow_step_completed", onEnd(stepOf, "completed")],
  ["workflow_step_failed", onEnd(stepOf, "failed")],
  ["workflow_step_cancelled", onEnd(stepOf, "cancelled")],
  ["subagent_started", addSubagent],
  ["subagent_finished", onSubagentFinished],
  ["background_task_started", addTask],
  ["background_task_finished", onTaskFinished],
  ["background_task_cancelled", (scribe, p) => endTask(scribe, p, "cancelled")],
  ["execution_summary", onSummary],
];
