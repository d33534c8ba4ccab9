// The pure parts of the timeline: axis, rows of the tree, shares of the time, clock.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LiveClock } from "../../../src/server/viewer/view/live_clock.js";
import { ancestorsOf, spanRows, timeBounds } from "../../../src/server/viewer/view/span_rows.js";
import { SpanLayout } from "../../../src/server/viewer/view/span_layout.js";
import { foldsOf, NO_FOLDS, TimeFolds } from "../../../src/server/viewer/view/time_folds.js";
import { timeShares } from "../../../src/server/viewer/view/time_shares.js";
import { spanText, timeTaken } from "../../../src/server/viewer/view/timeline_row.js";
import { emptyFilter } from "../../../src/server/viewer/model/filter.js";
import {
  draggedRange, fractionOf, pannedRange, placeOf, revealedRange, roundStep, sinceStart, tickLabel,
  ticksOf, timeAt, zoomedRange,
} from "../../../src/server/viewer/view/time_scale.js";

function span(id, kind, parent, start, end, more = {}) {
  return { id, kind, parent, start, end, name: id, run_id: "r", agent: "a", status: "completed",
    seq: start + 1, types: new Set(["turn_started"]), ...more };
}

const RUN = [
  span("run", "run", null, 0, 1000),
  span("t1", "turn", "run", 0, 600),
  span("m1", "model", "t1", 10, 200),
  span("x1", "tool", "t1", 200, 600),
  span("w1", "approval", "x1", 250, 500),
  span("t2", "turn", "run", 600, 1000),
  span("m2", "model", "t2", 610, 900),
];

test("steps of the axis are round", () => {
  const steps = [[0.03, 0.05], [1, 1], [3, 5], [140, 200], [450, 500], [900, 1000], [1200, 2000],
    [7000, 10000], [40000, 60000], [200000, 300000], [90000000, 172800000]];
  for (const [wanted, step] of steps) assert.ok(Math.abs(roundStep(wanted) - step) < 1e-9, wanted);
});

test("labels of the axis are as exact as their step", () => {
  assert.equal(tickLabel(0, 100), "0");
  assert.equal(tickLabel(200, 100), "200 ms");
  assert.equal(tickLabel(0.25, 0.05), "0.25 ms");
  assert.equal(tickLabel(1500, 500), "1.5 s");
  assert.equal(tickLabel(2000, 1000), "2 s");
  assert.equal(tickLabel(125000, 5000), "2:05");
  assert.equal(tickLabel(61500, 500), "1:01.5");
  assert.equal(tickLabel(3725000, 5000), "1:02:05");
});

test("times since the start", () => {
  assert.equal(sinceStart(1234.5678), "+1.235 s");
  assert.equal(sinceStart(65000), "+1:05.000");
  assert.equal(sinceStart(-500), "-0.500 s");
  assert.equal(sinceStart(NaN), "");
});

test("ticks lie within the range and keep their distance", () => {
  for (const to of [0.7, 3, 99, 1234, 61000, 3.7e6, 9e8]) {
    const ticks = ticksOf({ from: to / 3, to }, 700, 90);
    assert.ok(ticks.length >= 1 && ticks.length <= 8, `${to}: ${ticks.length}`);
    for (let i = 0; i < ticks.length; ++i) {
      assert.ok(ticks[i].fraction >= -1e-9 && ticks[i].fraction <= 1 + 1e-9);
      if (i > 0) assert.ok((ticks[i].fraction - ticks[i - 1].fraction) * 700 >= 89.9);
    }
    assert.equal(new Set(ticks.map((tick) => tick.label)).size, ticks.length, String(to));
  }
  assert.deepEqual(ticksOf({ from: 0, to: 0 }, 700), []);
  assert.deepEqual(ticksOf({ from: 0, to: 10 }, 0), []);
});

test("places on the axis and back", () => {
  const range = { from: 100, to: 300 };
  assert.equal(fractionOf(range, 150), 0.25);
  assert.equal(timeAt(range, 0.25), 150);
  assert.deepEqual(placeOf(range, 150, 200), { left: 0.25, width: 0.25 });
  assert.equal(placeOf(range, 0, 50), null);
  assert.equal(placeOf(range, 400, 500), null);
  const all = placeOf(range, -1e12, 1e12);
  assert.ok(all.left >= -0.01 && all.left + all.width <= 1.02, "no bar is too long to be drawn");
});

test("zoom keeps the time under the mouse and ends with all of it", () => {
  const near = zoomedRange({ from: 0, to: 1000 }, 0.5, 0.25, 1000);
  assert.deepEqual(near, { from: 125, to: 625 });
  assert.equal(timeAt(near, 0.25), 250);
  assert.equal(zoomedRange(near, 2, 0.5, 1000), null);
  let range = { from: 0, to: 1000 };
  for (let i = 0; i < 200; ++i) range = zoomedRange(range, 0.5, 0.5, 1000);
  assert.ok(range.to - range.from >= 0.049);
});

