// The feed of a session, on a network and with timers that the test plays.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

const sockets = [];
const histories = [];
const timers = [];
let head = 0;

globalThis.addEventListener = () => {};
globalThis.removeEventListener = () => {};
globalThis.document = { addEventListener() {}, removeEventListener() {}, visibilityState: "visible" };
globalThis.location = { protocol: "http:", host: "here" };
globalThis.WebSocket = class {
  static OPEN = 1;
  readyState = 1;
  constructor(url) {
    this.after = Number(url.split("after=")[1]);
    sockets.push(this);
  }
  close() {
    this.readyState = 3;
  }
  say(...lines) {
    for (const data of lines) this.onmessage({ data });
  }
};
globalThis.fetch = async (path) => {
  if (path.endsWith("/snapshot")) {
    const last_seq = head;
    return { ok: true, json: async () => ({ last_seq }) };
  }
  if (!path.includes("events.jsonl")) return { ok: true, json: async () => ({}) };
  let stream;
  const body = new ReadableStream({ start: (controller) => (stream = controller) });
  histories.push({
    after: Number(path.split("after=")[1]),
    give: (first, last) => stream.enqueue(new TextEncoder().encode(`${from(first, last).join("\n")}\n`)),
    end: () => stream.close(),
  });
  return { ok: true, body };
};
globalThis.clearTimeout = () => {};

const { SessionFeed } = await import("../../../src/server/viewer/net/session_feed.js");
const { Session } = await import("../../../src/server/viewer/model/session.js");
const HELLO = '{"_type":"hello"}';

function from(first, last) {
  return Array.from({ length: last - first + 1 }, (_, i) => JSON.stringify({
    seq: first + i, id: `id${first + i}`, type: "custom", ts: "2026-01-01T00:00:00.000000000Z", data: { name: "x" },
  }));
}

// Until everything that was said has come through all promises and streams.
async function settle() {
  for (let turn = 0; turn < 50; ++turn) await new Promise(setImmediate);
}

function elapse() {
  for (const call of timers.splice(0)) call();
}

let session;
let feed;

beforeEach(() => {
  sockets.length = histories.length = timers.length = 0;
  session = new Session("s");
  globalThis.setTimeout = (call) => timers.push(call);
  feed = new SessionFeed(session, () => {});
});

test("the past comes, then what is new", async () => {
  head = 3;
  feed.start();
  await settle();
  assert.equal(sockets[0].after, 3);
  sockets[0].say(HELLO, ...from(4, 5)); // while the past is loaded
  histories[0].give(1, 3);
  histories[0].end();
  await settle();
  sockets[0].say(...from(6, 6));
  assert.equal(session.log.size, 6);
  assert.equal(session.log.missed, 0);
  assert.equal(feed.state, "live");
  feed.stop();
});

test("a cut while the past is loaded loses nothing", async () => {
  head = 600;
  feed.start();
  await settle();
  sockets[0].say(HELLO);
  histories[0].give(1, 300);
  await settle();
  sockets[0].onclose({ code: 1006 }); // the socket only: the past still comes
  head = 700;
  await settle();
  elapse();
  await settle();
  assert.equal(sockets[1].after, 700);
  sockets[1].say(HELLO);
  histories[0].give(301, 600);
  histories[0].end(); // the load from before the cut has ended
  await settle();
  sockets[1].say(...from(701, 701));
  histories[1].give(histories[1].after + 1, 700);
  histories[1].end();
  await settle();
  assert.equal(session.log.size, 701);
  assert.equal(session.log.missed, 0);
  assert.equal(feed.state, "live");
  feed.stop();
});

test("after a cut the socket is opened behind what is there", async () => {
  head = 2;
  feed.start();
  await settle();
  sockets[0].say(HELLO);
  histories[0].give(1, 2);
  histories[0].end();
  await settle();
  sockets[0].say(...from(3, 4));
  sockets[0].onclose({ code: 1006 });
  await settle();
  assert.equal(feed.state, "reconnecting");
  elapse();
  assert.equal(sockets[1].after, 4);
  sockets[1].say(HELLO, ...from(5, 5));
  assert.equal(session.log.size, 5);
  assert.equal(feed.state, "live");
  feed.stop();
});
