// The pure parts of tables, filter bar, details and keys.
import assert from "node:assert/strict";
import { test } from "node:test";
import { EventLog } from "../../../src/server/viewer/model/event_log.js";
import { emptyFilter } from "../../../src/server/viewer/model/filter.js";
import { eventLine, firstOf } from "../../../src/server/viewer/view/event_line.js";
import { EventMatches, matchesOf } from "../../../src/server/viewer/view/event_matches.js";
import { Facets } from "../../../src/server/viewer/view/facets.js";
import { chipsOf, toggled } from "../../../src/server/viewer/view/filter_chips.js";
import {
  contentHeight, rowsInSight, scrollToRow,
} from "../../../src/server/viewer/view/row_window.js";
import { placesOf } from "../../../src/server/viewer/view/text_marks.js";

function logOf(events) {
  const log = new EventLog();
  for (const event of events) {
    log.append({ ts: "2026-11-22T10:00:00.000000000Z", data: {}, ...event }, JSON.stringify(event));
  }
  return log;
}

function many(count, first = 1) {
  return Array.from({ length: count }, (_, i) =>
    ({ seq: first + i, type: i % 2 ? "token_delta" : "tool_output", data: { tool_name: "bash" } }));
}

test("only the rows in sight are drawn", () => {
  const table = { count: 100000, rowHeight: 28, height: 280, overscan: 2 };
  const window = rowsInSight({ ...table, scrollTop: 28000 });
  assert.deepEqual(window, { first: 998, end: 1012, top: 998 * 28 });
  assert.deepEqual(rowsInSight({ count: 0, rowHeight: 28, scrollTop: 0, height: 280 }),
    { first: 0, end: 0, top: 0 });
});

test("scrolled too far shows the last rows", () => {
  const { end } = rowsInSight({ count: 50, rowHeight: 20, scrollTop: 1e9, height: 100 });
  assert.equal(end, 50);
});

test("tables higher than browsers can place reach both their ends", () => {
  const table = { count: 5e6, rowHeight: 28, height: 500, overscan: 0 };
  const shown = contentHeight(table.count, table.rowHeight);
  assert.ok(shown <= 8e6);
  assert.equal(rowsInSight({ ...table, scrollTop: 0 }).first, 0);
  const last = rowsInSight({ ...table, scrollTop: shown - 500 });
  assert.equal(last.end, 5e6);
  const bottom = last.top + (last.end - last.first) * 28;
  assert.ok(Math.abs(bottom - shown) < 1, `${bottom} ${shown}`);
  for (const index of [0, 1, 777777, 4999999]) {
    const scrollTop = scrollToRow({ ...table, index, scrollTop: 0 });
    const { first, end } = rowsInSight({ ...table, scrollTop });
    assert.ok(index >= first && index < end, String(index));
  }
});

test("a row in sight is not scrolled to, one near is moved to the edge", () => {
  const table = { count: 1000, rowHeight: 20, height: 200 };
  assert.equal(scrollToRow({ ...table, index: 5, scrollTop: 40 }), 40);
  assert.equal(scrollToRow({ ...table, index: 12, scrollTop: 40 }), 60);
  assert.equal(scrollToRow({ ...table, index: 1, scrollTop: 40 }), 20);
  assert.equal(scrollToRow({ ...table, index: 500, scrollTop: 40 }), 500 * 20 - 90);
  assert.equal(scrollToRow({ ...table, index: 999, scrollTop: 0 }), 19800);
});

test("without a filter every event is a row", () => {
  const matches = new EventMatches(logOf(many(1000)));
  matches.setFilter(emptyFilter());
  assert.ok(matches.advance(1e9));
  assert.equal(matches.size, 1000);
  assert.equal(matches.count, 1000);
  assert.equal(matches.row(3).event.seq, 4);
  assert.equal(matches.indexOfSeq(4), 3);
  assert.equal(matches.indexOfSeq(5000), -1);
});

test("gaps have rows with their count, also before the first event", () => {
  const matches = new EventMatches(logOf([...many(2, 5), ...many(2, 10)]));
  matches.setFilter(emptyFilter());
  matches.advance(1e9);
  assert.deepEqual(matches.row(0).gap, { after: 0, missed: 4 });
  assert.deepEqual(matches.row(3).gap, { after: 6, missed: 3 });
  assert.equal(matches.size, 6);
  assert.equal(matches.count, 4);
  assert.equal(matches.indexOfSeq(10), 4);
});

test("the filter is applied, gaps stay, and its change begins anew", () => {
  const matches = new EventMatches(logOf([...many(10), ...many(10, 21)]));
  matches.setFilter({ ...emptyFilter(), types: ["token_delta"] });
  matches.advance(1e9);
  assert.equal(matches.count, 10);
  assert.equal(matches.size, 11);
  assert.equal(matches.indexOfSeq(1), -1);
  matches.setFilter(emptyFilter());
  matches.advance(1e9);
  assert.equal(matches.count, 20);
});

test("the search looks into the line of the event", () => {
  const log = logOf([
    { seq: 1, type: "custom", data: { name: "Needle" } },
    { seq: 2, type: "custom" },
  ]);
  const matches = new EventMatches(log);
  matches.setFilter({ ...emptyFilter(), text: "needle" });
  matches.advance(1e9);
  assert.equal(matches.count, 1);
});

