// Folds the payload of one event into a SessionState whose seqs are accounted for already: what
// concerns the session, its runs and their turns.

import { MODEL_REDUCERS } from "./session_reducer_model.js";
import { TOOL_REDUCERS } from "./session_reducer_tools.js";
import { WORK_REDUCERS } from "./session_reducer_work.js";
import { MAX_ENDED_RUNS } from "./session_bounds.js";
import { addEntry, closeTurn, countUsage, noteError, OPEN_LISTS } from "./session_lists.js";
import { addCost, addUsage, costOf, noUsage, usageOf } from "./usage.js";
import { listOf, newest, numberOf, objectOf, textOf, without } from "./values.js";

/// Folds the event, unless it belongs to a run that has ended.
export function reduceEvent(state, event) {
  const run_id = textOf(event.run_id);
  const type = textOf(event.type);
  let run;
  if (run_id !== "") {
    run = newest(state.runs, (open) => open.run_id === run_id);
    if (!run && type !== "run_started" && state.ended_runs.some((old) => old.run_id === run_id)) {
      return;
    }
    run ??= addRun(state, event, run_id);
  }
  const reducer = REDUCERS.get(type);
  if (reducer) reducer({ state, event, run, run_id }, objectOf(event.data));
}

function addRun(state, event, run_id) {
  return addEntry(state, "runs", {
    run_id,
    agent: textOf(event.agent),
    provider: "",
    model: textOf(event.model_id),
    depth: numberOf(event.depth),
    state: "running",
    turn: numberOf(event.turn),
    max_turns: 0,
    iterations: 0,
    usage: noUsage(),
    settled_usage: noUsage(),
    plan: [],
    parent_run_id: textOf(event.parent_run_id),
    workflow_id: textOf(event.workflow_id),
    started: null,
    ended: null,
    status: null,
    detail: "",
    cost: null,
    finish_reason: null,
    error: "",
    error_code: null,
    reason: "",
  });
}

function reopen(state) {
  state.closed = null;
  state.close_reason = "";
}

function onSessionCreated({ state, event }, p) {
  state.created = textOf(event.ts);
  state.workspace = textOf(p.workspace);
  state.title = textOf(p.title);
  state.client = textOf(p.client);
  reopen(state);
}

/// The process that ran whatever is open is gone, so none of it will end by itself.
function onSessionRestored({ state, event }, p) {
  state.restored = {
    from_seq: numberOf(p.from_seq),
    events: numberOf(p.events),
    messages: numberOf(p.messages),
  };
  reopen(state);
  for (const run of [...state.runs]) {
    run.error = "the session was restored before the run had ended";
    run.error_code = "interrupted";
    endRun(state, event, run, "failed");
  }
  for (const list of OPEN_LISTS) state[list] = [];
}

function onSessionClosed({ state, event }, p) {
  state.closed = textOf(event.ts);
  state.close_reason = textOf(p.reason);
}

function onRunStarted({ event, run }, p) {
  if (!run) return;
  run.provider = textOf(p.provider);
  run.model = textOf(p.model);
  run.max_turns = numberOf(p.max_rounds);
  run.started = textOf(event.ts);
}

function onTurnStarted({ state, run, run_id }, p) {
  closeTurn(state, run_id);
  if (!run) return;
  run.turn = numberOf(p.turn);
  run.max_turns = numberOf(p.max_turns);
  run.iterations = run.turn;
  run.settled_usage = run.usage;
}

function onTurnEnded({ state, run, run_id }, p) {
  closeTurn(state, run_id);
  if (!run) return;
  run.settled_usage = addUsage(run.settled_usage, usageOf(p.usage));
  run.usage = run.settled_usage;
  countUsage(state);
}

function onStatusUpdate({ run }, p) {
  if (!run) return;
  run.status = textOf(p.status);
  run.detail = textOf(p.detail);
}

function planItem(item) {
  const given = objectOf(item);
  return { title: textOf(given.title), status: textOf(given.status) };
}

function onPlanUpdated({ state, run }, p) {
  (run ?? state).plan = listOf(p.items).map(planItem);
}

function onUsageUpdate({ state, run }, p) {
  if (!run) return;
  run.usage = usageOf(p.usage);
  run.settled_usage = run.usage;
  run.cost = costOf(p.cost);
  countUsage(state);
}

function onRunCompleted({ state, event, run }, p) {
  if (run) run.finish_reason = textOf(p.finish_reason);
  finishRun(state, event, run, "completed", p);
}

function onRunFailed(context, p) {
  const { state, event, run } = context;
  noteError(context, p);
  if (run) {
    run.error = textOf(p.error);
    run.error_code = textOf(p.error_code);
  }
  finishRun(state, event, run, "failed", p);
}

function onRunCancelled({ state, event, run }, p) {
  if (run) run.reason = textOf(p.reason);
  finishRun(state, event, run, "cancelled", p);
}

function finishRun(state, event, run, outcome, p) {
  if (!run) return;
  run.iterations = numberOf(p.iterations);
  run.usage = usageOf(p.usage);
  run.cost = costOf(p.cost);
  endRun(state, event, run, outcome);
}

function endRun(state, event, run, outcome) {
  state.runs = without(state.runs, (open) => open.run_id === run.run_id);
  closeRun(state, run.run_id);
  run.state = outcome;
  run.ended = textOf(event.ts);
  run.status = null;
  run.detail = "";
  run.settled_usage = run.usage;
  state.settled_usage = addUsage(state.settled_usage, run.usage);
  if (run.cost !== null) state.settled_cost = addCost(state.settled_cost, run.cost);
  else if (run.usage.total > 0) ++state.unpriced_runs;
  countUsage(state);
  if (state.ended_runs.length >= MAX_ENDED_RUNS) {
    state.ended_runs.shift();
    ++state.ended_runs_dropped;
  }
  state.ended_runs.push(run);
}

/// Ends what belongs to a run that is no longer among the open ones.
function closeRun(state, run_id) {
  closeTurn(state, run_id);
  const ofRun = (entry) => entry.run_id === run_id;
  state.workflows = without(state.workflows, ofRun);
  state.workflow_steps = without(state.workflow_steps, ofRun);
  state.subagents = without(
    state.subagents,
    (entry) => entry.run_id === run_id || entry.child_run_id === run_id,
  );
  // A background task may outlive the run that started it, as long as its own run lasts.
  state.background_tasks = without(state.background_tasks, (task) => {
    if (task.child_run_id === run_id) return true;
    return task.run_id === run_id && !state.runs.some((run) => run.run_id === task.child_run_id);
  });
}

const REDUCERS = new Map([
  ["session_created", onSessionCreated],
  ["session_restored", onSessionRestored],
  ["session_closed", onSessionClosed],
  [
    "workspace_updated",
    ({ state }, p) => {
      state.workspace = textOf(p.root);
    },
  ],
  ["run_started", onRunStarted],
  ["turn_started", onTurnStarted],
  ["turn_ended", onTurnEnded],
  ["status_update", onStatusUpdate],
  ["plan_updated", onPlanUpdated],
  ["usage_update", onUsageUpdate],
  ["error", noteError],
  ["agent_error", noteError],
  ["run_completed", onRunCompleted],
  ["run_failed", onRunFailed],
  ["run_cancelled", onRunCancelled],
  ...MODEL_REDUCERS,
  ...TOOL_REDUCERS,
  ...WORK_REDUCERS,
]);
