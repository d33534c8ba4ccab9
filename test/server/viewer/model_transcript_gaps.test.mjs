// The transcript where events are missing, where a session was restored, and where texts are long.

import { strict as assert } from "node:assert";
import { test } from "node:test";

import { Session } from "../../../src/server/viewer/model/session.js";
import { Transcript } from "../../../src/server/viewer/model/transcript.js";
import { feed, goldenRun, Trace } from "./model_events.mjs";

const { events } = goldenRun();
const told = (list) => feed(new Session("s1"), list).transcript;
const without = (...seqs) => told(events.filter((event) => !seqs.includes(event.seq)));
const kindsOf = ({ items }) => items.map((block) => block.kind);
const first = ({ items }, kind) => items.find((block) => block.kind === kind);

test("a missing delta is marked and repaired by the end of the request", () => {
  const open = told(events.slice(0, 11).filter((event) => event.seq !== 9));
  assert.deepEqual(
    [first(open, "text").content, first(open, "text").incomplete],
    ["I'll the calculator", true],
  );
  const whole = without(9);
  assert.deepEqual(
    [first(whole, "text").content, first(whole, "text").incomplete],
    ["I'll use the calculator", false],
  );
  assert.deepEqual(kindsOf(whole), [
    "run",
    "user",
    "turn",
    "text",
    "gap",
    "tool",
    "turn",
    "text",
    "run_end",
  ]);
  const gap = first(whole, "gap");
  assert.deepEqual([gap.after, gap.missed], [8, 1]);
});

test("whatever is missing, the ends tell the rest", () => {
  for (let from = 1; from <= events.length; ++from) {
    for (const count of [1, 3, 7]) {
      const rest = events.filter(({ seq }) => seq < from || seq >= from + count);
      if (!rest.some((event) => event.type === "run_completed")) continue;
      const transcript = told(rest);
      const answers = transcript.items.filter((block) => block.kind === "text");
      assert.ok(answers.length <= 2, `${from} and ${count}: ${kindsOf(transcript)}`);
      for (const block of transcript.items) {
        assert.equal(typeof block.end, "number", `${block.kind} without ${from} and ${count}`);
      }
      assert.equal(kindsOf(transcript).filter((kind) => kind === "gap").length, 1);
    }
  }
});

test("a run whose start was missed begins with its first event", () => {
  const transcript = told(events.slice(6));
  assert.deepEqual(kindsOf(transcript).slice(0, 2), ["gap", "run"]);
  assert.equal(first(transcript, "run").started, false);
  assert.deepEqual(first(transcript, "gap").missed, 6);
});

test("a call whose end was missed has its result from the conversation", () => {
  const tool = first(without(18), "tool");
  assert.deepEqual([tool.state, tool.result], ["completed", "4"]);
  const unseen = first(without(12, 13, 14, 15, 16, 17, 18), "tool");
  assert.deepEqual([unseen.call_id, unseen.state, unseen.result], ["tc1", "completed", "4"]);
});

test("calls of a missed request are known from its end", () => {
  const tool = first(without(12, 13, 14), "tool");
  assert.deepEqual([tool.tool_name, tool.arguments], ["calculator", { expr: "2+2" }]);
});

test("output that was missed is repaired by the end of the command", () => {
  const trace = new Trace().add("tool_call_started", { call_id: "c1", tool_name: "bash" });
  const write = (text) => trace.add("tool_output", { call_id: "c1", stream: "stdout", text });
  write("a");
  trace.skip(1);
  write("c");
  let tool = first(told(trace.events), "tool");
  assert.deepEqual([tool.stdout, tool.incomplete], ["ac", true]);
  trace.add("bash_executed", { call_id: "c1", command: "x", stdout: "abc", stderr: "e" });
  tool = first(told(trace.events), "tool");
  assert.deepEqual([tool.stdout, tool.stderr, tool.incomplete], ["abc", "e", false]);
});

test("a gap that the server tells of is written once", () => {
  const session = feed(new Session("s1"), events.slice(0, 8));
  session.gap(8, 3);
  session.gap(8, 3);
  session.gap(5, 2);
  session.gap(8, -1);
  session.gap("8", 3);
  feed(session, events.slice(11));
  const gaps = session.transcript.items.filter((block) => block.kind === "gap");
  assert.deepEqual(
    gaps.map((gap) => [gap.after, gap.missed]),
    [[8, 3]],
  );
  session.gap(30, 10);
  const last = session.transcript.items.filter((block) => block.kind === "gap").pop();
  assert.deepEqual([last.after, last.missed], [33, 7]);
});

