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
  await openExample();
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
  await press("Escape");
  await page.getByRole("complementary").waitFor({ state: "hidden" });
  await focusIsSeen("the details were closed");

  await press("2");
  await page.getByRole("treegrid").waitFor();
  await focusIsSeen("the timeline was chosen");
  await press("j", "j", "+", "+", "-", "0");
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
