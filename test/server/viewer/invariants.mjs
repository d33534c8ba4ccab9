// Feeds the traces of a file to the page's model and checks what holds for all of them, and for
// whole sessions what holds where nothing is missing.

import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

import { Session } from "../../../src/server/viewer/model/session.js";
import {
  checkRunEnds,
  checkSpans,
  checkTranscript,
  checkWhole,
  Follower,
} from "./model_invariants.mjs";

const LOOK_EVERY = 5;

let trace = "";
let session = new Session("s1");
let follower = new Follower();
let events = 0;

function check() {
  try {
    if (session.faults > 0) throw new Error(`${session.faults} faults`);
    follower.look(session);
    follower.expectCurrent(session);
    checkTranscript(session);
    checkSpans(session);
    checkRunEnds(session);
    if (/session, seed/.test(trace) && !trace.includes("restored")) checkWhole(session);
  } catch (error) {
    error.message = `${trace}: ${error.message}`;
    throw error;
  }
}

for await (const text of createInterface({ input: createReadStream(process.argv[2]) })) {
  const line = JSON.parse(text);
  if (line.trace !== undefined) {
    check();
    trace = line.trace;
    session = new Session("s1");
    follower = new Follower();
  } else {
    session.apply(line.event, JSON.stringify(line.event));
    if (++events % LOOK_EVERY === 0) follower.look(session);
  }
}
check();
console.log(`sound after ${events} events`);
