// The runs to choose from.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_ENDED_RUNS } from "../../../src/server/viewer/model/session_bounds.js";
import { Session } from "../../../src/server/viewer/model/session.js";
import { runChoices } from "../../../src/server/viewer/view/run_choices.js";
import { feed, Trace } from "./model_events.mjs";

const USAGE = { prompt: 1, completion: 1, total: 2 };

test("there are as many runs to choose from as are counted, in the order of their start", () => {
  const trace = new Trace().add("run_started", {});
  const child = { run_id: "child", parent_run_id: "r1", depth: 1, agent: "helper" };
  trace.after(5).add("run_started", {}, child).add("run_completed", { usage: USAGE }, child);
  trace.after(5).add("run_failed", { usage: USAGE });
  trace.after(5).add("run_started", {}, { run_id: "r2", agent: "a\u202eb" });
  const { state, spans } = feed(new Session("s1"), trace.events);
  const { label, runs } = runChoices(state);
  assert.equal(label, "3 runs…");
  assert.equal(spans.totals().runs, 3);
  assert.deepEqual(runs.map((run) => run.run_id), ["r1", "child", "r2"]);
  assert.match(runs[0].name, /^1: coder, failed, \d\d:\d\d:\d\d\.000$/);
  assert.match(runs[1].name, /^2: helper \(nested\), completed, /);
  assert.match(runs[2].name, /^3: a⟦U\+202E⟧b, running, /);
});

test("runs that were dropped are counted", () => {
  const trace = new Trace();
  const all = MAX_ENDED_RUNS + 3;
  for (let i = 1; i <= all; ++i) {
    trace.after(1).in({ run_id: `r${i}` }).add("run_started", {});
    trace.add("run_completed", { usage: USAGE });
  }
  const { label, runs } = runChoices(feed(new Session("s1"), trace.events).state);
  assert.equal(label, `${MAX_ENDED_RUNS} of ${all} runs…`);
  assert.match(runs[0].name, /^4: /);
  assert.match(runs.at(-1).name, new RegExp(`^${all}: `));
});
