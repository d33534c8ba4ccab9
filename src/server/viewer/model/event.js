// The event types and what follows from an event alone: scope, stage, status, a line for people and
// the time. An event is the parsed JSON of the native form; unknown types and odd shapes are taken
// as they come: their scope is "system", their stage "progress".

import { objectOf, textOf } from "./values.js";

const PROGRESS = "progress";

// SCOPE STAGE: TYPES
const TABLE = `
session started: session_created session_restored
session completed: session_closed
session progress: workspace_updated
workflow started: workflow_started
workflow progress: workflow_progress
workflow completed: workflow_completed
workflow failed: workflow_failed
workflow cancelled: workflow_cancelled
workflow_step started: workflow_step_started
workflow_step progress: workflow_step_progress
workflow_step completed: workflow_step_completed
workflow_step failed: workflow_step_failed
workflow_step cancelled: workflow_step_cancelled
agent started: run_started
agent progress: turn_started turn_ended status_update user_message context_built
agent progress: assistant_delta assistant_message message_committed message_discarded
agent progress: compaction compaction_failed compaction_circuit_opened doom_loop_detected
agent progress: budget_exceeded plan_updated memory_written guardrail_triggered
agent started: subagent_started
agent completed: subagent_finished
agent started: background_task_started
agent completed: background_task_finished
agent cancelled: background_task_cancelled
agent progress: execution_summary error agent_error
agent completed: run_completed
agent failed: run_failed
agent cancelled: run_cancelled
llm started: model_started
llm progress: token_delta reasoning_delta structured_delta tool_call_begin tool_call_delta
llm progress: tool_call_ready usage_update retry
llm completed: model_completed
llm failed: model_failed
tool progress: approval_requested approval_resolved
tool started: tool_call_started
tool progress: tool_output
tool completed: tool_call_completed
tool cancelled: tool_call_cancelled
tool failed: tool_call_denied
tool progress: bash_started bash_executed cell_executed
file progress: file_created file_modified file_deleted file_tree_update
deploy progress: scaffold_complete preview_update preview_ready deployment_ready
deploy progress: server_starting server_ready server_stopped screenshot_taken
system progress: system_notice custom`;

function eventTypes() {
  const types = new Map();
  for (const [, scope, stage, names] of TABLE.matchAll(/^(\w+) (\w+): (.*)$/gm)) {
    for (const name of names.split(" ")) types.set(name, Object.freeze({ scope, stage }));
  }
  return types;
}

/// Every event type in the order of the vocabulary: name -> {scope, stage}.
export const EVENT_TYPES = eventTypes();

/// The type's name; empty where the event has none.
export function typeOf(event) {
  return textOf(event?.type);
}

export function scopeOfType(type) {
  return EVENT_TYPES.get(type)?.scope ?? "system";
}

export function scopeOf(event) {
  return scopeOfType(event?.type);
}

export function stageOf(event) {
  return EVENT_TYPES.get(event?.type)?.stage ?? PROGRESS;
}

const OUTCOMES = new Set(["completed", "failed", "cancelled"]);

/// pending, running, completed, failed or cancelled, as the vocabulary derives it.
export function statusOf(event) {
  const data = objectOf(event?.data);
  switch (event?.type) {
    case "approval_requested":
      return "pending";
    case "tool_call_completed":
      return data.success === true ? "completed" : "failed";
    case "subagent_finished":
    case "background_task_finished":
      if (data.outcome === "detached") return "running";
      return OUTCOMES.has(data.outcome) ? data.outcome : "completed";
    default: {
      const stage = stageOf(event);
      return stage === "started" || stage === PROGRESS ? "running" : stage;
    }
  }
}

/// Whether the event ends a run.
export function isTerminal(event) {
  const type = event?.type;
  return type === "run_completed" || type === "run_failed" || type === "run_cancelled";
}

// The members that hold the line for people, where they are not the usual ones.
const LINES = new Map([
  ["status_update", (p) => textOf(p.detail) || textOf(p.status)],
  ["assistant_message", (p) => textOf(p.content) || textOf(p.refusal)],
  ["message_committed", (p) => textOf(objectOf(p.message).content)],
  ["budget_exceeded", (p) => `the budget of ${textOf(p.budget)} is used up`],
  ["subagent_started", (p) => textOf(p.input)],
  ["subagent_finished", (p) => textOf(p.output)],
  ["run_completed", (p) => textOf(p.output)],
  ["tool_call_completed", (p) => textOf(p.error) || textOf(p.output)],
  ["bash_started", (p) => textOf(p.command)],
  ["bash_executed", (p) => textOf(p.stderr) || textOf(p.stdout)],
  ["cell_executed", (p) => textOf(p.output)],
  ["custom", () => ""],
]);

const USUAL = ["error", "reason", "text", "delta", "description", "content", "message"];

/// A line for people: the error, the progress, the chunk; often empty.
export function messageOf(event) {
  const data = objectOf(event?.data);
  const line = LINES.get(event?.type);
  if (line) return line(data);
  for (const member of USUAL) {
    if (typeof data[member] === "string") return data[member];
  }
  return "";
}

const RFC3339 = /^(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/;

// Events come in order, so the minute is mostly the one of the time before.
const known = { text: "", time: NaN, minute: "", start: 0 };

function parse(text) {
  const parts = RFC3339.exec(text);
  if (!parts) return NaN;
  const whole = Date.parse(parts[1].toUpperCase() + parts[3].toUpperCase());
  return parts[2] ? whole + Number(`0.${parts[2]}`) * 1000 : whole;
}

/// Seconds and nanoseconds of a time with nine digits in UTC as milliseconds; NaN for other forms.
function withinMinute(text) {
  if (text.length !== 30 || text[19] !== "." || text[29] !== "Z") return NaN;
  let nanos = 0;
  for (let i = 17; i < 29; ++i) {
    if (i === 19) continue;
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return NaN;
    nanos = nanos * 10 + digit;
  }
  return nanos < 6e10 ? nanos / 1e6 : NaN;
}

/// The text of a time as milliseconds since 1970 with fractions; NaN where it is none.
export function parseTime(text) {
  if (typeof text !== "string") return NaN;
  if (text === known.text) return known.time;
  const within = withinMinute(text);
  let time;
  if (Number.isNaN(within)) {
    time = parse(text);
  } else {
    if (!text.startsWith(known.minute) || known.minute === "") {
      known.minute = text.slice(0, 17);
      known.start = parse(`${known.minute}00Z`);
    }
    time = known.start + within;
  }
  known.text = text;
  known.time = time;
  return time;
}

/// When the event was published, in milliseconds since 1970 with fractions; NaN if it does not say.
export function timeOf(event) {
  return parseTime(event?.ts);
}
