// 100,000 mixed events through a session. The bound is for processor time, so that a machine with
// other work passes too, and is generous: what it finds is work that grows with what has passed.

import { strict as assert } from "node:assert";
import { test } from "node:test";

import { Session } from "../../../src/server/viewer/model/session.js";
import { goldenRun, Trace } from "./model_events.mjs";

const EVENTS = 100000;
const BOUND_MS = 4000;

function mixedEvents() {
  const trace = new Trace();
  const output = { call_id: "tc1", tool_name: "calculator", stream: "stdout", text: "a line\n" };
  for (let run = 0; trace.events.length < EVENTS; ++run) {
    goldenRun(trace.in({ run_id: `r${run}`, turn: undefined }));
    trace.in({ run_id: "long", turn: 1 });
    for (let i = 0; i < 20; ++i) trace.add("token_delta", { text: " word", message_id: "m" });
    for (let i = 0; i < 10; ++i) trace.add("tool_output", output);
  }
  return trace.events;
}

function spent(run) {
  const before = process.cpuUsage().user;
  const wall = performance.now();
  run();
  return { cpu: (process.cpuUsage().user - before) / 1000, wall: performance.now() - wall };
}

test("100,000 events", (context) => {
  const events = mixedEvents();
  const lines = events.map((event) => JSON.stringify(event));
  let session = new Session("s1");
  const { cpu, wall } = spent(() => events.forEach((event, i) => session.apply(event, lines[i])));
  context.diagnostic(
    `${events.length} events: ${wall.toFixed(0)} ms, processor ${cpu.toFixed(0)} ms`,
  );
  assert.equal(session.faults, 0);
  assert.equal(session.log.size, events.length);
  assert.ok(cpu < BOUND_MS, `${cpu} ms`);
  session = null;
});

test("looking after each event costs what has changed", (context) => {
  const events = mixedEvents().slice(0, 20000);
  const session = new Session("s1");
  let version = 0;
  const { cpu } = spent(() => {
    for (const event of events) {
      session.apply(event, "");
      session.transcript.changedSince(version);
      session.transcript.blockOfSeq(event.seq);
      session.spans.spanOfSeq(event.seq);
      version = session.transcript.version;
    }
  });
  context.diagnostic(`processor ${cpu.toFixed(0)} ms`);
  assert.ok(cpu < BOUND_MS, `${cpu} ms`);
});
