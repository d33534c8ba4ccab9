// The log: repeats, gaps, places and lines.

import { strict as assert } from "node:assert";
import { test } from "node:test";

import { EventLog } from "../../../src/server/viewer/model/event_log.js";

function logOf(...seqs) {
  const log = new EventLog();
  for (const seq of seqs) log.append({ seq }, `line ${seq}`);
  return log;
}

test("an empty log", () => {
  const log = new EventLog();
  assert.deepEqual([log.size, log.first_seq, log.last_seq, log.missed], [0, 0, 0, 0]);
  assert.equal(log.indexOfSeq(1), -1);
  assert.equal(log.bySeq(1), undefined);
  assert.equal(log.at(0), undefined);
  assert.equal(log.rawAt(0), undefined);
});

test("events keep their lines", () => {
  const log = logOf(1, 2);
  assert.equal(log.rawAt(1), "line 2");
  assert.deepEqual(log.bySeq(2), { event: { seq: 2 }, raw: "line 2" });
  assert.equal(log.append({ seq: 3 }), true);
  assert.equal(log.rawAt(2), '{"seq":3}');
});

test("repeats and what has no seq are refused", () => {
  const log = logOf(1, 2, 5);
  for (const seq of [5, 2, 3, 0, -1, 1.5, NaN, "6", null, undefined]) {
    assert.equal(log.append({ seq }, "x"), false, String(seq));
  }
  assert.equal(log.append(null, "x"), false);
  assert.equal(log.size, 3);
});

test("gaps are counted, also before the first event", () => {
  const log = logOf(3, 4, 9);
  assert.deepEqual(log.gaps, [
    { after: 0, missed: 2 },
    { after: 4, missed: 4 },
  ]);
  assert.equal(log.missed, 6);
  assert.deepEqual([log.first_seq, log.last_seq], [3, 9]);
});

test("places are found by seq, else the next one", () => {
  const log = logOf(3, 4, 9, 10);
  const places = [
    [1, 0],
    [3, 0],
    [4, 1],
    [5, 2],
    [9, 2],
    [10, 3],
    [11, 3],
  ];
  for (const [seq, index] of places) assert.equal(log.indexOfSeq(seq), index, String(seq));
  assert.equal(log.bySeq(5), undefined);
  assert.equal(log.bySeq(9).raw, "line 9");
});

test("places are found however the gaps lie", () => {
  const seqs = [];
  for (let seq = 1; seq < 2000; ++seq) if (seq % 7 < 4 || seq % 31 === 0) seqs.push(seq);
  const log = logOf(...seqs);
  for (let seq = 1; seq < 2000; ++seq) {
    const next = seqs.findIndex((known) => known >= seq);
    assert.equal(log.indexOfSeq(seq), next < 0 ? seqs.length - 1 : next);
  }
});

test("a cleared log begins anew", () => {
  const log = logOf(3, 9);
  log.clear();
  assert.deepEqual([log.size, log.missed, log.gaps.length], [0, 0, 0]);
  assert.equal(log.append({ seq: 1 }, "x"), true);
});

// A machine under load is slow, but not quadratic.
test("100,000 appends cost little more than a list", () => {
  const events = Array.from({ length: 100000 }, (_, i) => ({ seq: i + 1 }));
  const time = (run) => {
    const { user } = process.cpuUsage();
    run();
    return (process.cpuUsage().user - user) / 1000;
  };
  const log = new EventLog();
  const ms = time(() => {
    for (const event of events) log.append(event, "x");
    for (let seq = 1; seq <= 100000; ++seq) log.indexOfSeq(seq);
  });
  assert.equal(log.size, 100000);
  assert.ok(ms < 500, `${ms} ms`);
});
