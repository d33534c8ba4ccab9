// What background tasks, workflows and their steps do to the spans.

import { numberOf, textOf } from "./values.js";

/// Whom a new span belongs to.
export function spanOwner({ event, run_id, run }) {
  return { run_id, agent: textOf(event.agent) || (run?.span.agent ?? "") };
}

function onTaskStarted(context, p) {
  const { tree, book, run } = context;
  const task_id = textOf(p.task_id);
  const old = book.tasks.get(task_id);
  if (old) tree.close(old, "cancelled", {});
  tree.owner = null;
  const span = tree.open("background", textOf(p.name) || "task", null, spanOwner(context));
  book.tasks.set(task_id, span);
  book.hosts.set(textOf(p.child_run_id), { span, run: undefined, beside: true });
}

function onTaskEnd(statusOfEnd) {
  return ({ tree, book }, p) => {
    const task_id = textOf(p.task_id);
    const span = book.tasks.get(task_id);
    if (!span) return;
    book.tasks.delete(task_id);
    tree.touch(span);
    tree.close(span, statusOfEnd(p), {});
  };
}

function workKey({ event }, p, step) {
  return JSON.stringify([textOf(event.workflow_id), textOf(p.workflow), step]);
}

function openWork(context, kind, name, parent, key) {
  const { tree, book } = context;
  const old = book.works.get(key);
  if (old) tree.close(old, "cancelled", {});
  tree.owner = null;
  const span = tree.open(kind, name, parent, spanOwner(context));
  book.works.set(key, span);
  const span_id = textOf(context.event.span_id);
  if (span_id !== "") book.work_spans.set(span_id, span);
  return span;
}

/// What the event says that it is inside of; without that, the first of the others that is open.
function workAround({ book, event }, ...others) {
  const places = [book.work_spans.get(textOf(event.parent_span_id)), ...others];
  return places.find((span) => span && span.end === null);
}

function onWorkflowStarted(context, p) {
  const { book, event, run } = context;
  const outer = book.works.get(textOf(event.parent_workflow_id));
  const around = workAround(context, run?.span, outer);
  const name = textOf(p.workflow) || "workflow";
  const span = openWork(context, "workflow", name, around, workKey(context, p, null));
  const id = textOf(event.workflow_id);
  if (id !== "") book.works.set(id, span);
}

function onStepStarted(context, p) {
  const { book, run } = context;
  const around = workAround(context, book.works.get(workKey(context, p, null)), run?.span);
  const name = textOf(p.step_name) || `step ${numberOf(p.step) + 1}`;
  openWork(context, "step", name, around, workKey(context, p, numberOf(p.step)));
}

function onWork(step, status) {
  return (context, p) => {
    const { tree, book } = context;
    const span = book.works.get(workKey(context, p, step ? numberOf(p.step) : null));
    if (!span) return;
    tree.touch(span);
    if (status !== null) tree.close(span, status, {});
  };
}

const OUTCOMES = new Set(["completed", "failed", "cancelled"]);
const outcome = (p) => (OUTCOMES.has(p.outcome) ? p.outcome : "completed");

export const SPAN_WORK_HANDLERS = [
  ["background_task_started", onTaskStarted],
  ["background_task_finished", onTaskEnd(outcome)],
  ["background_task_cancelled", onTaskEnd(() => "cancelled")],
  ["workflow_started", onWorkflowStarted],
  ["workflow_progress", onWork(false, null)],
  ["workflow_completed", onWork(false, "completed")],
  ["workflow_failed", onWork(false, "failed")],
  ["workflow_cancelled", onWork(false, "cancelled")],
  ["workflow_step_started", onStepStarted],
  ["workflow_step_progress", onWork(true, null)],
  ["workflow_step_completed", onWork(true, "completed")],
  ["workflow_step_failed", onWork(true, "failed")],
  ["workflow_step_cancelled", onWork(true, "cancelled")],
];
