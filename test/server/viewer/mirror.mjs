// Folds the events of a file as the viewer does and compares each state with the one that the C++
// code has written beside it. Every seventh state is taken up from that JSON, as a page does that
// attaches by a snapshot.

import { strict as assert } from "node:assert";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { isDeepStrictEqual } from "node:util";

import { messageOf, statusOf } from "../../../src/server/viewer/model/event.js";
import { SessionState } from "../../../src/server/viewer/model/session_state.js";

const TAKE_UP_EVERY = 7;

let trace = "";
let state = new SessionState();
let events = 0;

function compare(line) {
  const where = `${trace}, seq ${line.event.seq}, ${line.event.type}`;
  state.apply(line.event);
  ++events;
  assert.equal(statusOf(line.event), line.status, where);
  assert.equal(messageOf(line.event), line.message, where);
  if (!line.state) return;
  const json = JSON.parse(JSON.stringify(state));
  if (!isDeepStrictEqual(json, line.state)) assert.deepEqual(json, line.state, where);
  if (events % TAKE_UP_EVERY === 0) state = SessionState.fromSnapshot(line.state);
}

for await (const text of createInterface({ input: createReadStream(process.argv[2]) })) {
  const line = JSON.parse(text);
  if (line.trace === undefined) {
    compare(line);
  } else {
    trace = line.trace;
    state = new SessionState();
  }
}
console.log(`the same after ${events} events`);
