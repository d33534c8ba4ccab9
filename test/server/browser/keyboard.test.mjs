// The whole way by keyboard alone: the pointer is never used, the focus is always seen and never lost.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { feed, live, openBrowser, openSession, watch } from "./page.mjs";
import { Service } from "./service.mjs";
import { Trace } from "./trace.mjs";

const script = {
  responses: [
    { match: { user: "Ask me" }, text: "I shall look.", tool_calls: [{ call_id: "one", name: "bash", arguments: { command: "pwd" } }] },
    { match: { tool_result: { call_id: "one" } }, text: "And once more.", tool_calls: [{ call_id: "two", name: "bash", arguments: { command: "ls" } }] },
    { match: { tool_result: { call_id: "two" } }, text: "So be it." },
    { match: { user: "Wait" }, text: "Only this.", tool_calls: [{ call_id: "wait", name: "bash", arguments: { command: "pwd" } }] },
    { match: { tool_result: { call_id: "wait" } }, text: "This is another turn." },
    { match: { user: "Count" }, text: Array.from({ length: 40 }, (_, i) => `word${i} `), token_delay_ms: 50 },
    { match: { user: "Talk" }, text: Array.from({ length: 500 }, (_, i) => `word${i} `), token_delay_ms: 50 },
  ],
};

let service;
let browser;
let context;
let page;
let wrong;

before(async () => {
  service = new Service();
  await service.start(["--script", service.file("script.json", script), "--approve", "ask"]);
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await service?.stop();
});

beforeEach(async () => {
  context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"], viewport: { width: 1280, height: 800 } });
  page = await context.newPage();
  wrong = watch(page, new URL(service.url).origin);
  await service.login(page);
});

afterEach(async () => {
  await context.close();
  assert.deepEqual(wrong, []);
});

async function press(...keys) {
  for (const key of keys) await page.keyboard.press(key);
}

// What has the focus now: a name for people, and what is wrong with how it is shown.
function focus() {
  return page.evaluate(async () => {
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const element = document.activeElement;
    const name = element.getAttribute("aria-label") || element.placeholder || element.innerText?.trim().slice(0, 60) || element.className;
    const what = `${element.localName}${element.role ? `[${element.role}]` : ""} "${name}"`;
    if (element === document.body) return { what: "body", fault: "the focus is lost" };
    const box = element.getBoundingClientRect();
    const outlines = [element, ...element.querySelectorAll(":scope > * > *")].map((one) => getComputedStyle(one))
      .filter((style) => style.outlineStyle !== "none").map((style) => parseFloat(style.outlineWidth));
    const faults = [];
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || box.width === 0) faults.push("is hidden");
    if (box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth) faults.push("is out of sight");
    if (!element.matches(":focus-visible")) faults.push("does not show the focus");
    else if (Math.max(...outlines, 0) < 2) faults.push(`has outlines of ${outlines.join(", ") || 0} pixels`);
    if (box.width > 0 && (box.width < 23.5 || box.height < 23.5) && element.matches("button, select, input:not([type=checkbox], [type=range])")) {
      faults.push(`is ${Math.round(box.width)} by ${Math.round(box.height)} pixels`);
    }
    return { what, fault: faults.length ? `${what} ${faults.join(", ")}` : "" };
  });
}

async function focusIsSeen(when) {
  const { what, fault } = await focus();
  assert.equal(fault, "", when);
  return what;
}

async function focusOn(pattern, when) {
  const what = await focusIsSeen(when);
  assert.match(what, pattern, when);
}

test("begin, approve, deny, write, stop", async () => {
  await focusOn(/textarea/, "the page opens with the focus in the field");
  await page.keyboard.type("Ask me");
  await press("Enter");
  await page.getByText("I shall look.").waitFor();
  await page.getByRole("button", { name: "Approve", exact: true }).waitFor();
  await focusIsSeen("a session has begun");
  await press("Escape", "a");
  await focusOn(/Approve/, "a goes to the approval");
  await press("Enter");
  await page.getByText("And once more.").first().waitFor();
  await page.getByRole("button", { name: "Approve", exact: true }).waitFor();
  await focusIsSeen("a call was approved");
  await press("Escape", "d");
  await focusOn(/Deny/, "d goes to the denial");
  await press("Enter");
  await focusOn(/reason/i, "the reason is asked for");
  await page.keyboard.type("not now");
  await press("Enter");
  await page.getByText("So be it.").first().waitFor();
  await focusIsSeen("a call was denied");
  await press("Escape", "m");
  await focusOn(/Message to the agent/, "m goes to the message");
  await page.keyboard.type("Talk");
  await press("Enter");
  await page.getByText("word2 ").waitFor();
  await focusOn(/Message to the agent/, "a message was sent");
  await press("Escape", "s");
  await focusOn(/Stop/, "s goes to the stop");
  await press("Enter");
  await page.locator(".session-header .state", { hasText: "cancelled" }).waitFor();
  await focusIsSeen("the run was stopped");
});

