// What the views show of a session in which everything happens, and that filters, copies and the stop
// after a turn do what they say.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { promisify } from "node:util";
import { live, openBrowser, openSession, tableRows, transcriptBlocks, view, watch } from "./page.mjs";
import { Service } from "./service.mjs";
import { story } from "./story.mjs";
import { Trace } from "./trace.mjs";

const script = {
  responses: [
    { match: { user: "Take your time" }, text: "I look first.", tool_calls: [{ call_id: "one", name: "bash", arguments: { command: "pwd" } }] },
    { match: { tool_result: { call_id: "one" } }, text: "This is another turn." },
  ],
};

let service;
let browser;
let context;
let page;
let wrong;
let id; // of a session with the whole story

before(async () => {
  service = new Service();
  await service.start(["--script", service.file("script.json", script), "--approve", "ask"]);
  const events = story();
  const pause = events.findIndex(({ run_id }) => run_id === "short");
  id = await service.publish(events.slice(0, pause));
  await service.publish(events.slice(pause), id); // later by the server's clock
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await service?.stop();
});

beforeEach(async () => {
  context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"], viewport: { width: 1280, height: 3000 } });
  page = await context.newPage();
  wrong = watch(page, new URL(service.url).origin);
  await service.login(page);
});

afterEach(async () => {
  await context.close();
  assert.deepEqual(wrong, []);
});

const article = (hasText) => page.locator("article", { hasText });
const facts = (within) => within.locator(".facts__one").allInnerTexts();

// Whether a text of the page is struck through, by itself or by what is around it.
const isStruck = (locator) => locator.evaluate((element) => {
  for (let one = element; one; one = one.parentElement) {
    if (getComputedStyle(one).textDecorationLine.includes("line-through")) return true;
  }
  return false;
});

test("everything is where it happened", async () => {
  await openSession(page, service, id);
  const blocks = await transcriptBlocks(page);
  const order = [/Write the report/, /Turn 1/, /I take this back/, /Model request failed\s+stream reset by peer/, /Retry 2 of 3/,
    /Reasoning/, /I write the report/, /edit_file/, /Turn 2/, /I check it/, /bash/, /delegate/, /Sub-agent counter/,
    /Run of sub-agent/, /There are two parts/, /Run completed/, /Error\s+the disk is full/, /Turn 3/, /The report is written/, /Run completed/];
  let place = -1;
  for (const words of order) {
    place = blocks.findIndex((text, i) => i > place && words.test(text));
    assert.ok(place >= 0, `${words} in its place in\n${blocks.join("\n---\n")}`);
  }
});

test("what a retry has taken back is struck through, with why; what was said after it is not", async () => {
  await openSession(page, service, id);
  assert.equal(await isStruck(page.getByText("I take this back", { exact: true })), true);
  assert.equal(await isStruck(page.getByText("I write the report.", { exact: true })), false);
  await article("I take this back").getByText("Discarded (attempt 1): the connection broke").waitFor();
  assert.deepEqual(await facts(article("Retry 2 of 3")), ["after 500 ms", "scripted"]);
});

test("reasoning is folded and opens", async () => {
  await openSession(page, service, id);
  const text = page.getByText("What is asked for is a report.");
  const button = page.getByRole("button", { name: /Reasoning/ });
  assert.equal(await button.getAttribute("aria-expanded"), "false");
  assert.equal(await text.isVisible(), false);
  await button.click();
  await text.waitFor();
  assert.equal(await button.getAttribute("aria-expanded"), "true");
  await button.click();
  await text.waitFor({ state: "hidden" });
});

