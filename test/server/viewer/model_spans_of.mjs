// The spans of a trace, checked, and ways to look at them.

import { strict as assert } from "node:assert";

import { Session } from "../../../src/server/viewer/model/session.js";
import { feed } from "./model_events.mjs";
import { checkRunEnds, checkSpans } from "./model_invariants.mjs";

export function spansOf(trace) {
  const session = feed(new Session("s1"), trace.events);
  assert.equal(session.faults, 0);
  checkSpans(session);
  checkRunEnds(session);
  return session.spans;
}

export const linesOf = ({ all }) =>
  all.map((span) => `${"  ".repeat(span.depth)}${span.kind} ${span.name}`);
export const only = ({ all }, kind) => {
  const spans = all.filter((span) => span.kind === kind);
  assert.equal(spans.length, 1, kind);
  return spans[0];
};
export const parentOf = (spans, span) => spans.byId(span.parent);
export const tool = (call_id, tool_name = "bash") => ({ call_id, tool_name });