test("panning stays within the whole", () => {
  assert.deepEqual(pannedRange({ from: 100, to: 300 }, 0.5, 1000), { from: 200, to: 400 });
  assert.deepEqual(pannedRange({ from: 100, to: 300 }, -5, 1000), { from: 0, to: 200 });
  assert.deepEqual(pannedRange({ from: 100, to: 300 }, 50, 1000), { from: 800, to: 1000 });
});

test("a dragged range may be dragged to either side", () => {
  const range = { from: 0, to: 1000 };
  assert.deepEqual(draggedRange(range, 0.6, 0.2, 1000), { from: 200, to: 600 });
  assert.equal(draggedRange(range, 0.5, 0.5, 1000), null);
});

test("a span out of sight is brought into sight, one in sight moves nothing", () => {
  const range = { from: 0, to: 100 };
  assert.equal(revealedRange(range, 50, 500, 1000), range);
  const moved = revealedRange(range, 600, 650, 1000);
  assert.ok(moved.from <= 600 && moved.to >= 600);
  assert.equal(moved.to - moved.from, 100);
});

test("rows are in the order of the tree", () => {
  const { rows, hidden } = spanRows(RUN, new Set());
  assert.deepEqual(rows.map((row) => row.span.id), ["run", "t1", "m1", "x1", "w1", "t2", "m2"]);
  assert.deepEqual(rows.map((row) => row.level), [1, 2, 3, 3, 4, 2, 3]);
  assert.deepEqual(rows.map((row) => row.position), [1, 1, 1, 2, 1, 2, 1]);
  assert.equal(rows[3].waits[0].id, "w1");
  assert.equal(hidden, 0);
});

test("what is folded away has no rows", () => {
  const { rows } = spanRows(RUN, new Set(["t1", "m2"]));
  assert.deepEqual(rows.map((row) => row.span.id), ["run", "t1", "t2", "m2"]);
  assert.equal(rows[1].folded, true);
  assert.equal(rows[3].folded, false, "nothing to fold");
});

test("the filter keeps what lies above and says how many it left out", () => {
  const { rows, hidden } = spanRows(RUN, new Set(), (one) => one.kind === "approval");
  assert.deepEqual(rows.map((row) => row.span.id), ["run", "t1", "x1", "w1"]);
  assert.equal(hidden, 3);
});

test("spans whose parent is not known or is themselves are roots", () => {
  const odd = [span("a", "run", "gone", 0, 1), span("b", "run", "b", 0, 1)];
  assert.deepEqual(spanRows(odd, new Set()).rows.map((row) => row.level), [1, 1]);
});

test("a very deep tree is laid out without recursion", () => {
  const deep = Array.from({ length: 20000 }, (_, i) =>
    span(`s${i}`, "run", i ? `s${i - 1}` : null, i, null));
  assert.equal(spanRows(deep, new Set()).rows.length, 20000);
});

test("bounds reach to now while something is open", () => {
  assert.deepEqual(timeBounds(RUN, 5000), { start: 0, end: 1000 });
  assert.deepEqual(timeBounds([span("a", "run", null, 10, null)], 50), { start: 10, end: 50 });
  assert.equal(timeBounds([], 50), null);
  assert.equal(timeBounds([span("a", "run", null, NaN, null)], 50), null);
});

test("every moment counts once, models before waiting before tools", () => {
  assert.deepEqual(timeShares(RUN, 0),
    { model: 480, tool: 150, waiting: 250, other: 120, total: 1000 });
});

test("parallel tools and sub-agents do not count twice", () => {
  const spans = [span("r", "run", null, 0, 100), span("a", "tool", "r", 0, 80),
    span("b", "tool", "r", 20, 100), span("r2", "run", "a", 10, 70),
    span("m", "model", "r2", 20, 60)];
  assert.deepEqual(timeShares(spans, 0), { model: 40, tool: 60, waiting: 0, other: 0, total: 100 });
});

test("time between runs belongs to nobody, open spans reach to now", () => {
  const spans = [span("a", "run", null, 0, 10), span("b", "run", null, 1000, null)];
  assert.equal(timeShares(spans, 1005).total, 15);
});

test("a workflow's time between its runs is other time", () => {
  const spans = [span("w", "workflow", null, 0, 50), span("s", "step", "w", 0, 20),
    span("r", "run", "s", 0, 20), span("m", "model", "r", 0, 15)];
  assert.deepEqual(timeShares(spans, 0), { model: 15, tool: 0, waiting: 0, other: 35, total: 50 });
});