test("tools have their outcome, duration, output and changes", async () => {
  await openSession(page, service, id);
  const edit = article("edit_file").first();
  assert.equal(await edit.locator(".tool-block__state").innerText(), "done");
  assert.equal(await edit.locator(".tool-block__time").innerText(), "2.5 s");
  const lines = (kind) => edit.locator(`.diff__line--${kind}`);
  assert.deepEqual((await lines("add").allInnerTexts()).map((line) => line.trimEnd()), ["+two parts", "+both fine"]);
  assert.deepEqual((await lines("remove").allInnerTexts()).map((line) => line.trimEnd()), ["-to do"]);
  const colour = (kind) => lines(kind).first().evaluate((line) => getComputedStyle(line).backgroundColor);
  assert.equal(new Set([await colour("add"), await colour("remove"), await colour("same")]).size, 3);
  await edit.getByText("2 lines added, 1 removed").waitFor({ state: "attached" });

  const check = article("make check");
  assert.equal(await check.locator(".tool-block__state").innerText(), "failed");
  assert.equal(await check.locator(".tool-block__time").innerText(), "700 ms");
  await check.getByText("part one is fine").waitFor();
  await check.getByText("part two is broken").waitFor();
  await check.getByText("the check failed").waitFor();
  assert.deepEqual(await facts(check), ["exit code 3", "in /work"]);
});

test("output is there while the tool runs", async () => {
  const events = story();
  const half = events.findIndex((event) => event.data.text === "part one is fine\n") + 1;
  const growing = await service.publish(events.slice(0, half));
  await openSession(page, service, growing);
  const check = article("make check");
  await check.getByText("part one is fine").waitFor();
  assert.equal(await check.locator(".tool-block__state").innerText(), "running");
  assert.equal(await check.getByText("part two is broken").count(), 0);
  await service.publish(events.slice(half), growing);
  await check.getByText("part two is broken").waitFor();
  await check.locator(".tool-block__state", { hasText: "failed" }).waitFor();
});

test("a sub-agent is nested below what asked for it, and folds", async () => {
  await openSession(page, service, id);
  const left = async (text) => (await page.getByText(text, { exact: true }).first().boundingBox()).x;
  const above = await left("I check it.");
  assert.ok(await left("counter") > above, "its run is further in");
  const answer = page.getByText("There are two parts.", { exact: true });
  assert.ok(await left("There are two parts.") > above, "its answer is further in");
  assert.ok(Math.abs(await left("The report is written.") - above) < 1, "what follows is not");
  const fold = page.getByRole("button", { name: "Sub-agent counter" });
  await fold.click();
  await answer.waitFor({ state: "hidden" });
  assert.equal(await fold.getAttribute("aria-expanded"), "false");
  assert.deepEqual(await facts(article("Sub-agent counter")), ["3 blocks folded"]);
  await fold.click();
  await answer.waitFor();
});

test("runs and turns say their tokens, cost and first token", async () => {
  await openSession(page, service, id);
  const turns = page.locator("article:has(.turn-block)");
  assert.deepEqual(await facts(turns.nth(0)), ["120 tokens (100 in, 20 out)", "about $0.009", "first token after 40 ms", "1.5 s"]);
  assert.deepEqual(await facts(turns.nth(3)), ["120 tokens (100 in, 20 out)", "$0.013", "first token after 60 ms", "1.5 s"]);
  const ends = page.locator("article:has(.run-end)");
  assert.deepEqual((await facts(ends.nth(1))).slice(1, 4), ["660 tokens (600 in, 60 out)", "$0.042", "first token after 40 ms"]);
  assert.match(await page.locator(".session-header__facts").innerText(), /Cost\s+\$0\.057/);

  await view(page, "Timeline");
  await page.getByRole("treegrid", { name: "Timeline" }).waitFor();
  const row = (name) => page.getByRole("row", { name }).first();
  const figures = async (name) => (await row(name).getByRole("gridcell").allInnerTexts()).slice(-3);
  assert.deepEqual(await figures(/^Run writer/), ["40 ms", "660", "$0.042"]);
  assert.deepEqual(await figures(/^Turn 1, completed/), ["40 ms", "120", "≈ $0.009"]);
  assert.match(await row(/^Turn 1, completed/).getAttribute("aria-label"), /100 tokens in, 20 out, cost about \$0\.009$/);
});

