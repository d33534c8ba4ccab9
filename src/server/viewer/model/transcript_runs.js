// The part of the transcript for the session, its runs and their turns.

import { setTurnCosts, tellCost } from "./transcript_costs.js";
import { finishMessage } from "./transcript_messages.js";
import { closeCalls } from "./transcript_tools.js";
import { noUsage, usageOf } from "./usage.js";
import { numberOf, numberOrNull, objectOf, textOf } from "./values.js";

const INTERRUPTED = "the session was restored before the run had ended";

function notice(scribe, title, detail) {
  scribe.add("notice", { topic: "session", title, detail, end: scribe.ts });
}

function onRunStarted(scribe, p) {
  const { run } = scribe;
  if (!run.block) return;
  scribe.change(run.block, {
    model: textOf(p.model),
    provider: textOf(p.provider),
    max_turns: numberOf(p.max_rounds),
    started: true,
  });
}

/// What belongs to one iteration of the run is over.
function closeTurn(scribe) {
  const { run } = scribe;
  for (const block of run.messages.values()) {
    if (block.finished === false) finishMessage(scribe, block, true);
  }
  closeCalls(scribe);
  run.request = null;
  run.unnamed = [];
}

function endTurn(scribe, members) {
  const { run } = scribe;
  if (!run.turn || run.turn.ended) return;
  scribe.change(run.turn, { ended: true, end: scribe.ts, ...members });
  setTurnCosts(scribe, run.costs.end(run.turn.usage ?? noUsage()));
}

function onTurnStarted(scribe, p) {
  const { run } = scribe;
  closeTurn(scribe);
  endTurn(scribe, { status: "completed" });
  run.messages.clear();
  run.calls.clear();
  scribe.owner = null;
  const turn = scribe.add("turn", {
    turn: numberOf(p.turn),
    max_turns: numberOf(p.max_turns),
    ended: false,
    stop_reason: null,
    usage: null,
    cost: null,
    cost_about: false, // the cost is its part of that of several turns
    duration_ms: null,
    ttft_ms: null,
    model: "",
    attempts: 0,
    status: "running",
  });
  run.turn = turn;
  run.costs.begin(turn);
  scribe.owner = turn;
}

function onTurnEnded(scribe, p) {
  const { run } = scribe;
  closeTurn(scribe);
  if (!run.turn || run.turn.ended) return;
  const cancelled = p.stop_reason === "cancelled";
  const failed = p.stop_reason === "error";
  endTurn(scribe, {
    stop_reason: textOf(p.stop_reason),
    usage: usageOf(p.usage),
    duration_ms: numberOrNull(p.duration_ms),
    status: cancelled ? "cancelled" : failed ? "failed" : "completed",
  });
  scribe.owner = run.turn;
}

function onStatusUpdate(scribe, p) {
  const { run } = scribe;
  if (!run.block) return;
  scribe.change(run.block, { activity: textOf(p.status), activity_detail: textOf(p.detail) });
}

/// Ends a run: what is still open in it ends too.
function endRun(scribe, state, members) {
  const { run } = scribe;
  closeTurn(scribe);
  endTurn(scribe, { status: state });
  if (run.block) {
    scribe.change(run.block, {
      state,
      status: state,
      end: scribe.ts,
      activity: "",
      activity_detail: "",
    });
  }
  scribe.owner = null;
  scribe.owner = scribe.add("run_end", {
    state,
    status: state,
    turn: 0,
    end: scribe.ts,
    finish_reason: null,
    reason: "",
    error: "",
    error_code: null,
    usage: null,
    cost: null,
    duration_ms: null,
    llm_calls: null,
    tool_calls: null,
    iterations: null,
    ttft_ms: run.ttft_ms,
    output: "",
    ...members,
  });
  run.ended = true;
  scribe.open_runs.delete(run);
}

