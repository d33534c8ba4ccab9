// The part of the transcript that a model writes: texts, reasoning, structured answers, and how its
// requests end.

import { finishCalls, voidCalls } from "./transcript_tools.js";
import { tellCost } from "./transcript_costs.js";
import { addUsage, noUsage, usageOf } from "./usage.js";
import { listOf, numberOf, numberOrNull, objectOf, remember, textOf } from "./values.js";

const KINDS = ["text", "structured", "reasoning"];

function keyOf(kind, message_id) {
  return `${kind} ${message_id}`;
}

function addMessage(scribe, kind, message_id) {
  const block = scribe.add(kind, {
    message_id,
    content: "",
    finished: false,
    discarded: null,
    refusal: "",
    incomplete: scribe.run.request?.complete === false,
    status: "running",
  });
  remember(scribe.run.messages, keyOf(kind, message_id), block);
  scribe.run.request?.blocks.push(block);
  return block;
}

function appendTo(kind) {
  return (scribe, p) => {
    const message_id = textOf(p.message_id);
    const block =
      scribe.run.messages.get(keyOf(kind, message_id)) ?? addMessage(scribe, kind, message_id);
    block.content += textOf(p.text);
    scribe.touch(block);
  };
}

export function finishMessage(scribe, block, incomplete) {
  if (block.finished) return;
  scribe.change(block, {
    finished: true,
    incomplete: block.incomplete || incomplete,
    end: scribe.ts,
    status: "completed",
  });
}

function onModelStarted(scribe, p) {
  const { run } = scribe;
  closeRequest(scribe, true, "The model was asked again.");
  run.request = { blocks: [], calls: [], complete: true };
  const model = textOf(p.model);
  if (run.turn) {
    scribe.change(run.turn, { model, attempts: numberOf(p.attempt) || run.turn.attempts + 1 });
  }
  if (run.block && (run.block.model !== model || run.block.provider !== textOf(p.provider))) {
    scribe.change(run.block, { model, provider: textOf(p.provider) });
  }
}

/// The end of the request was missed, or it has failed.
function closeRequest(scribe, missed, reason) {
  const { run } = scribe;
  for (const block of run.request?.blocks ?? []) finishMessage(scribe, block, missed);
  voidCalls(scribe, run.request?.calls ?? [], reason);
  run.request = null;
}

/// The event holds the whole text but does not say of which message: it repairs a message where
/// that is certain, and stands for one of which nothing was seen.
function repair(scribe, kinds, whole) {
  const { run } = scribe;
  const turn = numberOf(scribe.event.turn);
  const open = [...run.messages.values()].filter(
    (block) => kinds.includes(block.kind) && !block.finished && (block.turn === turn || turn === 0),
  );
  if (open.length === 1) {
    scribe.change(open[0], { content: whole, incomplete: false });
  } else if (open.length === 0 && whole !== "") {
    const block = addMessage(scribe, kinds[0], "");
    scribe.change(block, { content: whole, incomplete: false });
    run.messages.delete(keyOf(kinds[0], ""));
    run.unnamed.push(block);
  }
}

function onModelCompleted(scribe, p) {
  const { run } = scribe;
  const reasoning = textOf(p.reasoning);
  if (reasoning !== "") repair(scribe, ["reasoning"], reasoning);
  repair(scribe, ["text", "structured"], textOf(p.content));
  for (const block of [...run.messages.values(), ...run.unnamed]) {
    if (block.finished === false) finishMessage(scribe, block, false);
  }
  finishCalls(scribe, listOf(p.tool_calls).map(objectOf));
  run.request = null;
  const model = textOf(scribe.event.model_id);
  const ttft_ms = numberOrNull(p.time_to_first_token_ms);
  run.ttft_ms ??= ttft_ms;
  if (!run.turn) return;
  scribe.change(run.turn, {
    usage: addUsage(run.turn.usage ?? noUsage(), usageOf(p.usage)),
    ttft_ms: run.turn.ttft_ms ?? ttft_ms,
    model: model || run.turn.model,
  });
}

function onModelFailed(scribe, p) {
  const { run } = scribe;
  const block = scribe.add("model_error", {
    error: textOf(p.error),
    error_code: textOf(p.error_code),
    http_status: numberOrNull(p.http_status),
    retry_after_ms: numberOrNull(p.retry_after_ms),
    duration_ms: numberOrNull(p.duration_ms),
    end: scribe.ts,
    status: p.error_code === "cancelled" ? "cancelled" : "failed",
  });
  for (const message of run.messages.values()) {
    if (message.finished === false) finishMessage(scribe, message, false);
  }
  closeRequest(scribe, false, "The model request failed.");
  scribe.owner = block;
}