test("the duration of a tool is that of the call, without the writing of its arguments", () => {
  const toolSpan = (more) => span("x", "tool", null, 100, 900, more);
  const saying = (one) => spanText({ span: one, waits: [] }, 0, 950);
  const told = toolSpan({ called: 860, duration_ms: 39 });
  assert.equal(timeTaken(told, 950), 39);
  assert.match(saying(told), /starts at \+0.100 s, called after 760 ms, took 39 ms/);
  const untold = toolSpan({ called: 860, duration_ms: null });
  assert.equal(timeTaken(untold, 950), 40);
  assert.equal(timeTaken({ ...untold, end: null }, 950), 90);
  const denied = toolSpan({ called: null, duration_ms: null, status: "failed" });
  assert.ok(Number.isNaN(timeTaken(denied, 950)));
  assert.match(saying(denied), /failed, starts at \+0.100 s, not called$/);
  assert.match(saying({ ...denied, end: null }), /not called yet$/);
  assert.equal(timeTaken(span("m", "model", null, 100, 900), 950), 800);
});

test("ancestors, the nearest first, also in a circle", () => {
  const byId = (id) => RUN.find((one) => one.id === id);
  assert.deepEqual(ancestorsOf(byId("w1"), byId), ["x1", "t1", "run"]);
  const circle = [span("a", "run", "b", 0, 1), span("b", "run", "a", 0, 1)];
  assert.equal(ancestorsOf(circle[0], (id) => circle.find((one) => one.id === id)).length, 2);
});

test("the layout folds, unfolds above a span and follows the filter", () => {
  const layout = new SpanLayout();
  const byId = (id) => RUN.find((one) => one.id === id);
  const spans = { all: RUN, roots: [RUN[0]], version: 1, byId };
  layout.update(spans, emptyFilter());
  assert.equal(layout.rows.length, 7);
  const rows = layout.rows;
  layout.update(spans, emptyFilter());
  assert.equal(layout.rows, rows, "nothing has changed");
  layout.foldTurns(spans);
  layout.update(spans, emptyFilter());
  assert.deepEqual(layout.rows.map((row) => row.span.id), ["run", "t1", "t2"]);
  assert.equal(layout.indexOf("w1"), -1);
  layout.unfoldAbove(RUN[4], spans);
  layout.update(spans, emptyFilter());
  assert.equal(layout.indexOf("w1"), 4);
  layout.unfoldAll();
  layout.update(spans, { ...emptyFilter(), tools: ["nothing"] });
  assert.equal(layout.rows.length, 0);
  assert.equal(layout.hidden, 7);
});

test("the clock follows ours, but not where it is wrong", () => {
  const right = new LiveClock();
  right.look(1, 1000, 1000, false);
  assert.equal(right.now(6000, true), 6000);
  assert.equal(right.now(6000, false), 1000);
  const ahead = new LiveClock();
  ahead.look(1, 1000, 301000, true);
  ahead.look(2, 2000, 302000, true);
  assert.equal(ahead.now(303000, true), 3000);
  const behind = new LiveClock();
  behind.look(1, 500000, 1000, true);
  behind.look(2, 501000, 2000, true);
  assert.equal(behind.now(3000, true), 502000);
});

test("long pauses between runs are folded, short ones and those within runs are not", () => {
  const roots = [span("a", "run", null, 1000, 11000), span("b", "run", null, 11500, 12000),
    span("c", "run", null, 5000000, 5004000)];
  const folds = foldsOf(roots, 1000, 0);
  assert.equal(folds.pauses.length, 1);
  assert.deepEqual([folds.pauses[0].from, folds.pauses[0].to], [11000, 4999000]);
  assert.ok(folds.toAxis(5003000) < 16000, "the whole is about as long as its runs");
  assert.equal(foldsOf(roots.slice(0, 2), 1000, 0), NO_FOLDS);
  assert.equal(foldsOf([], 0, 0), NO_FOLDS);
});

test("an open run reaches to now, so nothing behind it is a pause", () => {
  const roots = [span("a", "run", null, 0, null), span("b", "run", null, 90000, 91000)];
  assert.equal(foldsOf(roots, 0, 95000), NO_FOLDS);
});

test("times and places on the axis are each other's inverse and keep their order", () => {
  const folds = new TimeFolds([{ from: 100, to: 1100 }, { from: 1200, to: 9200 }], 10);
  let last = -Infinity;
  for (const ms of [0, 50, 100, 600, 1100, 1150, 1200, 5000, 9200, 9300]) {
    const axis = folds.toAxis(ms);
    assert.ok(axis > last, String(ms));
    assert.ok(Math.abs(folds.toTime(axis) - ms) < 1e-6, String(ms));
    last = axis;
  }
  assert.equal(folds.toAxis(9300), 320);
  assert.equal(NO_FOLDS.toAxis(7), 7);
});

test("ticks stand on round real times, none in a pause", () => {
  const folds = new TimeFolds([{ from: 5000, to: 7200500 }], 200);
  const range = { from: 0, to: folds.toAxis(7205500) };
  const ticks = ticksOf(range, 800, 80, folds);
  assert.ok(ticks.length >= 5);
  for (const { ms, fraction } of ticks) {
    assert.ok(ms <= 5000 || ms >= 7200500);
    assert.ok(Math.abs(fraction - folds.toAxis(ms) / range.to) < 1e-9);
  }
  assert.ok(ticks.some((tick) => tick.label === "2:00:02"));
});
