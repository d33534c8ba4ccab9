// How quick the page is with a session of 100,000 events, and how big it is. Prints what it measures.
//
// The claims are for an optimised program on a quiet machine: open within 2 s, live within 100 ms (99 %).
// Here the program is not optimised and others may use the machine too: it is enough if opening takes at
// most twice the time in which the same page fetches and parses the same bytes and does nothing with
// them, and what is live has three times as long. A page that does more than is in view, or more for each
// event the longer the session is, goes beyond that by far.
import assert from "node:assert/strict";
import { get } from "node:http";
import { after, before, test } from "node:test";
import { live, openBrowser, watch } from "./page.mjs";
import { Service } from "./service.mjs";
import { longTrace } from "./trace.mjs";

const EVENTS = 100_000;
const OPEN_MS = 2000;
const OPEN_RATIO = 2;
const FRAME_P95_MS = 50;
const FRAME_RATIO = 8; // of a plain page on the same busy machine
const FRAME_MOST_MS = 1000;
const LIVE_P99_MS = 300;
const LIVE_RATIO = 4; // of the time until such a request is answered
const LIVE_EVENTS = 300;
const LIVE_PERIOD_MS = 20;
const MOST_BYTES = 150 * 1024;

let service;
let browser;
let page;
let wrong;
let id;

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
  const opened = [];
  for (let round = 0; round < 2; ++round) {
    await page.goto("about:blank");
    await page.goto(`${service.url}/#/s/${id}`);
    await page.waitForFunction(() => "past" in window.painted);
    opened.push(await page.evaluate(() => window.painted));
  }
  const floor = await page.evaluate(async (session) => {
    const start = performance.now();
    const text = await (await fetch(`/v1/sessions/${session}/events.jsonl`)).text();
    const there = performance.now();
    const size = text.split("\n").filter(Boolean).map((line) => JSON.parse(line)).length;
    return { fetch: there - start, parse: performance.now() - there, size, bytes: text.length };
  }, id);
  assert.ok(floor.size >= EVENTS);
  for (const { something, end, past } of opened) {
    console.log(`first block ${Math.round(something)} ms, end ${Math.round(end)} ms, all of the past ${Math.round(past)} ms`);
  }
  const best = Math.min(...opened.map((one) => one.past));
  const ratio = best / (floor.fetch + floor.parse);
  console.log(`the same ${(floor.bytes / 1e6).toFixed(1)} MB fetched in ${Math.round(floor.fetch)} ms and parsed in ` +
    `${Math.round(floor.parse)} ms: the page takes ${ratio.toFixed(2)} times as long`);
  assert.ok(best <= OPEN_MS || ratio <= OPEN_RATIO, `${best} ms, ${ratio} times the floor`);
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
    console.log(`${name}: frames while scrolling 10 screens: ${scroll.text}; while jumping: ${jump.text}; ${frames.rows} rows in the page`);
    assert.ok(scroll.p95 <= Math.max(FRAME_P95_MS, FRAME_RATIO * floor.p95), `${name} p95 ${scroll.p95}`);
    assert.ok(Math.max(scroll.most, jump.most) <= FRAME_MOST_MS, `${name} longest frame`);
    assert.ok(frames.rows < 400, `${name}: ${frames.rows} rows`);
  }
});

test("what is published is painted soon, in the long session too", async () => {
  await page.goto(`${service.url}/#/s/${id}`);
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
  const sent = {};
  const event = (number, type, data) => ({ schema: 1, seq: number, id: `0192f0c1-2345-7abc-9def-${number.toString(16).padStart(12, "0")}`,
    ts: new Date().toISOString().replace("Z", "000000Z"), type, run_id: "live", agent: "assistant", data });
  await service.publish([event(1, "run_started", { provider: "p", model: "m", max_rounds: 1, tools: [] })], id);
  const publishing = [];
  const answers = [];
  const start = performance.now();
  for (let mark = 1; mark <= LIVE_EVENTS + 1; ++mark) { // the last one lets go what redaction held back
    const wait = start + mark * LIVE_PERIOD_MS - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait)); // the rate, not a hope
    sent[mark] = performance.timeOrigin + performance.now();
    const one = service.publish([event(1 + mark, "token_delta", { text: `mark${mark} `, message_id: "m" })], id);
    publishing.push(one);
    await one;
    answers.push(performance.timeOrigin + performance.now() - sent[mark]);
  }
  await Promise.all(publishing);
  await page.waitForFunction((last) => last in window.marks, LIVE_EVENTS);
  const marks = await page.evaluate(() => window.marks);
  const times = told(Array.from({ length: LIVE_EVENTS }, (_, i) => marks[i + 1] - sent[i + 1]));
  console.log(`from the request that publishes to the paint: ${times.text}`);
  for (let mark = 1; mark <= LIVE_EVENTS; ++mark) assert.ok(mark in marks, `mark ${mark} was never seen`);
  const floor = told(answers);
  console.log(`until the same requests are answered, which is when the store has them: ${floor.text}`);
  assert.ok(times.p99 <= Math.max(LIVE_P99_MS, LIVE_RATIO * floor.p99), `${times.p99} ms`);
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