test("stop after the turn", async () => {
  await page.keyboard.type("Wait");
  await press("Enter");
  await page.getByRole("button", { name: "Approve", exact: true }).waitFor();
  await press("Escape", "s");
  await focusOn(/"Stop"/, "s goes to the stop");
  await press("Shift+Tab");
  await focusOn(/Stop after this turn/, "the other way to stop is before it");
  await press("Enter");
  await page.getByRole("button", { name: "Stops after this turn" }).waitFor();
  await focusOn(/Stops after this turn/, "it keeps the focus");
  await press("a");
  await focusOn(/Approve/, "a goes to the approval");
  await press("Enter");
  await page.locator(".session-header .state", { hasText: "cancelled" }).waitFor();
  await focusIsSeen("the run was stopped");
  assert.equal(await page.getByText("This is another turn.").count(), 0);
});

async function openExample(query = "") {
  const trace = new Trace();
  trace.begin("run");
  trace.user("Look around");
  for (let turn = 1; turn <= 10; ++turn) {
    trace.answer(`The answer ${turn} with the word needle${turn}.`, { turn, reasoning: "Let me think." });
    trace.tool(`c${turn}`, "bash", { command: `ls ${turn}` }, { lines: ["one", "two"] });
  }
  trace.complete("done");
  const id = await service.publish(trace.events);
  await openSession(page, service, id, query);
  await page.reload(); // as one who comes by a link
  await live(page);
  return id;
}

