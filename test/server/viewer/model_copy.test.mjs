// What is put on the clipboard.

import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

import {
  asCurl, asJson, asJsonArray, asJsonl, eventsOfRun,
} from "../../../src/server/viewer/model/copy.js";
import { EventLog } from "../../../src/server/viewer/model/event_log.js";

/// What a shell makes of a command whose first word is replaced.
function wordsOf(command) {
  const listing = `curl() { for word in "$@"; do printf '%s\\0' "$word"; done; }; ${command}`;
  const said = execFileSync("sh", ["-c", listing], { env: { TOKEN: "t o'k\"e$n" } });
  return said.toString().split("\0").slice(0, -1);
}

const HOSTILE = [
  "x'; touch /tmp/pwned; '",
  "$(reboot)",
  "`id`",
  "a b",
  '"',
  "\\",
  "-o/tmp/x",
  "ä/../€",
  "'''",
  "a\nb",
  "%27",
  "&run=2",
  "#",
  "\ud800",
  "!!",
  "*",
];

test("an event is pretty", () => {
  assert.equal(asJson('{"a":1}'), '{\n  "a": 1\n}');
  assert.equal(asJson("not JSON"), "not JSON");
});

test("lines stay as they came", () => {
  assert.equal(asJsonl(['{"n":1.0}', "{}"]), '{"n":1.0}\n{}\n');
  assert.equal(asJsonl([]), "");
});

test("an array holds the lines as they came", () => {
  assert.equal(asJsonArray(['{"n":1.0}', "{}"]), '[\n{"n":1.0},\n{}\n]\n');
  assert.deepEqual(JSON.parse(asJsonArray(['{"a":"]\\n,["}', "{}"])), [{ a: "]\n,[" }, {}]);
  assert.deepEqual(JSON.parse(asJsonArray([])), []);
});

test("the command reads the events of a session with the token from outside", () => {
  const command = asCurl("http://127.0.0.1:8080", "s1", { after: 7, run: "r1" });
  assert.match(command, /Bearer \$TOKEN"/);
  const words = wordsOf(command);
  assert.equal(words.at(-1), "http://127.0.0.1:8080/v1/sessions/s1/events.jsonl?after=7&run=r1");
  assert.equal(words.at(-2), "Authorization: Bearer t o'k\"e$n");
  assert.equal(wordsOf(asCurl("http://h", "s1")).at(-1), "http://h/v1/sessions/s1/events.jsonl");
});

test("no id leaves its place in the command", () => {
  for (const id of HOSTILE) {
    const words = wordsOf(asCurl("http://h'$(id)", id, { run: id }));
    assert.equal(words.length, 6, id);
    const url = new URL(words.at(-1).replace("h'$(id)", "h"));
    const known = id.replace("\ud800", "\ufffd");
    assert.equal(decodeURIComponent(url.pathname.split("/")[3]), known);
    assert.equal(url.searchParams.get("run"), known);
  }
});

test("a run's events are those of its id", () => {
  const log = new EventLog();
  ["r1", "r2", undefined, "r1"].forEach((run_id, i) => log.append({ seq: i + 1, run_id }, `l${i}`));
  assert.deepEqual(eventsOfRun(log, "r1"), ["l0", "l3"]);
});
