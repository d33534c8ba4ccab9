// What turns and runs have cost, when their first token came, and what is known before they end.

import { strict as assert } from "node:assert";
import { test } from "node:test";

import { Session } from "../../../src/server/viewer/model/session.js";
import { costText } from "../../../src/server/viewer/view/session_header.js";
import { feed, goldenRun, Trace } from "./model_events.mjs";

const usage = (prompt, completion, more = {}) =>
  ({ prompt, completion, total: prompt + completion, ...more });

function turn(trace, number, used, { ttft = 10 * number, ends = true, answer = null } = {}) {
  trace.in({ turn: number }).after(5).add("turn_started", { turn: number, max_turns: 9 });
  trace.add("model_started", { provider: "p", model: "m", iteration: number, attempt: 1 });
  trace.after(100).add("model_completed", { usage: used, time_to_first_token_ms: ttft });
  if (answer) {
    trace.add("assistant_message", {
      message_id: `m${number}`,
      content: "so be it",
      metadata: { cost: answer.cost, total_tokens: answer.total },
    });
  }
  if (ends) trace.add("turn_ended", { turn: number, stop_reason: "stop", usage: used });
  return trace.in({ turn: undefined });
}

const begun = () => new Trace().add("run_started", { provider: "p", model: "m" });
const ended = (trace, cost, used, type = "run_completed") =>
  trace.add(type, { usage: used, cost, duration_ms: 1, llm_calls: 1, tool_calls: 0 });
const session = (trace) => feed(new Session("s1"), trace.events);

/// [cost, whether it is a part of several] of each turn: the transcript and the spans say the same.
function costsOf({ transcript, spans, faults }) {
  assert.equal(faults, 0);
  const pick = (list) => list.filter((one) => one.kind === "turn")
    .map((one) => [one.cost, one.cost_about]);
  const costs = pick(transcript.items);
  assert.deepEqual(pick(spans.all), costs);
  return costs;
}

test("the only turn has all of the run's cost", () => {
  const trace = turn(begun(), 1, usage(100, 10));
  assert.deepEqual(costsOf(session(trace)), [[null, false]]);
  assert.deepEqual(costsOf(session(ended(trace, 0.25, usage(100, 10)))), [[0.25, false]]);
});

test("turns share what was told of them together, output counts more", () => {
  const trace = turn(turn(begun(), 1, usage(100, 0)), 2, usage(100, 25));
  ended(trace, 0.03, usage(200, 25));
  assert.deepEqual(costsOf(session(trace)), [[0.01, true], [0.02, true]]);
});

test("input from the cache counts less", () => {
  const trace = turn(turn(begun(), 1, usage(100, 0)), 2, usage(400, 0, { cached: 400 }));
  ended(trace, 0.04, usage(500, 0, { cached: 400 }));
  assert.deepEqual(costsOf(session(trace)), [[0.02, true], [0.02, true]]);
});

test("what was told after each turn is exact", () => {
  const trace = turn(begun(), 1, usage(100, 10));
  trace.add("usage_update", { usage: usage(100, 10), cost: 0.1 });
  turn(trace, 2, usage(200, 10)).add("usage_update", { usage: usage(300, 20), cost: 0.4 });
  ended(trace, 0.4, usage(300, 20));
  assert.deepEqual(costsOf(session(trace)), [[0.1, false], [0.3, false]]);
});

test("what an answer tells is that of its turn as well, although the turn has not ended", () => {
  const trace = turn(begun(), 1, usage(100, 10), { answer: { cost: 0.1, total: 110 } });
  turn(trace, 2, usage(200, 10), { answer: { cost: 0.4, total: 320 } });
  assert.deepEqual(costsOf(session(trace)), [[0.1, false], [0.3, false]]);
  turn(trace, 3, usage(200, 10), { answer: { cost: 0.6, total: 530 }, ends: false });
  assert.deepEqual(costsOf(session(trace)), [[0.1, false], [0.3, false], [null, false]]);
  ended(trace, 0.6, usage(500, 30), "run_cancelled");
  assert.deepEqual(costsOf(session(trace)), [[0.1, false], [0.3, false], [0.2, false]]);
});