/// The run of a task that was detached: nobody else tells that the task is over.
function endDetached(scribe, state) {
  const task = scribe.hosts.get(scribe.run.run_id)?.block;
  if (task?.kind !== "background" || task.outcome !== "detached") return;
  scribe.change(task, { outcome: state, state, status: state, end: scribe.ts });
}

function onRunEnd(state) {
  return (scribe, p) => {
    if (!scribe.run.block) return;
    endDetached(scribe, state);
    endRun(scribe, state, {
      finish_reason: textOf(p.finish_reason) || null,
      reason: textOf(p.reason),
      error: textOf(p.error),
      error_code: textOf(p.error_code) || null,
      usage: usageOf(p.usage),
      cost: numberOrNull(p.cost),
      duration_ms: numberOrNull(p.duration_ms),
      llm_calls: numberOrNull(p.llm_calls),
      tool_calls: numberOrNull(p.tool_calls),
      iterations: numberOrNull(p.iterations),
      output: textOf(p.output),
    });
    tellCost(scribe, p.cost, usageOf(p.usage).total);
  };
}

function onSessionCreated(scribe, p) {
  const details = [textOf(p.title), textOf(p.workspace), textOf(p.client)];
  notice(scribe, "Session created", details.filter((detail) => detail !== "").join(" · "));
}

/// The process that ran whatever is open is gone, so none of it will end by itself.
function onSessionRestored(scribe, p) {
  const { run: own } = scribe;
  for (const run of [...scribe.open_runs]) {
    scribe.run = run;
    if (run.block) endRun(scribe, "failed", { error: INTERRUPTED, error_code: "interrupted" });
    else closeTurn(scribe);
  }
  scribe.run = own;
  scribe.owner = null;
  for (const [id, task] of scribe.tasks) {
    if (task.state === "running") {
      scribe.change(task, { state: "cancelled", status: "cancelled", end: scribe.ts });
    }
    scribe.tasks.delete(id);
  }
  for (const work of scribe.works.values()) {
    if (work.block.state !== "running") continue;
    scribe.change(work.block, {
      state: "failed",
      status: "failed",
      error: INTERRUPTED,
      end: scribe.ts,
    });
  }
  scribe.owner = null;
  notice(
    scribe,
    "Session restored",
    `${numberOf(p.events)} events, ${numberOf(p.messages)} messages`,
  );
}

/// So many events behind the seq `after` were never seen: what they may have held a part of is
/// marked, and their count stands where the reader is.
export function writeGap(scribe, after, missed) {
  scribe.event = objectOf(scribe.event);
  scribe.type = "";
  scribe.owner = null;
  const own = scribe.latest;
  for (const run of scribe.open_runs) {
    scribe.run = run;
    if (run.request) run.request.complete = false;
    for (const block of run.messages.values()) {
      if (block.finished === false) scribe.change(block, { incomplete: true });
    }
    for (const block of run.calls.values()) {
      if (block.open) scribe.change(block, { incomplete: true });
    }
  }
  scribe.run = own.ended ? scribe.nobody : own;
  const before = scribe.gap;
  if (before?.last_seq === after) {
    // The server tells of each damaged record; for a reader they are one gap.
    scribe.change(before, { missed: before.missed + missed, last_seq: after + missed });
    return;
  }
  const seq = after + 1;
  scribe.gap = scribe.add("gap", {
    after,
    missed,
    seq,
    last_seq: seq + missed - 1,
    end: scribe.ts,
  });
}

export const RUN_HANDLERS = [
  ["session_created", onSessionCreated],
  ["session_restored", onSessionRestored],
  ["session_closed", (scribe, p) => notice(scribe, "Session closed", textOf(p.reason))],
  ["run_started", onRunStarted],
  ["turn_started", onTurnStarted],
  ["turn_ended", onTurnEnded],
  ["status_update", onStatusUpdate],
  ["run_completed", onRunEnd("completed")],
  ["run_failed", onRunEnd("failed")],
  ["run_cancelled", onRunEnd("cancelled")],
];