test("as long as a run goes on, what is known so far is said", async () => {
  const trace = new Trace();
  trace.begin("slow");
  trace.add("turn_started", { turn: 1, max_turns: 9 }, { turn: 1 });
  trace.answer("One.", { turn: 1 });
  const growing = await service.publish(trace.events);
  await openSession(page, service, growing);
  const cost = (words) => page.locator(".session-header__facts .fact", { hasText: /^Cost/ }).getByText(words, { exact: true }).waitFor();
  await cost("not known yet");
  assert.deepEqual(await facts(page.locator("article:has(.turn-block)")), ["120 tokens (100 in, 20 out)", "first token after 20 ms"]);
  const sent = trace.length;
  trace.add("usage_update", { usage: { prompt: 100, completion: 20, total: 120 }, cost: 0.25 });
  await service.publish(trace.events.slice(sent), growing);
  await cost("$0.25 so far");
  trace.complete("One.", { prompt: 100, completion: 20, total: 120 }, 0.25);
  await service.publish(trace.events.slice(sent + 1), growing);
  await cost("$0.25");
});

test("records that the store has lost are counted where they were", async () => {
  const trace = new Trace();
  trace.begin("holes");
  trace.user("What is missing?");
  trace.answer("one hole-a hole-b hole-c two", { finish_reason: "stop" });
  trace.user("And now?");
  trace.add("system_notice", { subsystem: "other", message: "hole-d" });
  trace.add("system_notice", { subsystem: "other", message: "It goes on" });
  trace.complete("done");
  const damaged = await service.publish(trace.events);
  const before = await service.events(damaged);
  // The end of the request repeats the text, so it goes as well.
  const seqs = before.filter(({ data }) => /hole-/.test(JSON.stringify(data))).map(({ seq }) => seq);
  assert.deepEqual(seqs.map((seq) => seq - seqs[0]), [0, 1, 2, 4, 6]);
  await service.damage(...["hole-a \"", "hole-b \"", "hole-c \"", "hole-a hole-b hole-c two\"", "hole-d\""]);
  await service.login(page);

  await openSession(page, service, damaged);
  await page.getByRole("button", { name: "⚠ 5 events missing" }).waitFor();
  const blocks = await transcriptBlocks(page);
  const place = (words) => blocks.findIndex((text) => words.test(text));
  const gaps = blocks.filter((text) => /missing here/.test(text));
  assert.deepEqual(gaps.map((text) => text.split("\n")[0]), ["3 events are missing here", "1 event is missing here", "1 event is missing here"]);
  assert.ok(place(/What is missing/) < place(/3 events are missing/) && place(/3 events are missing/) < place(/And now/));
  await article("A part of this text was missed.").first().waitFor();

  await page.getByRole("button", { name: "⚠ 5 events missing" }).click();
  await page.waitForURL((url) => url.hash.includes(`seq=${seqs[2] + 1}`));
  await view(page, "Events");
  const rows = (await tableRows(page)).map((row) => row.split("\t")).filter(([, , type]) => type === "gap");
  assert.deepEqual(rows.map((row) => row.at(-1)), [`3 events are missing after ${seqs[0] - 1}`,
    `1 event is missing after ${seqs[3] - 1}`, `1 event is missing after ${seqs[4] - 1}`]);
});

test("the newest record is missed too", async () => {
  const trace = new Trace();
  trace.begin("short");
  trace.complete("done");
  const damaged = await service.publish(trace.events);
  const last = (await service.events(damaged)).at(-1).seq;
  await service.damage(`session_closed","session_id":"${damaged}"`); // which is written as the server ends
  await service.login(page);
  await openSession(page, service, damaged);
  const missing = page.getByRole("button", { name: "⚠ 1 event missing" });
  await missing.waitFor();
  assert.match((await transcriptBlocks(page)).at(-1), /^1 event is missing here/);
  await missing.click();
  await page.waitForURL((url) => url.hash.includes(`seq=${last}`));
});

// What a button of the details puts on the clipboard.
async function copied(name) {
  await page.evaluate(() => navigator.clipboard.writeText("nothing"));
  await page.getByRole("complementary").getByRole("button", { name, exact: true }).click();
  await page.locator(".toast", { hasText: name.replace("Copy ", "Copied ") }).waitFor();
  return page.evaluate(() => navigator.clipboard.readText());
}

