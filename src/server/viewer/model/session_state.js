// What somebody who joins late must know to draw the present: the events of a session, folded. It
// mirrors the server's SessionState event by event: the members have the names of its JSON, and
// toJSON() gives what the server would write after the same events. Money is a number of US
// dollars. An optional member is "", null or an empty list where the JSON has none.

import { reduceEvent } from "./session_reducer.js";
import { MAX_OPEN, MAX_OUTPUT_BYTES, MAX_TEXT_BYTES, MAX_ENDED_RUNS } from "./session_bounds.js";
import { TextSoFar } from "./text_so_far.js";
import { noUsage, usageOf } from "./usage.js";
import { listOf, numberOf, objectOf, textOf } from "./values.js";

const EPOCH = "1970-01-01T00:00:00.000000000Z";

// Members that are left out of the JSON when they are empty.
const RUN_OPTIONAL = [
  "parent_run_id",
  "workflow_id",
  "started",
  "ended",
  "status",
  "detail",
  "cost",
  "finish_reason",
  "error",
  "error_code",
  "reason",
];
const OPTIONAL = new Map([
  ["runs", RUN_OPTIONAL],
  ["ended_runs", RUN_OPTIONAL],
  ["open_calls", ["arguments"]],
  ["running_tools", ["started", "arguments", "message", "progress", "data"]],
  ["pending_approvals", ["expires_at"]],
  ["retries", ["fallback_to"]],
  ["workflows", ["parent_workflow_id", "message"]],
  ["workflow_steps", ["message"]],
  ["subagents", ["call_id"]],
]);
const LISTS = [
  "runs",
  "ended_runs",
  "model_requests",
  "open_messages",
  "open_calls",
  "running_tools",
  "pending_approvals",
  "retries",
  "workflows",
  "workflow_steps",
  "subagents",
  "background_tasks",
];
const TEXTS = new Map([
  ["open_messages", ["content"]],
  ["open_calls", ["arguments_text"]],
  ["running_tools", ["stdout", "stderr"]],
]);

/// An empty text counts as nothing, but not where any JSON value may stand.
function isEmpty(member, value) {
  if (value === null || value === undefined) return true;
  return value === "" && member !== "arguments" && member !== "data";
}

function withoutEmpty(entry, optional) {
  const json = { ...entry };
  for (const member of optional) {
    if (isEmpty(member, json[member])) delete json[member];
  }
  return json;
}

function entryFrom(json, optional, texts) {
  const entry = { ...objectOf(json) };
  for (const member of optional) {
    if (entry[member] === undefined) entry[member] = null;
  }
  for (const member of texts) entry[member] = TextSoFar.from(entry[member]);
  return entry;
}

export class SessionState {
  static max_text_bytes = MAX_TEXT_BYTES;
  static max_output_bytes = MAX_OUTPUT_BYTES;
  static max_ended_runs = MAX_ENDED_RUNS;
  static max_open = MAX_OPEN;

  constructor() {
    this.last_seq = 0;
    this.missed = 0;
    this.ts = EPOCH;
    this.session_id = "";
    this.workspace = "";
    this.title = "";
    this.client = "";
    this.runs = [];
    this.ended_runs = [];
    this.ended_runs_dropped = 0;
    this.model_requests = [];
    this.open_messages = [];
    this.open_calls = [];
    this.running_tools = [];
    this.pending_approvals = [];
    this.retries = [];
    this.workflows = [];
    this.workflow_steps = [];
    this.subagents = [];
    this.background_tasks = [];
    this.forgotten = 0;
    this.plan = [];
    this.committed_messages = 0;
    this.usage = noUsage();
    this.settled_usage = noUsage();
    this.cost = 0;
    this.settled_cost = 0;
    this.unpriced_runs = 0;
    this.created = null;
    this.restored = null;
    this.closed = null;
    this.close_reason = "";
    this.last_error = null;
  }

  /// The state that a snapshot of the server holds; what it lacks is empty.
  static fromSnapshot(snapshot) {
    const json = objectOf(snapshot);
    const state = new SessionState();
    for (const member of [
      "last_seq",
      "missed",
      "ended_runs_dropped",
      "forgotten",
      "committed_messages",
      "cost",
      "settled_cost",
      "unpriced_runs",
    ]) {
      state[member] = numberOf(json[member]);
    }
    for (const member of ["session_id", "workspace", "title", "client", "close_reason"]) {
      state[member] = textOf(json[member]);
    }
    state.ts = textOf(json.ts) || EPOCH;
    for (const list of LISTS) {
      const optional = OPTIONAL.get(list) ?? [];
      const texts = TEXTS.get(list) ?? [];
      state[list] = listOf(json[list]).map((entry) => entryFrom(entry, optional, texts));
    }
    for (const run of [...state.runs, ...state.ended_runs]) {
      run.usage = usageOf(run.usage);
      run.settled_usage = usageOf(run.settled_usage);
      run.plan = listOf(run.plan);
    }
    state.plan = listOf(json.plan);
    state.usage = usageOf(json.usage);
    state.settled_usage = usageOf(json.settled_usage);
    for (const member of ["created", "restored", "closed", "last_error"]) {
      state[member] = json[member] ?? null;
    }
    return state;
  }

  /// Folds one event. One whose seq is not greater than last_seq is a repeat and is ignored; so is
  /// one that was never published.
  apply(event) {
    const seq = event?.seq;
    if (!Number.isSafeInteger(seq) || seq <= this.last_seq) return;
    const gap = seq - this.last_seq - 1;
    if (gap > 0) this.#markIncomplete();
    this.missed += gap;
    this.last_seq = seq;
    this.ts = textOf(event.ts);
    if (this.session_id === "") this.session_id = textOf(event.session_id);
    reduceEvent(this, event);
  }

  /// Whether nothing is open: no run, message, tool, approval, workflow or task.
  idle() {
    return LISTS.every((list) => list === "ended_runs" || this[list].length === 0);
  }

  /// As the server's JSON: times are texts, members that are empty and optional are absent.
  toJSON() {
    const json = { ...this };
    for (const [list, optional] of OPTIONAL) {
      json[list] = this[list].map((entry) => withoutEmpty(entry, optional));
    }
    return withoutEmpty(json, ["created", "restored", "closed", "close_reason", "last_error"]);
  }

  #markIncomplete() {
    for (const request of this.model_requests) request.complete = false;
    for (const message of this.open_messages) {
      if (!message.finished) message.content.complete = false;
    }
    for (const call of this.open_calls) {
      if (!call.ready) call.arguments_text.complete = false;
    }
    for (const tool of this.running_tools) {
      tool.stdout.complete = false;
      tool.stderr.complete = false;
    }
  }
}
