// The part of the session reducer for work that is larger than a run: workflows, their steps,
// sub-agents and background tasks.

import { addEntry, noteError } from "./session_lists.js";
import { newest, numberOf, textOf, without } from "./values.js";

function onWorkflowStarted({ state, event, run_id }, p) {
  const workflow_id = textOf(event.workflow_id);
  const workflow = textOf(p.workflow);
  endWorkflow(state, workflow_id, workflow);
  addEntry(state, "workflows", {
    run_id,
    workflow_id,
    workflow,
    started: textOf(event.ts),
    parent_workflow_id: textOf(event.parent_workflow_id),
    message: "",
  });
}

function onWorkflowProgress({ state, event }, p) {
  const running = newest(
    state.workflows,
    (open) =>
      open.workflow === textOf(p.workflow) && open.workflow_id === textOf(event.workflow_id),
  );
  if (running) running.message = textOf(p.message);
}

function onWorkflowEnded({ state, event }, p) {
  endWorkflow(state, textOf(event.workflow_id), textOf(p.workflow));
}

/// Ends a workflow, its steps and the workflows inside it.
function endWorkflow(state, workflow_id, workflow) {
  const ending = [{ workflow_id, workflow }];
  for (let next = ending.pop(); next; next = ending.pop()) {
    const { workflow_id: id, workflow: name } = next;
    const ofWorkflow = (entry) => entry.workflow === name && entry.workflow_id === id;
    state.workflows = without(state.workflows, ofWorkflow);
    state.workflow_steps = without(state.workflow_steps, ofWorkflow);
    if (id === "") continue;
    ending.push(
      ...state.workflows.filter(
        (open) => open.parent_workflow_id === id && open.workflow_id !== id,
      ),
    );
  }
}

function isStep(event, p) {
  const step = numberOf(p.step);
  const workflow = textOf(p.workflow);
  const workflow_id = textOf(event.workflow_id);
  return (open) =>
    open.step === step && open.workflow === workflow && open.workflow_id === workflow_id;
}

function onStepStarted(context, p) {
  onStepEnded(context, p);
  const { state, event, run_id } = context;
  addEntry(state, "workflow_steps", {
    run_id,
    workflow_id: textOf(event.workflow_id),
    workflow: textOf(p.workflow),
    step: numberOf(p.step),
    step_name: textOf(p.step_name),
    step_type: textOf(p.step_type),
    started: textOf(event.ts),
    message: "",
  });
}

function onStepProgress({ state, event }, p) {
  const running = newest(state.workflow_steps, isStep(event, p));
  if (running) running.message = textOf(p.message);
}

function onStepEnded({ state, event }, p) {
  state.workflow_steps = without(state.workflow_steps, isStep(event, p));
}

function onSubagentStarted({ state, event, run_id }, p) {
  addEntry(state, "subagents", {
    run_id,
    agent: textOf(p.agent),
    child_run_id: textOf(p.child_run_id),
    started: textOf(event.ts),
    call_id: textOf(p.call_id),
  });
}

function onSubagentFinished({ state }, p) {
  const child_run_id = textOf(p.child_run_id);
  state.subagents = without(state.subagents, (open) => open.child_run_id === child_run_id);
}

function onTaskStarted(context, p) {
  onTaskEnded(context, p);
  const { state, event, run_id } = context;
  addEntry(state, "background_tasks", {
    run_id,
    task_id: textOf(p.task_id),
    name: textOf(p.name),
    child_run_id: textOf(p.child_run_id),
    started: textOf(event.ts),
  });
}

function onTaskEnded({ state }, p) {
  const task_id = textOf(p.task_id);
  state.background_tasks = without(state.background_tasks, (task) => task.task_id === task_id);
}

function withError(end) {
  return (context, p) => {
    noteError(context, p);
    end(context, p);
  };
}

export const WORK_REDUCERS = [
  ["workflow_started", onWorkflowStarted],
  ["workflow_progress", onWorkflowProgress],
  ["workflow_completed", onWorkflowEnded],
  ["workflow_failed", withError(onWorkflowEnded)],
  ["workflow_cancelled", onWorkflowEnded],
  ["workflow_step_started", onStepStarted],
  ["workflow_step_progress", onStepProgress],
  ["workflow_step_completed", onStepEnded],
  ["workflow_step_failed", withError(onStepEnded)],
  ["workflow_step_cancelled", onStepEnded],
  ["subagent_started", onSubagentStarted],
  ["subagent_finished", onSubagentFinished],
  ["background_task_started", onTaskStarted],
  ["background_task_finished", onTaskEnded],
  ["background_task_cancelled", onTaskEnded],
];