test("views, moving, details, copying", async () => {
  const id = await openExample();
  await press("j", "j", "j");
  await focusOn(/article/, "j goes from block to block");
  await press("k", "Enter", "Enter");
  await focusOn(/article/, "Enter opens and folds");
  await press("g", "g");
  await page.locator("article[aria-posinset='1']:focus").waitFor();
  await press("G");
  await focusOn(/article/, "G goes to the end");
  assert.match(page.url(), /#/);

  await press("3");
  await page.locator("[role=grid]:focus").waitFor();
  await focusIsSeen("another view was chosen");
  await press("j", "j");
  await page.getByRole("complementary").waitFor();
  await focusIsSeen("the rows were gone through");
  await press("Enter");
  await page.locator("[role=complementary]:focus-within, [role=dialog]:focus-within").waitFor();
  await focusIsSeen("Enter opens the details");
  await press("c");
  await page.locator(".toast", { hasText: "Copied" }).waitFor();
  const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  await page.waitForURL((url) => url.hash.includes(`seq=${copied.seq}`)); // it follows a moment later
  const ofRun = (await service.events(id)).filter(({ run_id }) => run_id === copied.run_id);
  await press("C");
  await page.locator(".toast", { hasText: "Copied the run as JSON" }).waitFor();
  assert.deepEqual(JSON.parse(await page.evaluate(() => navigator.clipboard.readText())), ofRun);
  for (let i = 0; i < 20 && !/Copy the run as JSONL/.test((await focus()).what); ++i) await press("Tab");
  await focusOn(/Copy the run as JSONL/, "Tab comes to what copies the run");
  await press("Enter");
  await page.locator(".toast", { hasText: "Copied the run as JSONL" }).waitFor();
  const lines = (await page.evaluate(() => navigator.clipboard.readText())).trimEnd().split("\n");
  assert.deepEqual(lines.map((line) => JSON.parse(line)), ofRun);
  await press("Escape");
  await page.getByRole("complementary").waitFor({ state: "hidden" });
  await focusIsSeen("the details were closed");
  await press("c");
  await page.locator(".toast", { hasText: "No event is selected" }).waitFor();

  await press("2");
  await page.getByRole("treegrid").waitFor();
  await focusIsSeen("the timeline was chosen");
  await press("j", "j");
  await page.locator("[role=treegrid] [aria-selected=true]").waitFor();
  await press("Escape", "1");
  await page.getByRole("feed").waitFor();
  await focusIsSeen("back in the transcript");
});

test("search, filter, theme, list of keys, replay", async () => {
  await openExample();
  await press("/");
  await focusOn(/Search/, "/ goes to the search");
  await page.keyboard.type("needle7");
  await press("Enter");
  await page.locator("mark", { hasText: "needle7" }).first().waitFor();
  await press("Escape");
  await focusIsSeen("the search was left");
  await press("Escape", "f");
  await page.getByRole("button", { name: /^Filter/, expanded: true }).waitFor();
  await focusIsSeen("f opens the filters");
  assert.ok(await page.evaluate(() => document.activeElement.closest(".filter") !== null));
  await press("Escape");
  await page.getByRole("button", { name: /^Filter/, expanded: false }).waitFor();
  await focusOn(/Filter/, "the filters were closed");

  const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
  const first = await theme();
  await press("t");
  assert.notEqual(await theme(), first);
  await press("t");
  assert.equal(await theme(), first);

  await press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await focusIsSeen("the list of keys is open");
  for (let i = 0; i < 5; ++i) {
    await press("Tab");
    assert.ok(await page.evaluate(() => document.activeElement === document.body || document.activeElement.closest("dialog") !== null), "Tab stays in the list");
  }
  await press("Escape");
  await page.getByRole("dialog", { name: "Keys" }).waitFor({ state: "hidden" });
  await focusOn(/Filter/, "the list of keys was closed");

  await press("r");
  await feed(page, "replay").waitFor();
  await focusIsSeen("a replay has begun");
  const player = page.getByRole("region", { name: "Replay" });
  await player.waitFor();
  await press("r");
  await live(page);
  await focusIsSeen("the replay was ended");
});

// The words of the place that the search is at, and the row that is selected.
const currentMatch = (text) => page.locator("article:has(.mark--current)", { hasText: text }).waitFor();
const currentRow = (text) => page.locator("[role=row][aria-selected=true]", { hasText: text }).waitFor();

test("n and N go from match to match", async () => {
  const id = await openExample();
  await press("n");
  await page.getByRole("status").getByText("Nothing is searched for").waitFor({ state: "attached" });
  await press("/");
  await page.keyboard.type("the word needle");
  await press("Enter", "Tab", "n");
  await currentMatch("The answer 1 with");
  await focusIsSeen("n goes to a match");
  await press("n", "n");
  await currentMatch("The answer 3 with");
  await press("N");
  await currentMatch("The answer 2 with");
  await focusIsSeen("N goes back");

  const found = (await service.events(id)).filter((event) => JSON.stringify(event).includes("the word needle"));
  assert.equal(found.length, 10);
  await press("3");
  await page.locator("[role=grid]:focus").waitFor();
  await press("g", "g");
  await currentRow(`The answer 1 with`);
  await press("n", "n");
  await currentRow(`The answer 3 with`);
  await press("N");
  await currentRow(`The answer 2 with`);
  await page.waitForURL((url) => url.hash.includes(`seq=${found[1].seq}`));
});

test("a value of the filter is chosen and taken away", async () => {
  const id = await openExample("?view=events");
  const events = await service.events(id);
  const shown = (count) => page.getByText(`${count} of ${events.length} events`, { exact: true }).waitFor();
  await press("f");
  await focusOn(/"Type"/, "f opens the filters");
  await press("ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown");
  await focusOn(/"Tool"/, "arrows go through what can be filtered by");
  await press("ArrowRight");
  await focusIsSeen("and into the values");
  await press(" ");
  await shown(events.filter(({ data }) => data.tool_name === "bash").length);
  await page.waitForURL((url) => url.hash.includes("tool=bash"));
  await focusIsSeen("the value was chosen");
  await press("ArrowLeft", "ArrowUp", "ArrowUp", "ArrowUp", "ArrowUp", "ArrowRight", "ArrowDown");
  const type = await page.evaluate(() => document.activeElement.dataset.value);
  await press(" ");
  await shown(events.filter((event) => event.data.tool_name === "bash" && event.type === type).length);
  await press("Escape");
  await focusOn(/Filter \(2\)/, "the filters were closed");
  await press("Tab");
  await focusOn(/Remove the filter Type/, "what was chosen can be taken away");
  await press("Enter");
  await page.getByRole("button", { name: "Filter (1)" }).waitFor();
  await focusOn(/Remove the filter Tool/, "one was taken away");
  await press("Enter");
  await page.waitForURL((url) => !/tool=|type=/.test(url.hash));
  await focusOn(/"Filter"/, "all were taken away");
});

// A run that took some seconds: an agent outside cannot say when its events have happened.
async function openSlow(query) {
  const { id } = await service.json("/v1/sessions", { method: "POST", body: { title: "slow", message: "Count" } });
  await openSession(page, service, id, query);
  await page.locator(".session-header .state", { hasText: "completed" }).waitFor();
}

test("+, - and 0 change which part of the time is seen", async () => {
  await openSlow("?view=timeline");
  const range = page.locator(".timeline__range");
  const whole = await range.innerText();
  // How many seconds are seen.
  const seen = async () => {
    const [, from, to] = /^\+([\d.]+) s to \+([\d.]+) s of/.exec(await range.innerText());
    return Number(to) - Number(from);
  };
  const about = (value, wanted) => assert.ok(Math.abs(value - wanted) < 0.01 * wanted, `${value} is about ${wanted}`);
  await press("+");
  await range.getByText(" to ").waitFor();
  const half = await seen();
  assert.ok(half > 0.9, `${whole}, of which ${half} s are half`);
  await press("+");
  about(await seen(), half / 2);
  await page.getByRole("group", { name: /Part of the time/ }).waitFor();
  await press("-");
  about(await seen(), half);
  await press("+", "0");
  await range.getByText(whole, { exact: true }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Show all" }).isDisabled(), true);
  await press("+", "-");
  assert.equal(await range.innerText(), whole);
});

test("Space holds the replay and lets it go on", async () => {
  await openSlow("");
  const player = page.getByRole("region", { name: "Replay" });
  await press("r", " ");
  await player.getByRole("button", { name: "Play", exact: true }).waitFor();
  await focusIsSeen("the replay was held");
  const [, position, size] = /(\d+) of (\d+) events/.exec(await player.innerText()).map(Number);
  assert.ok(position < size, `${position} of ${size}`);
  await page.evaluate(() => document.activeElement.blur());
  await press(" ");
  await player.getByRole("button", { name: /^(Pause|Play again)$/ }).waitFor();
  await player.getByText(`${size} of ${size} events`).waitFor();
  await press("r");
  await live(page);
});

// Tab from the top of the page until it begins again.
async function tabStops(key = "Tab") {
  const stops = [];
  await page.evaluate(() => document.activeElement.blur());
  for (let count = 0; count < 200; ++count) {
    await press(key);
    if (await page.evaluate(() => document.activeElement === document.body)) return stops;
    const again = await page.evaluate((mark) => {
      const seen = document.activeElement.dataset.tabStop === mark;
      document.activeElement.dataset.tabStop = mark;
      return seen;
    }, key);
    if (again) return stops;
    stops.push(await focus());
  }
  assert.fail(`${key} never comes to an end: ${stops.slice(-5).map((stop) => stop.what).join(", ")}`);
  return stops;
}

for (const name of ["transcript", "timeline", "events"]) {
  test(`Tab goes through the page in its order: ${name}`, async () => {
    await openExample(`?view=${name}&seq=3`);
    const stops = await tabStops();
    assert.deepEqual(stops.map((stop) => stop.fault).filter(Boolean), []);
    const names = stops.map((stop) => stop.what);
    const place = (pattern) => {
      const index = names.findIndex((one) => pattern.test(one));
      assert.ok(index >= 0, `${pattern} is not among ${names.join("\n")}`);
      return index;
    };
    const wanted = [/New session/, /"Replay"|Play the session/, new RegExp(`\\[tab\\] "${name}`, "i"), /Search/,
      { transcript: /article/, timeline: /"Timeline"/, events: /"Events"/ }[name], /Close the details/, /Message to the agent/];
    const places = wanted.map((pattern, index) => index === 4 && name !== "transcript"
      ? names.findLastIndex((one) => pattern.test(one)) : place(pattern));
    assert.deepEqual(places, [...places].sort((a, b) => a - b), names.join("\n"));
    const back = await tabStops("Shift+Tab");
    assert.deepEqual(back.map((stop) => stop.fault).filter(Boolean), []);
  });
}