test("gaps are one where no event lies between them", () => {
  const session = feed(new Session("s1"), events.slice(0, 8));
  session.gap(8, 1);
  const { version } = session.transcript;
  session.gap(9, 1);
  feed(session, events.slice(11)); // 11 is missing too, and nobody told
  const gaps = session.transcript.items.filter((block) => block.kind === "gap");
  assert.deepEqual(gaps.map((gap) => [gap.after, gap.missed, gap.last_seq]), [[8, 3, 11]]);
  assert.ok(session.transcript.changedSince(version).blocks.has(gaps[0]));
  assert.equal(session.missed, 3);
  session.gap(40, 2);
  assert.equal(session.missed, 3 + (42 - session.log.last_seq));
  assert.equal(session.transcript.items.filter((block) => block.kind === "gap").length, 2);
});

test("a restore ends what the former process left open", () => {
  const trace = new Trace();
  trace.events.push(...events.slice(0, 17));
  trace.seq = 17;
  trace.add("background_task_started", { task_id: "t", name: "n", child_run_id: "child" });
  trace.add("session_restored", { from_seq: 1, events: 18, messages: 2 }, { run_id: undefined });
  const transcript = told(trace.events);
  assert.deepEqual(kindsOf(transcript), [
    "run",
    "user",
    "turn",
    "text",
    "tool",
    "background",
    "run_end",
    "notice",
  ]);
  const end = first(transcript, "run_end");
  assert.deepEqual([end.state, end.error_code], ["failed", "interrupted"]);
  assert.deepEqual(
    [
      first(transcript, "tool").state,
      first(transcript, "run").state,
      first(transcript, "background").state,
    ],
    ["cancelled", "failed", "cancelled"],
  );
  assert.equal(first(transcript, "notice").topic, "session");
});

test("an approval that is asked again after a restore belongs to the new run", () => {
  const trace = new Trace();
  const ask = () =>
    trace.add("approval_requested", {
      approval_id: "a1",
      call_id: "c1",
      tool_name: "bash",
      arguments: {},
    });
  ask().add("run_failed", { error: "x", error_code: "interrupted" });
  trace.in({ run_id: "r2" });
  ask().add("approval_resolved", { approval_id: "a1", call_id: "c1", decision: "approved" });
  const tools = told(trace.events).items.filter((block) => block.kind === "tool");
  assert.deepEqual(
    tools.map((tool) => [tool.run_id, tool.approval.state]),
    [
      ["r1", "cancelled"],
      ["r2", "approved"],
    ],
  );
});

test("an id that is used again makes a new block", () => {
  const trace = new Trace();
  for (const output of ["1", "2"]) {
    trace.add("tool_call_started", { call_id: "c1", tool_name: "t" });
    trace.add("tool_call_completed", { call_id: "c1", tool_name: "t", success: true, output });
  }
  goldenRun(goldenRun(trace));
  const { items } = told(trace.events);
  assert.deepEqual(
    items.filter((block) => block.kind === "tool").map((tool) => tool.result),
    ["1", "2", "4", "4"],
  );
  assert.equal(items.filter((block) => block.kind === "run").length, 2);
});

test("output keeps its newest part and says what is gone", () => {
  const transcript = new Transcript();
  let seq = 0;
  let size = 0;
  const write = (stream, text) => {
    size += text.length;
    transcript.apply({ seq: ++seq, type: "tool_output", data: { call_id: "c", stream, text } });
  };
  for (let i = 0; i < 500; ++i)
    write(i % 5 === 0 ? "stderr" : "stdout", `${i} ${"😀".repeat(900)}\n`);
  const [tool] = transcript.items;
  const kept = tool.outputs.reduce((sum, output) => sum + output.text.length, 0);
  assert.ok(kept <= 256 * 1024 && kept > 100 * 1024, String(kept));
  assert.equal(kept + tool.dropped, size);
  assert.ok(tool.outputs.at(-1).text.endsWith("\n"));
  for (const output of tool.outputs) assert.ok(output.text.isWellFormed?.() ?? true);
  const result = "x".repeat(300 * 1024);
  transcript.apply({
    seq: ++seq,
    type: "tool_call_completed",
    data: { call_id: "c", output: result },
  });
  assert.deepEqual([tool.result.length, tool.result_dropped], [256 * 1024, 44 * 1024]);
});

test("a view is told what has changed, and of everything when it was away for long", () => {
  const session = feed(new Session("s1"), events.slice(0, 9));
  const { transcript } = session;
  const before = transcript.version;
  assert.deepEqual(transcript.changedSince(before), { structure: false, blocks: new Set() });
  feed(session, events.slice(9, 10));
  const text = first(transcript, "text");
  assert.deepEqual(transcript.changedSince(before), { structure: false, blocks: new Set([text]) });
  assert.equal(text.version, transcript.version);
  feed(session, events.slice(10, 13));
  assert.equal(transcript.changedSince(before).structure, true);
  for (let i = 0; i < 80000; ++i) {
    const message_id = String(i % 2);
    transcript.apply({ seq: 100 + i, type: "token_delta", data: { text: "x", message_id } });
  }
  assert.equal(transcript.changedSince(before).blocks.size, transcript.items.length);
  assert.equal(transcript.changedSince(transcript.version - 2).blocks.size, 2);
});
