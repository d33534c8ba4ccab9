// Short runs for the tests of the transcript, and ways to look at what became of them.

import { strict as assert } from "node:assert";

import { Session } from "../../../src/server/viewer/model/session.js";
import { feed, Trace } from "./model_events.mjs";

export const told = (trace) => feed(new Session("s1"), trace.events).transcript;
export const linesOf = ({ items }) =>
  items.map((block) => `${"  ".repeat(block.depth)}${block.kind}`);
export const only = (transcript, kind) => {
  const blocks = transcript.items.filter((block) => block.kind === kind);
  assert.equal(blocks.length, 1, `${blocks.length} ${kind}`);
  return blocks[0];
};
export const all = ({ items }, kind) => items.filter((block) => block.kind === kind);

/// A run whose first turn has begun.
export function begun(trace = new Trace()) {
  trace.add("run_started", { provider: "p", model: "m", max_rounds: 9, tools: [] });
  return trace.in({ turn: 1 }).add("turn_started", { turn: 1, max_turns: 9 });
}

export function asked(trace = begun(), attempt = 1) {
  return trace.add("model_started", { provider: "p", model: "m", iteration: 1, attempt });
}

export function ended(trace, type = "run_completed", data = {}) {
  const usage = { prompt: 1, completion: 2, total: 3 };
  trace.add("turn_ended", { turn: 1, stop_reason: "stop", usage, duration_ms: 1 });
  return trace
    .in({ turn: undefined })
    .add(type, { iterations: 1, usage, llm_calls: 1, tool_calls: 0, duration_ms: 1, ...data });
}

export function called(call_id, tool_name = "bash", trace = begun()) {
  return trace.add("tool_call_started", { call_id, tool_name, arguments: { x: 1 } });
}
