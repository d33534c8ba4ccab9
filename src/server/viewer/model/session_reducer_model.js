// The part of the session reducer for what a model writes: its requests, messages and tool calls.

import { MAX_TEXT_BYTES } from "./session_bounds.js";
import { addEntry, countUsage, removeOfRun } from "./session_lists.js";
import { TextSoFar } from "./text_so_far.js";
import { addUsage, costOf, usageOf } from "./usage.js";
import { listOf, newest, numberOf, objectOf, textOf, without } from "./values.js";

const REQUEST_LISTS = ["model_requests", "open_messages", "open_calls", "retries"];

function onModelStarted({ state, event, run, run_id }, p) {
  removeOfRun(state, run_id, REQUEST_LISTS);
  addEntry(state, "model_requests", {
    run_id,
    provider: textOf(p.provider),
    model: textOf(p.model),
    iteration: numberOf(p.iteration),
    attempt: numberOf(p.attempt),
    started: textOf(event.ts),
    complete: true,
  });
  if (!run) return;
  run.provider = textOf(p.provider);
  run.model = textOf(p.model);
}

function appendTo(kind) {
  return ({ state, run_id }, p) => {
    const message_id = textOf(p.message_id);
    let message = newest(
      state.open_messages,
      (open) => open.kind === kind && open.message_id === message_id && open.run_id === run_id,
    );
    if (!message) {
      const content = new TextSoFar();
      content.complete = nothingMissedSinceRequest(state, run_id);
      message = addEntry(state, "open_messages", {
        run_id,
        message_id,
        kind,
        content,
        finished: false,
      });
    }
    message.content.append(textOf(p.text), MAX_TEXT_BYTES);
  };
}

function openRequest(state, run_id) {
  return newest(state.model_requests, (open) => open.run_id === run_id);
}

function nothingMissedSinceRequest(state, run_id) {
  const request = openRequest(state, run_id);
  return request ? request.complete : state.missed === 0;
}

/// The call that is being written; an unknown one is added.
function openCall({ state, event, run_id }, call_id, tool_name) {
  let call = newest(state.open_calls, (open) => open.call_id === call_id && open.run_id === run_id);
  if (!call) {
    const arguments_text = new TextSoFar();
    arguments_text.complete =
      event.type === "tool_call_begin" || nothingMissedSinceRequest(state, run_id);
    call = addEntry(state, "open_calls", {
      run_id,
      call_id,
      tool_name: "",
      index: 0,
      ready: false,
      arguments_text,
      arguments: null,
    });
  }
  if (tool_name !== "") call.tool_name = tool_name;
  return call;
}

function makeReady(call, json) {
  call.ready = true;
  call.arguments_text = new TextSoFar();
  call.arguments = json ?? null;
}

function onToolCallBegin(context, p) {
  openCall(context, textOf(p.call_id), textOf(p.tool_name)).index = numberOf(p.index);
}

function onToolCallDelta(context, p) {
  const call = openCall(context, textOf(p.call_id), "");
  call.arguments_text.append(textOf(p.delta), MAX_TEXT_BYTES);
}

function onToolCallReady(context, p) {
  makeReady(openCall(context, textOf(p.call_id), textOf(p.tool_name)), p.arguments);
}

function onRetry({ state, event, run_id }, p) {
  removeOfRun(state, run_id, ["retries"]);
  addEntry(state, "retries", {
    run_id,
    attempt: numberOf(p.attempt),
    max_attempts: numberOf(p.max_attempts),
    delay_ms: numberOf(p.delay_ms),
    reason: textOf(p.reason),
    error_code: textOf(p.error_code),
    provider: textOf(p.provider),
    announced: textOf(event.ts),
    fallback_to: textOf(p.fallback_to),
  });
}

function onModelCompleted(context, p) {
  const { state, event, run, run_id } = context;
  finishMessages(context, p);
  finishCalls(context, listOf(p.tool_calls).map(objectOf));
  removeOfRun(state, run_id, ["model_requests", "retries"]);
  const usage = usageOf(p.usage);
  if (run) {
    run.model = textOf(event.model_id) || run.model;
    run.usage = addUsage(run.usage, usage);
  } else {
    state.settled_usage = addUsage(state.settled_usage, usage);
  }
  countUsage(state);
}

/// Nothing will be added to the messages of this request. The event holds the whole text but does
/// not say of which message, so it repairs a message only where that is certain.
function finishMessages({ state, event, run_id }, p) {
  // Of a former request whose commit was missed.
  state.open_messages = without(
    state.open_messages,
    (open) => open.finished && open.run_id === run_id,
  );
  if (endsKnownRequest(state, event, run_id)) {
    repairMessage(state, run_id, textOf(p.content), (kind) => kind !== "reasoning");
    const reasoning = textOf(p.reasoning);
    if (reasoning !== "") repairMessage(state, run_id, reasoning, (kind) => kind === "reasoning");
  }
  for (const open of state.open_messages) {
    if (open.run_id === run_id) open.finished = true;
  }
}

/// Whether the event is the end of the request whose start was seen. After a gap it may be that of
/// a later one; a run makes one request per turn.
function endsKnownRequest(state, event, run_id) {
  const request = openRequest(state, run_id);
  const turn = numberOf(event.turn);
  return request && (request.complete || (turn !== 0 && turn === request.iteration));
}

function repairMessage(state, run_id, whole, belongs) {
  const fitting = state.open_messages.filter(
    (open) => open.run_id === run_id && belongs(open.kind),
  );
  if (fitting.length === 1) fitting[0].content.assign(whole, MAX_TEXT_BYTES);
}

/// All calls of the request are known now; what was begun and is not among them will not run.
function finishCalls(context, calls) {
  const { state, run_id } = context;
  const made = new Set(calls.map((call) => textOf(call.call_id)));
  state.open_calls = without(
    state.open_calls,
    (open) => open.run_id === run_id && !open.ready && !made.has(open.call_id),
  );
  calls.forEach((call, index) => {
    const ready = openCall(context, textOf(call.call_id), textOf(call.tool_name));
    ready.index = index;
    makeReady(ready, call.arguments);
  });
}

function onAssistantMessage(context, p) {
  closeMessage(context, p.message_id);
  const cost = costOf(objectOf(p.metadata).cost);
  if (!context.run || cost === null) return;
  context.run.cost = cost;
  countUsage(context.state);
}

function onMessageCommitted(context, p) {
  ++context.state.committed_messages;
  closeMessage(context, objectOf(p.message).id);
}

function closeMessage({ state, run_id }, id) {
  const message_id = textOf(id);
  state.open_messages = without(
    state.open_messages,
    (open) => open.message_id === message_id && open.run_id === run_id,
  );
}

export const MODEL_REDUCERS = [
  ["model_started", onModelStarted],
  ["token_delta", appendTo("text")],
  ["assistant_delta", appendTo("text")],
  ["reasoning_delta", appendTo("reasoning")],
  ["structured_delta", appendTo("structured")],
  ["tool_call_begin", onToolCallBegin],
  ["tool_call_delta", onToolCallDelta],
  ["tool_call_ready", onToolCallReady],
  ["retry", onRetry],
  ["model_completed", onModelCompleted],
  ["model_failed", ({ state, run_id }) => removeOfRun(state, run_id, REQUEST_LISTS)],
  ["message_discarded", (context, p) => closeMessage(context, p.message_id)],
  ["assistant_message", onAssistantMessage],
  ["message_committed", onMessageCommitted],
];