function onMessageDiscarded(scribe, p) {
  const { run } = scribe;
  const message_id = textOf(p.message_id);
  const discarded = { attempt: numberOf(p.attempt), reason: textOf(p.reason) };
  for (const kind of KINDS) {
    const block = run.messages.get(keyOf(kind, message_id));
    if (!block) continue;
    finishMessage(scribe, block, false);
    scribe.change(block, { discarded, status: "cancelled" });
    run.messages.delete(keyOf(kind, message_id));
  }
}

/// The block of an answer whose id is known: the one that was streamed, or one whose id was not
/// seen, or a new one. Undefined where there is nothing to show.
function answerBlock(scribe, message_id, content) {
  const { run } = scribe;
  const streamed =
    run.messages.get(keyOf("text", message_id)) ??
    run.messages.get(keyOf("structured", message_id));
  if (streamed) return streamed;
  const at = run.unnamed.findIndex((block) => block.kind !== "reasoning");
  if (at >= 0) {
    const [block] = run.unnamed.splice(at, 1);
    block.message_id = message_id;
    remember(run.messages, keyOf(block.kind, message_id), block);
    return block;
  }
  return content === "" ? undefined : addMessage(scribe, "text", message_id);
}

function setAnswer(scribe, message_id, content, refusal) {
  const block = answerBlock(scribe, message_id, content || refusal);
  if (!block) {
    const reasoning = scribe.run.messages.get(keyOf("reasoning", message_id));
    if (reasoning) scribe.touch(reasoning);
    return;
  }
  if (content !== "" && content !== block.content) block.content = content;
  if (content !== "") block.incomplete = false;
  if (refusal !== "") block.refusal = refusal;
  scribe.touch(block);
  finishMessage(scribe, block, false);
  scribe.owner = block;
}

function onAssistantMessage(scribe, p) {
  setAnswer(scribe, textOf(p.message_id), textOf(p.content), textOf(p.refusal));
  const { cost, total_tokens } = objectOf(p.metadata);
  tellCost(scribe, cost, numberOf(total_tokens));
}

function onUserMessage(scribe, p) {
  const message_id = textOf(p.message_id);
  addUser(scribe, message_id, textOf(p.content), textOf(p.role) || "user");
}

function addUser(scribe, message_id, content, role) {
  const block = scribe.add("user", { message_id, content, role, end: scribe.ts });
  remember(scribe.run.messages, keyOf("user", message_id), block);
}

function onMessageCommitted(scribe, p) {
  const message = objectOf(p.message);
  const id = textOf(message.id);
  const content = textOf(message.content);
  if (message.role === "assistant") return setAnswer(scribe, id, content, "");
  if (message.role === "tool") return onToolMessage(scribe, message, content);
  const known = scribe.run.messages.get(keyOf("user", id));
  if (known) scribe.touch(known);
  else addUser(scribe, id, content, textOf(message.role) || "user");
  return undefined;
}

/// The result of a call is in the conversation. Its end may have been missed; where nothing was
/// missed and the call was never started, it never ran, and the text says why.
function onToolMessage(scribe, message, content) {
  const call_id = textOf(message.tool_call_id);
  const block =
    scribe.run.calls.get(call_id) ??
    scribe.calls.get(call_id) ??
    scribe.addTool({ call_id, state: "running", incomplete: true });
  scribe.touch(block);
  if (!block.open) return;
  if (block.started === null && !block.incomplete) {
    scribe.change(block, { state: "denied", status: "failed", reason: content, end: scribe.ts });
    return;
  }
  block.setResult(content);
  scribe.change(block, { state: "completed", status: "completed", end: scribe.ts });
}

function onRetry(scribe, p) {
  scribe.add("retry", {
    attempt: numberOf(p.attempt),
    max_attempts: numberOf(p.max_attempts),
    delay_ms: numberOf(p.delay_ms),
    reason: textOf(p.reason),
    error_code: textOf(p.error_code),
    provider: textOf(p.provider),
    fallback_to: textOf(p.fallback_to),
    end: scribe.ts,
  });
}

export const MESSAGE_HANDLERS = [
  ["model_started", onModelStarted],
  ["token_delta", appendTo("text")],
  ["assistant_delta", appendTo("text")],
  ["reasoning_delta", appendTo("reasoning")],
  ["structured_delta", appendTo("structured")],
  ["model_completed", onModelCompleted],
  ["model_failed", onModelFailed],
  ["retry", onRetry],
  ["user_message", onUserMessage],
  ["message_committed", onMessageCommitted],
  ["message_discarded", onMessageDiscarded],
  ["assistant_message", onAssistantMessage],
];
