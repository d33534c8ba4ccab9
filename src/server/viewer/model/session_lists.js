// What the parts of the session reducer share: the lists of what is open, and what is summed up.

import { MAX_OPEN } from "./session_bounds.js";
import { addCost, addUsage } from "./usage.js";
import { textOf, without } from "./values.js";

/// The lists of what belongs to one iteration of a run.
const TURN_LISTS = [
  "model_requests",
  "open_messages",
  "open_calls",
  "running_tools",
  "pending_approvals",
  "retries",
];

/// Every list of what is open besides the runs.
export const OPEN_LISTS = [
  ...TURN_LISTS,
  "workflows",
  "workflow_steps",
  "subagents",
  "background_tasks",
];

/// Appends an entry; the oldest goes when the list is full.
export function addEntry(state, list, entry) {
  if (state[list].length >= MAX_OPEN) {
    state[list].shift();
    ++state.forgotten;
  }
  state[list].push(entry);
  return entry;
}

export function removeOfRun(state, run_id, lists) {
  for (const list of lists) {
    state[list] = without(state[list], (entry) => entry.run_id === run_id);
  }
}

/// Ends what belongs to one iteration of a run.
export function closeTurn(state, run_id) {
  removeOfRun(state, run_id, TURN_LISTS);
}

/// The session's usage is the sum over its runs.
export function countUsage(state) {
  state.usage = state.settled_usage;
  state.cost = state.settled_cost;
  for (const run of state.runs) {
    state.usage = addUsage(state.usage, run.usage);
    if (run.cost !== null) state.cost = addCost(state.cost, run.cost);
  }
}

export function noteError({ state, event, run_id }, p) {
  state.last_error = {
    run_id,
    ts: textOf(event.ts),
    error: textOf(p.error),
    error_code: textOf(p.error_code),
  };
}
