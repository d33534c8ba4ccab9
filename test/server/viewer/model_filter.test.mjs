// Filters: in the URL and on events, blocks and spans.

import { strict as assert } from "node:assert";
import { test } from "node:test";

import { Session } from "../../../src/server/viewer/model/session.js";
import {
  emptyFilter,
  formatFilter,
  isEmpty,
  matchesBlock,
  matchesEvent,
  matchesSpan,
  parseFilter,
  typesOfScope,
} from "../../../src/server/viewer/model/filter.js";
import { at, feed, goldenRun, Trace } from "./model_events.mjs";
import { randomOf, seedOf } from "./model_random.mjs";

const filterOf = (members) => ({ ...emptyFilter(), ...members });
const session = feed(new Session("s1"), goldenRun(new Trace({ agent: "coder" })).events);

function throughUrl(filter) {
  const params = new URLSearchParams(formatFilter(filter));
  return parseFilter(new URLSearchParams(params.toString()));
}

const seqsOf = (members) => {
  const filter = filterOf(members);
  const seqs = [];
  for (let i = 0; i < session.log.size; ++i) {
    if (matchesEvent(filter, session.log.at(i), session.log.rawAt(i))) seqs.push(i + 1);
  }
  return seqs;
};
const kindsOf = (members) =>
  session.transcript.items
    .filter((block) => matchesBlock(filterOf(members), block))
    .map((block) => block.kind);
const spansOf = (members) =>
  session.spans.all.filter((span) => matchesSpan(filterOf(members), span)).map((span) => span.kind);

test("the empty filter lets everything through", () => {
  assert.ok(isEmpty(emptyFilter()));
  assert.deepEqual(formatFilter(emptyFilter()), []);
  assert.equal(seqsOf({}).length, session.log.size);
  assert.equal(kindsOf({}).length, session.transcript.items.length);
  assert.equal(spansOf({}).length, session.spans.all.length);
});

test("a filter comes back from the URL", () => {
  const filter = filterOf({
    types: ["retry", "a,b%2C"],
    scopes: ["tool"],
    statuses: ["failed"],
    agents: ["a&b=c", "größer"],
    tools: ["#1"],
    run: "r,1",
    text: "x y+z%",
    from: 1.5,
    to: 0,
  });
  assert.ok(!isEmpty(filter));
  assert.deepEqual(throughUrl(filter), filter);
});

test("any filter comes back from the URL", () => {
  const seed = seedOf();
  for (let i = 0; i < 300; ++i) {
    const random = randomOf(seed + i);
    const list = () =>
      [...new Set(Array.from({ length: random.below(4) }, () => random.text()))].filter(
        (text) => text !== "",
      );
    const filter = filterOf({
      types: list(),
      scopes: list(),
      statuses: list(),
      agents: list(),
      tools: list(),
      run: random.text(),
      text: random.text(),
      from: random.chance(50) ? random.below(1e9) / 8 : null,
    });
    assert.deepEqual(throughUrl(filter), filter, `STRANDBUS_TEST_SEED=${seed + i}`);
  }
});

test("what cannot be understood does not restrict", () => {
  const filter = parseFilter(new URLSearchParams("from=soon&to=&type=,,&q=&agent=%25zz&other=1"));
  assert.deepEqual(filter, filterOf({ agents: ["%zz"] }));
});

test("events by each criterion", () => {
  assert.deepEqual(seqsOf({ types: ["turn_started"] }), [4, 21]);
  assert.deepEqual(seqsOf({ scopes: ["tool"] }), [17, 18]);
  assert.deepEqual(seqsOf({ statuses: ["completed"], scopes: ["tool"] }), [18]);
  assert.deepEqual(seqsOf({ tools: ["calculator"], types: ["tool_call_begin"] }), [12]);
  assert.deepEqual(seqsOf({ agents: ["nobody"] }), []);
  assert.deepEqual(seqsOf({ run: "r2" }), []);
  assert.equal(seqsOf({ run: "r1", agents: ["coder"] }).length, session.log.size);
  assert.deepEqual(seqsOf({ text: "CALCULATE 2+2" }), [2, 3]);
  assert.deepEqual(seqsOf({ from: at(445) }).length, 8);
  assert.deepEqual(seqsOf({ to: at(0) }), [1, 2, 3]);
});

test("a text is found as it stands in JSON", () => {
  const event = { type: "custom", data: { name: 'say "hi"\n[1]' } };
  const raw = JSON.stringify(event);
  for (const text of ['"hi"\n', "[1]", "SAY", 'y "']) {
    assert.ok(matchesEvent(filterOf({ text }), event, raw), text);
  }
  assert.ok(!matchesEvent(filterOf({ text: "(hi" }), event, raw));
});

test("a changed text is looked for anew", () => {
  const filter = filterOf({ text: "hi" });
  assert.ok(matchesEvent(filter, {}, "hi"));
  filter.text = "ho";
  assert.ok(!matchesEvent(filter, {}, "hi"));
});

test("blocks by each criterion", () => {
  assert.deepEqual(kindsOf({ types: ["tool_call_delta"] }), ["tool"]);
  assert.deepEqual(kindsOf({ types: ["context_built"] }), ["turn"]);
  assert.deepEqual(kindsOf({ scopes: ["tool"] }), ["tool"]);
  assert.deepEqual(kindsOf({ tools: ["calculator"] }), ["tool"]);
  assert.deepEqual(kindsOf({ statuses: ["failed"] }), []);
  assert.deepEqual(kindsOf({ text: "the ANSWER" }), ["text"]);
  assert.deepEqual(kindsOf({ run: "other" }), []);
  assert.deepEqual(kindsOf({ to: at(0) }), ["run", "user"]);
});

test("spans by each criterion", () => {
  assert.deepEqual(spansOf({ types: ["token_delta"] }), ["model", "model"]);
  assert.deepEqual(spansOf({ text: "CALC" }), ["tool"]);
  assert.deepEqual(spansOf({ tools: ["calculator"] }), ["tool"]);
  assert.deepEqual(spansOf({ from: at(300) }), ["run", "turn", "model"]);
});

test("a scope has its types", () => {
  assert.deepEqual(typesOfScope("system"), ["system_notice", "custom"]);
});