test("turns that were missed keep their part", () => {
  const trace = turn(begun().skip(20), 2, usage(90, 10));
  ended(trace, 0.4, usage(360, 40));
  assert.deepEqual(costsOf(session(trace)), [[0.1, true]]);
});

test("where no cost was told, or none that can be, turns have none", () => {
  const unpriced = ended(turn(begun(), 1, usage(100, 10)), undefined, usage(100, 10));
  assert.deepEqual(costsOf(session(unpriced)), [[null, false]]);
  const falling = turn(begun(), 1, usage(1, 1)).add("usage_update", { usage: usage(1, 1), cost: 2 });
  ended(turn(falling, 2, usage(1, 1)), 1, usage(2, 2));
  assert.deepEqual(costsOf(session(falling)), [[2, false], [null, false]]);
  const empty = turn(turn(begun(), 1, usage(0, 0)), 2, usage(0, 0));
  assert.deepEqual(costsOf(session(ended(empty, 1, usage(0, 0)))), [[null, false], [null, false]]);
});

test("an event that tells what turns have cost does not become one of theirs", () => {
  const { transcript, spans } = session(goldenRun());
  for (const list of [transcript.items, spans.all]) {
    const first = list.find(({ kind }) => kind === "turn");
    assert.ok(first.cost > 0 && first.cost_about);
    assert.ok(!first.types.has("run_completed") && !first.types.has("usage_update"));
  }
});

test("a run has the first token of its first answer", () => {
  const trace = turn(turn(begun(), 1, usage(1, 1), { ttft: 70 }), 2, usage(1, 1), { ttft: 30 });
  const { transcript, spans } = session(ended(trace, 0.1, usage(2, 2)));
  assert.equal(transcript.items.find(({ kind }) => kind === "run_end").ttft_ms, 70);
  assert.deepEqual(spans.all.map(({ kind, ttft_ms }) => [kind, ttft_ms]),
    [["run", 70], ["turn", 70], ["model", 70], ["turn", 30], ["model", 30]]);
  assert.equal(spans.totals().ttft_ms, 50);
});

test("what is used so far is known before anything has ended", () => {
  const trace = turn(begun(), 1, usage(100, 10), { ends: false });
  const { transcript, spans } = session(trace);
  assert.deepEqual(transcript.items.find(({ kind }) => kind === "turn").usage, usage(100, 10));
  const totals = spans.all.map(({ kind, tokens }) => [kind, tokens.total]);
  assert.deepEqual(totals, [["run", 110], ["turn", 110], ["model", 110]]);
});

test("what the session has cost so far", () => {
  const said = (trace) => costText(session(trace).spans.totals());
  assert.equal(said(new Trace()), "none yet");
  const trace = turn(begun(), 1, usage(100, 10));
  assert.equal(said(trace), "not known yet");
  trace.add("usage_update", { usage: usage(100, 10), cost: 0.1 });
  assert.equal(said(trace), "$0.10 so far");
  assert.equal(session(trace).spans.all[0].cost, 0.1);
  assert.equal(said(ended(trace, 0.1, usage(100, 10))), "$0.10");
  turn(trace.in({ run_id: "r2" }).add("run_started", {}), 1, usage(100, 10));
  assert.equal(said(trace), "$0.10 so far");
  ended(trace, undefined, usage(100, 10));
  assert.equal(said(trace), "$0.10 + unpriced");
  trace.in({ run_id: "r3" }).add("run_started", {});
  assert.equal(said(trace), "$0.10 + unpriced so far");
  const unpriced = turn(begun(), 1, usage(100, 10));
  assert.equal(said(ended(unpriced, undefined, usage(100, 10))), "unknown");
});

test("a run that was interrupted has cost what was told", () => {
  const trace = turn(begun(), 1, usage(100, 10), { answer: { cost: 0.1, total: 110 } });
  trace.in({ run_id: undefined }).add("session_restored", { from_seq: 1, events: 5, messages: 1 });
  const restored = session(trace);
  assert.equal(costText(restored.spans.totals()), "$0.10");
  assert.deepEqual(costsOf(restored), [[0.1, false]]);
});
