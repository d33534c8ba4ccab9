// How quick the page is with a session of 100,000 events, and how big it is. Prints what it measures.
//
// Two kinds of bounds. What the page does is counted in CPU time of its main thread, which others on the
// machine hardly lengthen; it must hold always, and a page that does more than is in view, or more
// for each event the longer the session is, goes beyond it by far. What a reader sees is time on the
// clock, which on a busy machine says more about the others: it is printed always, must hold as it is
// promised with STRANDBUS_QUIET_MACHINE=1 in the environment, and else within ceilings so wide that only
// a page that hangs goes beyond them.
import assert from "node:assert/strict";
import { get } from "node:http";
import { after, before, test } from "node:test";
import { live, openBrowser, watch } from "./page.mjs";
import { Service } from "./service.mjs";
import { longTrace } from "./trace.mjs";

const EVENTS = 100_000;
const quiet = process.env.STRANDBUS_QUIET_MACHINE === "1";
const OPEN_MS = quiet ? 2000 : 20_000;
const OPEN_CPU_RATIO = 15; // of parsing the same bytes
const FRAME_P95_MS = quiet ? 20 : 1000;
const FRAME_CPU_MS = 30; // the mean, of frames that scroll and frames that jump
const LIVE_P99_MS = quiet ? 100 : 2000;
const LIVE_CPU_MS = 50; // 5 to 7 are measured
const LIVE_CPU_RATIO = 4; // of the same in a session without a past
const LIVE_EVENTS = 300;
const LIVE_PERIOD_MS = 20;
const MOST_BYTES = 150 * 1024;

let service;
let browser;
let page;
let wrong;
let id;
let devtools;

before(async () => {
  service = new Service();
  await service.start(["--provider", "scripted"]);
  const began = performance.now();
  id = await service.publish(longTrace(EVENTS));
  console.log(`published ${EVENTS} events in ${Math.round(performance.now() - began)} ms`);
  browser = await openBrowser();
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  wrong = watch(page, new URL(service.url).origin);
  await service.login(page);
  devtools = await page.context().newCDPSession(page);
  await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
});

after(async () => {
  await browser?.close();
  await service?.stop();
});

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

function told(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const figures = { p50: at(sorted, 0.5), p95: at(sorted, 0.95), p99: at(sorted, 0.99), most: sorted.at(-1) };
  return { ...figures, text: Object.entries(figures).map(([name, ms]) => `${name} ${ms.toFixed(1)} ms`).join(", ") };
}

// The CPU time that the main thread of the page has used since it was opened, in milliseconds.
async function cpu() {
  const { metrics } = await devtools.send("Performance.getMetrics");
  return 1000 * metrics.find(({ name }) => name === "TaskDuration").value;
}

function assertWithin(value, bound, what) {
  assert.ok(value <= bound, `${what}: ${value.toFixed(1)} ms, at most ${bound} ms`);
}