// What a command of a shell says that has the token in its environment.
async function said(command) {
  const { stdout } = await promisify(execFile)("sh", ["-c", command], { env: { PATH: process.env.PATH, TOKEN: service.token } });
  return stdout;
}

test("what is copied is what the server has, and the copied commands get it", async () => {
  const events = await service.events(id);
  const selected = events.find(({ type, run_id }) => type === "tool_output" && run_id === "main");
  const ofRun = events.filter(({ run_id }) => run_id === "main");
  assert.ok(ofRun.length < events.length);
  const parsed = (jsonl) => jsonl.split("\n").slice(0, -1).map((line) => JSON.parse(line));
  await openSession(page, service, id, `?seq=${selected.seq}`);
  assert.deepEqual(JSON.parse(await copied("Copy the event as JSON")), selected);
  assert.deepEqual(parsed(await copied("Copy the event as a JSON line")), [selected]);
  assert.deepEqual(JSON.parse(await copied("Copy the run as JSON")), ofRun);
  assert.deepEqual(parsed(await copied("Copy the run as JSONL")), ofRun);
  assert.deepEqual(parsed(await said(await copied("Copy a curl command that gets the event"))), [selected]);
  const command = await copied("Copy a curl command that gets the run");
  assert.ok(!command.includes(service.token));
  assert.deepEqual(parsed(await said(command)), ofRun);
  await page.goto(await copied("Copy a link to the event"));
  await page.getByRole("complementary").getByRole("heading", { name: "tool_output" }).waitFor();
});

test("an event without a run is copied alone", async () => {
  const events = await service.events(id);
  const created = events.find(({ type }) => type === "session_created");
  await openSession(page, service, id, `?seq=${created.seq}`);
  assert.deepEqual(JSON.parse(await copied("Copy the event as JSON")), created);
  assert.equal(await page.getByRole("button", { name: "Copy the run as JSON" }).count(), 0);
});

const menu = () => page.getByRole("dialog", { name: "Filter" });

async function openMenu(kind) {
  await page.getByRole("button", { name: /^Filter/ }).click();
  await menu().getByRole("tab", { name: kind, exact: true }).click();
}

const choose = (kind, value) => async () => {
  await openMenu(kind);
  await menu().locator("label", { has: page.getByText(value, { exact: true }) }).getByRole("checkbox").check();
  await page.keyboard.press("Escape");
};

// What stays: said by the server, by its own filter, or by the events as they are.
const byServer = (query) => async () =>
  (await (await service.ask(`/v1/sessions/${id}/events.jsonl?${query}`)).text()).split("\n").filter(Boolean).map((line) => JSON.parse(line));
const byEvents = (fits) => async () => (await service.events(id)).filter(fits);
// In ms since 1970, with parts of a ms.
const timeOf = ({ ts }) => Date.parse(`${ts.slice(0, 19)}Z`) + Number(`0${ts.slice(19, -1)}`) * 1000;
const later = (events) => events.findIndex(({ run_id }) => run_id === "short");

const CRITERIA = [
  ["type", choose("Type", "tool_output"), "type=tool_output", byServer("type=tool_output")],
  ["scope", choose("Scope", "tool"), "scope=tool", byServer("scope=tool")],
  ["status", choose("Status", "failed"), "status=failed", byServer("status=failed")],
  ["agent", choose("Agent", "counter"), "agent=counter", byServer("agent=counter")],
  ["tool", choose("Tool", "bash"), "tool=bash", byEvents(({ data }) => data.tool_name === "bash")],
  ["text", () => page.getByRole("searchbox").fill("two parts"), "q=two+parts", byEvents((event) => /two parts/i.test(JSON.stringify(event)))],
  ["time, from", async (events) => {
    await page.goto(`${service.url}/#/s/${id}?view=events&seq=${events[later(events)].seq}`);
    await openMenu("Time");
    await menu().getByRole("button", { name: "From the selected event" }).click();
    await page.getByRole("button", { name: "Close the details" }).click();
  }, "from=", byEvents((_, i, events) => i >= later(events))],
  ["time, to", async (events) => {
    const [last, next] = [events[later(events) - 1], events[later(events)]];
    await openMenu("Time");
    await menu().getByRole("spinbutton", { name: /^To/ }).fill(String(((timeOf(last) + timeOf(next)) / 2 - timeOf(events[0])) / 1000));
    await page.keyboard.press("Tab");
    await page.keyboard.press("Escape");
  }, "to=", byEvents((_, i, events) => i < later(events))],
];