test("a long log is looked at in slices, new events only once", () => {
  const log = logOf(many(5000));
  const matches = new EventMatches(log);
  matches.setFilter(emptyFilter());
  let time = 0;
  assert.equal(matches.advance(8, () => (time += 5)), false);
  assert.ok(matches.size < 5000);
  while (!matches.advance(8, () => (time += 5)));
  assert.equal(matches.size, 5000);
  const { version } = matches;
  assert.ok(matches.advance());
  assert.equal(matches.version, version, "nothing is new");
  log.append({ seq: 5001, type: "custom", data: {} }, "{}");
  matches.advance();
  assert.equal(matches.size, 5001);
});

test("a log that was begun anew is looked at anew", () => {
  const log = logOf(many(10));
  const matches = matchesOf(log);
  assert.equal(matchesOf(log), matches);
  matches.setFilter(emptyFilter());
  matches.advance();
  log.clear();
  for (const event of many(12, 3)) log.append(event, "{}");
  matches.advance();
  assert.equal(matches.count, 12);
});

test("neighbours among what matches", () => {
  const matches = new EventMatches(logOf([...many(4), ...many(4, 9)]));
  matches.setFilter({ ...emptyFilter(), types: ["token_delta"] });
  matches.advance();
  assert.equal(matches.neighbour(null, 1), 2);
  assert.equal(matches.neighbour(null, -1), 12);
  assert.equal(matches.neighbour(2, 1), 4);
  assert.equal(matches.neighbour(4, 1), 10, "over the gap");
  assert.equal(matches.neighbour(10, -1), 4);
  assert.equal(matches.neighbour(3, 1), 4, "from one that does not match");
  assert.equal(matches.neighbour(3, -1), 2);
  assert.equal(matches.neighbour(12, 1), null);
  assert.equal(matches.neighbour(2, -1), null);
});

test("values to filter by, the most frequent first", () => {
  const log = logOf([...many(5), { seq: 6, type: "run_started", agent: "coder" },
    { seq: 7, type: "token_delta", agent: 5, data: null }]);
  const facets = new Facets(log);
  assert.deepEqual(facets.values("types"),
    [["token_delta", 3], ["tool_output", 3], ["run_started", 1]]);
  assert.deepEqual(facets.values("agents"), [["coder", 1]]);
  assert.deepEqual(facets.values("tools"), [["bash", 5]]);
  log.append({ seq: 8, type: "__proto__", data: {} }, "{}");
  assert.deepEqual(facets.values("types").at(-1), ["run_started", 1]);
  assert.ok(facets.values("types").some(([type]) => type === "__proto__"));
});

test("chips say what is on and hold the filter without it", () => {
  const log = logOf(many(1));
  const from = Date.UTC(2026, 10, 22, 10, 0, 2);
  const filter = { ...emptyFilter(), types: ["a", "b"], run: "r1", from };
  const chips = chipsOf(filter, log);
  assert.deepEqual(chips.map(({ name, text }) => [name, text]),
    [["Type", "a"], ["Type", "b"], ["Run", "r1"], ["From", "+2.000 s"]]);
  assert.deepEqual(chips[0].without.types, ["b"]);
  assert.equal(chips[2].without.run, "");
  assert.equal(chips[3].without.from, null);
  assert.deepEqual(filter.types, ["a", "b"], "the filter itself stays");
});

test("a value is put in and taken out", () => {
  const once = toggled(emptyFilter(), "agents", "coder");
  assert.deepEqual(once.agents, ["coder"]);
  assert.deepEqual(toggled(once, "agents", "coder").agents, []);
});

test("the places of a search, in any letter case", () => {
  assert.deepEqual(placesOf("Foo foo", "FOO"), [{ from: 0, to: 3 }, { from: 4, to: 7 }]);
  assert.deepEqual(placesOf("aaa", "aa"), [{ from: 0, to: 2 }]);
  assert.deepEqual(placesOf("abc", ""), []);
  assert.equal(placesOf("a".repeat(10000), "a").length, 500);
});

test("a line for every event, whatever it holds", () => {
  assert.equal(eventLine({ type: "error", data: { error: "it broke" } }), "it broke");
  assert.equal(eventLine({ type: "tool_call_ready", data: { call_id: "1", tool_name: "grep",
    arguments: { path: "a.cpp" } } }), "tool_name: grep, arguments: a.cpp");
  assert.equal(eventLine({ type: "turn_ended", data: { usage: { prompt: 1, total: 7 } } }),
    "usage: 7 tokens");
  assert.equal(eventLine({ type: "custom", data: {} }), "");
  for (const data of [null, undefined, 5, "text", [], [[1]], { a: { b: { c: 1 } } },
    JSON.parse('{"__proto__": {"x": 1}}')]) {
    assert.equal(typeof eventLine({ type: "custom", data }), "string");
  }
  const wide = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, i]));
  assert.ok(eventLine({ type: "custom", data: wide }).endsWith("…"));
  assert.ok(eventLine({ type: "error", data: { error: "a\u202eb" } }).includes("U+202E"));
});

test("the first text of arguments", () => {
  assert.equal(firstOf({ a: [], path: "x" }), "x");
  assert.equal(firstOf(null), "");
  assert.equal(firstOf("text"), "");
});

test("what String() cannot take is a text nevertheless", () => {
  const odd = JSON.parse('{"toString": 1, "valueOf": 2}');
  let deep = [];
  for (let i = 0; i < 100000; ++i) deep = [deep];
  for (const data of [odd, deep, { usage: { total: odd }, odd, deep }]) {
    assert.equal(typeof eventLine({ type: "custom", data }), "string");
  }
});