// Runs on the page before its scripts: notes when something was painted for the first time.
function watchPaint() {
  window.painted = {};
  const conditions = {
    something: () => document.querySelector("article"),
    end: () => [...document.querySelectorAll("article")].some((one) => one.textContent.includes("The very last event")),
    past: () => document.querySelector(".session-header__feed")?.textContent === "live" &&
      document.querySelector(".session-header__progress")?.hidden && conditions.end(),
  };
  const channel = new MessageChannel(); // its messages come behind the paint of the frame
  channel.port1.onmessage = ({ data }) => (window.painted[data] ??= performance.now());
  const look = () => {
    for (const [name, holds] of Object.entries(conditions)) {
      if (!(name in window.painted) && holds()) channel.port2.postMessage(name);
    }
    if (!("past" in window.painted)) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

test("a session of 100,000 events opens", async () => {
  await page.addInitScript(watchPaint);
  await page.goto(`${service.url}/#/s/${id}`);
  const opened = [];
  for (let round = 0; round < 2; ++round) {
    await page.reload({ waitUntil: "commit" }); // may begin in another process, whose time begins at 0
    const before = await cpu();
    await page.waitForFunction(() => "past" in window.painted);
    opened.push({ ...(await page.evaluate(() => window.painted)), cpu: (await cpu()) - before });
  }
  const fetched = await page.evaluate(async (session) => {
    const start = performance.now();
    window.text = await (await fetch(`/v1/sessions/${session}/events.jsonl`)).text();
    return { ms: performance.now() - start, bytes: window.text.length };
  }, id);
  const before = await cpu();
  const parsed = await page.evaluate(() => {
    const start = performance.now();
    const size = window.text.split("\n").filter(Boolean).map((line) => JSON.parse(line)).length;
    delete window.text;
    return { ms: performance.now() - start, size };
  });
  const floor = (await cpu()) - before;
  assert.ok(parsed.size >= EVENTS);
  for (const { something, end, past, cpu } of opened) {
    console.log(`first block ${Math.round(something)} ms, end ${Math.round(end)} ms, all of the past ${Math.round(past)} ms; ` +
      `${Math.round(cpu)} ms of CPU, ${(cpu / floor).toFixed(1)} times that of parsing the same bytes`);
  }
  const best = Math.min(...opened.map((one) => one.past));
  console.log(`the same ${(fetched.bytes / 1e6).toFixed(1)} MB fetched in ${Math.round(fetched.ms)} ms and parsed in ` +
    `${Math.round(parsed.ms)} ms: the page takes ${(best / (fetched.ms + parsed.ms)).toFixed(2)} times as long`);
  assertWithin(best, OPEN_MS, "opening");
  const ratio = Math.min(...opened.map((one) => one.cpu)) / floor;
  assert.ok(ratio <= OPEN_CPU_RATIO, `${ratio} times the CPU time of parsing`);
});

// The frames of a page that only has a long text, scrolled in the same way: what the machine can do.
async function plainFrames() {
  const plain = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const frames = await plain.evaluate(async () => {
    const box = document.createElement("pre");
    box.style.cssText = "height: 600px; overflow: auto";
    box.textContent = "a line of text in a plain page\n".repeat(5000);
    document.body.append(box);
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const times = [];
    for (let step = 0, last = await frame(); step < 100; ++step) {
      box.scrollTop += 60;
      const now = await frame();
      times.push(now - last);
      last = now;
    }
    return times;
  });
  await plain.close();
  return told(frames);
}

test("it scrolls smoothly", async () => {
  const floor = await plainFrames();
  console.log(`a plain page: ${floor.text}`);
  for (const [name, list] of [["transcript", ".virtual-list"], ["timeline", "[role=treegrid]"], ["events", "[role=grid]"]]) {
    await page.goto(`${service.url}/#/s/${id}?view=${name}`);
    await live(page);
    await page.locator(list).waitFor();
    const before = await cpu();
    const frames = await page.evaluate(async (selector) => {
      const box = document.querySelector(selector);
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      const times = { scroll: [], jump: [] };
      let last = await frame();
      const next = async (kind) => {
        const now = await frame();
        times[kind].push(now - last);
        last = now;
      };
      box.scrollTop = box.scrollHeight / 2;
      for (let i = 0; i < 10; ++i) last = await frame();
      for (let step = 0; step < 100; ++step) {
        box.scrollTop -= box.clientHeight / 10;
        await next("scroll");
      }
      for (let jump = 1; jump <= 20; ++jump) {
        box.scrollTop = (box.scrollHeight * ((jump * 7) % 20)) / 20;
        await next("jump");
        await next("jump");
      }
      return { ...times, rows: box.querySelectorAll("article, [role=row]").length };
    }, list);
    const scroll = told(frames.scroll);
    const jump = told(frames.jump);
    const each = ((await cpu()) - before) / (frames.scroll.length + frames.jump.length);
    console.log(`${name}: frames while scrolling 10 screens: ${scroll.text}; while jumping: ${jump.text}; ` +
      `${each.toFixed(1)} ms of CPU each; ${frames.rows} rows in the page`);
    assertWithin(scroll.p95, FRAME_P95_MS, `${name}, 95 % of the frames`);
    assert.ok(each <= FRAME_CPU_MS, `${name}: ${each} ms of CPU for a frame`);
    assert.ok(frames.rows < 400, `${name}: ${frames.rows} rows`);
  }
});

// Publishes to the session that is open, at a steady rate, and waits until the page has painted all.
async function publishMarks(session) {
  await page.reload(); // the transcript is at its end then
  await live(page);
  await page.evaluate(() => {
    window.marks = {};
    const channel = new MessageChannel();
    channel.port1.onmessage = ({ data }) => {
      for (const mark of data) window.marks[mark] ??= performance.timeOrigin + performance.now();
    };
    let seen = 0;
    new MutationObserver(() => {
      const last = [...document.querySelectorAll("article")].slice(-3).map((one) => one.textContent).join(" ");
      const marks = [...last.matchAll(/mark(\d+)/g)].map((match) => Number(match[1])).filter((mark) => mark > seen);
      if (marks.length === 0) return;
      seen = Math.max(...marks);
      channel.port2.postMessage(marks);
    }).observe(document.querySelector(".virtual-list"), { subtree: true, childList: true, characterData: true });
  });
  const event = (number, type, data) => ({ schema: 1, seq: number, id: `0192f0c1-2345-7abc-9def-${number.toString(16).padStart(12, "0")}`,
    ts: new Date().toISOString().replace("Z", "000000Z"), type, run_id: "live", agent: "assistant", data });
  await service.publish([event(1, "run_started", { provider: "p", model: "m", max_rounds: 1, tools: [] })], session);
  const sent = {};
  const answers = [];
  const before = await cpu();
  const start = performance.now();
  for (let mark = 1; mark <= LIVE_EVENTS + 1; ++mark) { // the last one lets go what redaction held back
    const wait = start + mark * LIVE_PERIOD_MS - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait)); // the rate, not a hope
    sent[mark] = performance.timeOrigin + performance.now();
    await service.publish([event(1 + mark, "token_delta", { text: `mark${mark} `, message_id: "m" })], session);
    answers.push(performance.timeOrigin + performance.now() - sent[mark]);
  }
  await page.waitForFunction((last) => last in window.marks, LIVE_EVENTS);
  const each = ((await cpu()) - before) / LIVE_EVENTS;
  const marks = await page.evaluate(() => window.marks);
  for (let mark = 1; mark <= LIVE_EVENTS; ++mark) assert.ok(mark in marks, `mark ${mark} was never seen`);
  const painted = Array.from({ length: LIVE_EVENTS }, (_, i) => marks[i + 1] - sent[i + 1]);
  const rounds = Array.from({ length: 3 }, (_, i) => painted.slice((i * LIVE_EVENTS) / 3, ((i + 1) * LIVE_EVENTS) / 3));
  const best = Math.min(...rounds.map((round) => told(round).p99));
  return { painted: told(painted), best, answers: told(answers), cpu: each };
}