for (const [name, set, address, stays] of CRITERIA) {
  test(`filter by ${name}: in the rows, in the address, and after a reload`, async () => {
    const events = await service.events(id);
    const expected = (await stays()).map(({ seq }) => String(seq));
    assert.ok(expected.length > 0 && expected.length < events.length, "a part of the events stays");
    await openSession(page, service, id, "?view=events");
    assert.equal((await tableRows(page)).length, events.length);
    await set(events);
    const rows = async () => {
      await page.getByText(`${expected.length} of ${events.length} events`, { exact: true }).waitFor();
      return (await tableRows(page)).map((row) => row.split("\t")[0]);
    };
    assert.deepEqual(await rows(), expected);
    await page.waitForURL((url) => url.hash.includes(address));
    const { hash } = new URL(page.url());
    await page.reload();
    await live(page);
    assert.deepEqual(await rows(), expected);
    assert.equal(new URL(page.url()).hash, hash);
    await page.getByRole("button", { name: "Clear all" }).click();
    await page.waitForURL((url) => !url.hash.includes(address));
    assert.equal((await tableRows(page)).length, events.length);
  });
}

test("a filter hides blocks and rows of the other views too, and counts them", async () => {
  await openSession(page, service, id, "?tool=bash");
  const blocks = await transcriptBlocks(page);
  assert.deepEqual(blocks.map((text) => /hidden by the filter/.test(text) ? "hidden" : text.slice(0, 4)), ["hidden", "bash", "hidden"]);
  await view(page, "Timeline");
  await page.getByText(/^\d+ hidden by the filter$/).waitFor();
  const rows = page.getByRole("treegrid").locator("[role=row][aria-level]");
  assert.deepEqual(await rows.evaluateAll((all) => all.map((row) => row.getAttribute("aria-label").split(",")[0])), ["Run writer", "Turn 2", "Tool bash"]);
});

test("stop after this turn: the turn is ended, no other one begins", async () => {
  await page.getByLabel("What shall the agent do?").fill("Take your time");
  await page.getByRole("button", { name: "Start" }).click();
  const approve = page.getByRole("button", { name: "Approve", exact: true });
  await approve.waitFor();
  await page.getByRole("button", { name: "Stop after this turn" }).click();
  await page.getByRole("button", { name: "Stops after this turn" }).and(page.locator("[aria-disabled=true]")).waitFor();
  await approve.click();
  await page.locator(".session-header .state", { hasText: "cancelled" }).waitFor();
  await article("bash").locator(".tool-block__state", { hasText: "done" }).waitFor();
  assert.equal(await page.getByText("This is another turn.").count(), 0);
  const events = await service.events(decodeURIComponent(/#\/s\/([^?]+)/.exec(page.url())[1]));
  assert.equal(events.filter(({ type }) => type === "turn_started").length, 1);
  assert.equal(events.filter(({ type }) => type === "tool_call_completed").length, 1);
  assert.ok(events.some(({ type }) => type === "run_cancelled"));
});

test("a word without an end is laid out in pieces, and stays one text", async () => {
  const word = "A".repeat(20_000) + "😀".repeat(400);
  const trace = new Trace();
  trace.begin("run");
  trace.user(`before ${word} after`);
  await openSession(page, service, await service.publish(trace.events));
  const paragraph = page.locator(".prose__paragraph");
  await paragraph.waitFor();
  assert.equal(await paragraph.evaluate((element) => element.textContent), `before ${word} after`);
  const longest = await paragraph.evaluate((element) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    let most = 0;
    while (walker.nextNode()) most = Math.max(most, ...walker.currentNode.data.split(/\s+/).map((one) => one.length));
    return most;
  });
  assert.ok(longest <= 1000, `${longest} characters in one piece`);
});
