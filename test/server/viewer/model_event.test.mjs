// Event types, statuses and times. That status and message are those of the C++ code is tested by
// model_mirror_test.cpp.

import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import {
  EVENT_TYPES,
  isTerminal,
  messageOf,
  parseTime,
  scopeOf,
  stageOf,
  statusOf,
  timeOf,
} from "../../../src/server/viewer/model/event.js";

const HEADER = new URL("../../../include/strandbus/event/event_type.hpp", import.meta.url);

test("the event types are those of the header, in its order", () => {
  const rows = [...readFileSync(HEADER, "utf8").matchAll(/^ {2}X\((\w+), (\w+), (\w+)\)/gm)];
  assert.ok(rows.length > 70);
  const types = [...EVENT_TYPES].map(([name, { scope, stage }]) => [name, scope, stage]);
  assert.deepEqual(
    types,
    rows.map((row) => row.slice(1, 4)),
  );
});

test("an unknown type belongs to the system and is in progress", () => {
  for (const type of ["new_thing", "constructor", "__proto__", "", 7, null, undefined]) {
    const event = { type };
    assert.equal(scopeOf(event), "system");
    assert.equal(stageOf(event), "progress");
    assert.equal(statusOf(event), "running");
    assert.equal(isTerminal(event), false);
  }
});

test("a status follows from what the payload says", () => {
  const statusOfType = (type, data) => statusOf({ type, data });
  assert.equal(statusOfType("approval_requested", {}), "pending");
  assert.equal(statusOfType("tool_call_completed", { success: true }), "completed");
  assert.equal(statusOfType("tool_call_completed", { success: "yes" }), "failed");
  assert.equal(statusOfType("subagent_finished", { outcome: "cancelled" }), "cancelled");
  assert.equal(statusOfType("subagent_finished", { outcome: "toString" }), "completed");
  assert.equal(statusOfType("background_task_finished", { outcome: "failed" }), "failed");
  assert.equal(statusOfType("background_task_finished", { outcome: "detached" }), "running");
  assert.equal(statusOfType("run_failed", null), "failed");
});

test("the terminal events end a run", () => {
  const terminal = [...EVENT_TYPES.keys()].filter((type) => isTerminal({ type }));
  assert.deepEqual(terminal, ["run_completed", "run_failed", "run_cancelled"]);
});

test("a message is the line for people", () => {
  assert.equal(messageOf({ type: "retry", data: { reason: "reset" } }), "reset");
  assert.equal(messageOf({ type: "token_delta", data: { text: 7 } }), "");
  assert.equal(messageOf({ type: "unknown", data: { message: "hi" } }), "hi");
  assert.equal(messageOf(null), "");
});

test("times have nine digits, fractions and offsets", () => {
  const second = Date.UTC(2026, 10, 20, 15, 4, 5);
  assert.equal(parseTime("2026-11-20T15:04:05Z"), second);
  assert.equal(parseTime("2026-11-20T15:04:05.123456789Z"), second + 123.456789);
  assert.equal(parseTime("2026-11-20T15:04:06.000000000Z"), second + 1000);
  assert.equal(parseTime("2026-11-20T15:05:05.500000000Z"), second + 60500);
  assert.equal(parseTime("2026-11-20T17:04:05+02:00"), second);
  assert.equal(timeOf({ ts: "2026-11-20t15:04:05.5z" }), second + 500);
  assert.equal(parseTime("1969-12-31T23:59:59.500000000Z"), -500);
});

test("what is no time is NaN", () => {
  const wrong = [
    "",
    "2026",
    "2026-11-20T15:04:05",
    "2026-13-20T15:04:05.000000000Z",
    "2026-11-20T15:04:75.000000000Z",
    "2026-11-20T15:04:05.00000000xZ",
    12,
    null,
    undefined,
    {},
  ];
  for (const text of wrong) {
    assert.ok(Number.isNaN(parseTime(text)), String(text));
  }
  assert.ok(Number.isNaN(parseTime("9999-99-99T99:99:59.000000000Z")));
  assert.ok(Number.isNaN(parseTime("9999-99-99T99:99:58.000000000Z")));
});