test("what is published is painted soon, in the long session too", async () => {
  const empty = await service.newSession();
  await page.goto(`${service.url}/#/s/${empty}`);
  const short = await publishMarks(empty);
  await page.goto(`${service.url}/#/s/${id}`);
  const long = await publishMarks(id);
  for (const [name, { painted, answers, cpu }] of [["no past", short], ["the long session", long]]) {
    console.log(`${name}: from the request that publishes to the paint: ${painted.text}; ` +
      `until the request is answered: ${answers.text}; ${cpu.toFixed(1)} ms of CPU for an event`);
  }
  assertWithin(quiet ? long.painted.p99 : long.best, LIVE_P99_MS, "99 % of what is live");
  assertWithin(short.cpu, LIVE_CPU_MS, "the CPU time of an event without a past");
  assert.ok(long.cpu <= LIVE_CPU_RATIO * short.cpu, `${long.cpu} ms of CPU for an event, ${short.cpu} ms without a past`);
  assert.deepEqual(wrong, []);
});

test("the page is small", async () => {
  let bytes = 0;
  for (const path of ["/", "/viewer.css", "/viewer.js"]) {
    const size = await new Promise((resolve, reject) => {
      get(service.url + path, { headers: { Authorization: `Bearer ${service.token}`, Accept: "text/html,*/*", "Accept-Encoding": "gzip" } }, (response) => {
        let sum = 0;
        assert.equal(response.headers["content-encoding"], "gzip", path);
        response.on("data", (data) => (sum += data.length));
        response.on("end", () => resolve(sum));
      }).on("error", reject);
    });
    console.log(`${path}: ${size} bytes compressed`);
    bytes += size;
  }
  assert.ok(bytes <= MOST_BYTES, `${bytes} bytes`);
});
