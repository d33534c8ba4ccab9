// The player of recorded sessions, with a clock that only goes when it is told to.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Player, SPEEDS } from "../../../src/server/viewer/model/player.js";
import { Session } from "../../../src/server/viewer/model/session.js";

const START = Date.UTC(2026, 10, 22, 10, 0, 0);

class FakeTimer {
  #time = 0;
  #next = 1;
  #waiting = new Map();

  now = () => this.#time;

  set = (run, ms) => {
    const id = this.#next++;
    this.#waiting.set(id, { run, at: this.#time + Math.max(ms, 0) });
    return id;
  };

  clear = (id) => this.#waiting.delete(id);

  get waiting() {
    return this.#waiting.size;
  }

  advance(ms) {
    const until = this.#time + ms;
    for (let turns = 0; turns < 1e6; ++turns) {
      const due = [...this.#waiting].filter(([, one]) => one.at <= until);
      if (due.length === 0) {
        this.#time = until;
        return;
      }
      const [id, first] = due.reduce((a, b) => (b[1].at < a[1].at ? b : a));
      this.#waiting.delete(id);
      this.#time = Math.max(this.#time, first.at);
      first.run();
    }
    assert.fail("the timer never comes to rest");
  }
}

function stamped(ms) {
  return new Date(START + ms).toISOString().replace("Z", "000000Z");
}

// [[milliseconds since the start, type, data, seq?]…]
function recorded(list) {
  const session = new Session("s1");
  let seq = 0;
  for (const [ms, type, data = {}, wanted] of list) {
    seq = wanted ?? seq + 1;
    const event = { schema: 1, seq, id: `id-${seq}`, ts: stamped(ms), type, data, session_id: "s1",
      run_id: "r1", agent: "coder" };
    assert.ok(session.apply(event, JSON.stringify(event)));
  }
  return session;
}

function words(count, step_ms) {
  const list = [[0, "run_started", { provider: "p", model: "m", max_rounds: 3, tools: [] }]];
  for (let i = 0; i < count; ++i) {
    list.push([(i + 1) * step_ms, "token_delta", { text: `w${i} `, message_id: "m1" }]);
  }
  return list;
}

function make(list) {
  const timer = new FakeTimer();
  const source = recorded(list);
  let changes = 0;
  const player = new Player(source, { timer, onChange: () => ++changes });
  return { timer, source, player, changes: () => changes };
}

function seqs(session) {
  return Array.from({ length: session.log.size }, (_, i) => session.log.at(i).seq);
}

function assertSameAsFresh(player, source) {
  const fresh = new Session("s1");
  for (let i = 0; i < player.position; ++i) fresh.apply(source.log.at(i), source.log.rawAt(i));
  assert.deepEqual(seqs(player.session), seqs(fresh));
  assert.deepEqual(player.session.state.toJSON(), fresh.state.toJSON());
  assert.deepEqual(player.session.spans.all, fresh.spans.all);
  assert.equal(player.session.transcript.items.length, fresh.transcript.items.length);
}

test("plays the events in their order at the times at which they came", () => {
  const { player, timer } = make(words(10, 100));
  player.play();
  assert.equal(player.position, 1);
  timer.advance(99);
  assert.equal(player.position, 1);
  timer.advance(1);
  assert.equal(player.position, 2);
  timer.advance(450);
  assert.equal(player.position, 6);
  assert.deepEqual(seqs(player.session), [1, 2, 3, 4, 5, 6]);
});

test("the speed is a factor, also in the middle", () => {
  const { player, timer } = make(words(100, 100));
  player.setSpeed(10);
  player.play();
  timer.advance(160);
  assert.equal(player.position, 17);
  player.setSpeed(0.5);
  timer.advance(400);
  assert.equal(player.position, 19);
  assert.equal(player.speed, 0.5);
});

test("no speed that is offered goes backwards, and nonsense is ignored", () => {
  const { player } = make(words(2, 10));
  for (const speed of SPEEDS) {
    player.setSpeed(speed);
    assert.equal(player.speed, speed);
  }
  for (const speed of [0, -1, NaN]) player.setSpeed(speed);
  assert.equal(player.speed, Infinity);
});

test("as fast as possible ends without waiting for time to pass", () => {
  const { player, timer } = make(words(2000, 1000));
  player.setSpeed(Infinity);
  player.play();
  timer.advance(0);
  assert.ok(player.ended);
  assert.equal(player.position, 2001);
  assert.equal(timer.waiting, 0);
});

test("stops at the end, and plays again from the beginning", () => {
  const { player, timer, source } = make(words(5, 100));
  player.play();
  timer.advance(10000);
  assert.ok(player.ended);
  assert.equal(player.playing, false);
  assert.equal(player.fraction, 1);
  assert.equal(timer.waiting, 0);
  assertSameAsFresh(player, source);
  player.play();
  assert.equal(player.position, 1);
  assert.equal(player.playing, true);
});

test("pause stays where it is and goes on from there", () => {
  const { player, timer } = make(words(10, 100));
  player.play();
  timer.advance(250);
  player.pause();
  assert.equal(timer.waiting, 0);
  timer.advance(5000);
  assert.equal(player.position, 3);
  assert.equal(player.elapsed_ms, 250);
  player.play();
  timer.advance(50);
  assert.equal(player.position, 4);
});

test("seeking back and forth equals a fresh fold", () => {
  const { player, timer, source } = make(words(50, 100));
  let seed = 7;
  for (let i = 0; i < 40; ++i) {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    player.seek(seed / 2147483648);
    timer.advance(0);
    assertSameAsFresh(player, source);
  }
  player.seek(0);
  assert.equal(player.position, 0);
  assert.equal(player.session.log.size, 0);
  player.seek(1);
  assert.equal(player.position, 51);
});

test("goes on from where it was sought to", () => {
  const { player, timer } = make(words(10, 100));
  player.play();
  player.seek(0.5);
  assert.equal(player.position, 6);
  timer.advance(100);
  assert.equal(player.position, 7);
});

test("one event forwards and back", () => {
  const { player, source } = make(words(10, 100));
  player.step(1);
  player.step(1);
  assert.equal(player.position, 2);
  player.step(-1);
  assert.equal(player.position, 1);
  assertSameAsFresh(player, source);
  player.step(-5);
  assert.equal(player.position, 0);
});

test("long pauses are shortened to two seconds, and can be had in full", () => {
  const list = [[0, "run_started", {}], [60000, "token_delta", { text: "a", message_id: "m" }],
    [60100, "token_delta", { text: "b", message_id: "m" }]];
  const { player, timer } = make(list);
  assert.equal(player.duration_ms, 2100);
  player.play();
  timer.advance(2000);
  assert.equal(player.position, 2);
  player.setShorten(false);
  assert.equal(player.duration_ms, 60100);
  assert.equal(player.position, 2);
  assert.equal(player.elapsed_ms, 60000);
});

test("the time of the events goes on within a pause", () => {
  const { player, timer } = make(words(2, 1000));
  assert.ok(Number.isNaN(player.event_ms));
  player.play();
  timer.advance(1500);
  assert.equal(player.event_ms, START + 1500);
});

test("gaps of the recording are gaps of the replay", () => {
  const { player, timer } = make([[0, "run_started", {}, 1],
    [10, "token_delta", { text: "x", message_id: "m" }, 5]]);
  player.setSpeed(Infinity);
  player.play();
  timer.advance(0);
  assert.deepEqual(player.session.log.gaps, [{ after: 1, missed: 3 }]);
});

test("times that go back or are none do not stop it", () => {
  const { player, timer } = make(words(3, 100));
  assert.ok(player.size > 0);
  const source = new Session("s1");
  source.apply({ seq: 1, type: "custom", ts: stamped(500), data: {} }, "{}");
  source.apply({ seq: 2, type: "custom", ts: "never", data: {} }, "{}");
  source.apply({ seq: 3, type: "custom", ts: stamped(100), data: {} }, "{}");
  const other = new Player(source, { timer });
  assert.equal(other.duration_ms, 0);
  other.play();
  assert.equal(other.position, 3);
  assert.ok(other.ended);
  assert.equal(other.fraction, 1);
});

test("an empty session has nothing to play", () => {
  const { player, timer } = make([]);
  player.play();
  timer.advance(10);
  assert.equal(player.playing, false);
  assert.equal(player.duration_ms, 0);
  assert.equal(timer.waiting, 0);
});

test("every change is told", () => {
  const { player, timer, changes } = make(words(3, 100));
  player.play();
  const before = changes();
  timer.advance(100);
  assert.ok(changes() > before);
});
