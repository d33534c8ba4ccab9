// The accessibility checker finds nothing, in every view and state, light and dark. Nothing moves for who
// wants no motion, and nothing is wider than a narrow screen.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { feed, findings, live, openBrowser, openSession, setTheme, view } from "./page.mjs";
import { samples, ends, SESSION_ONLY } from "./samples.mjs";
import { Service } from "./service.mjs";
import { Trace } from "./trace.mjs";

const script = {
  responses: [
    { match: { user: "Ask me" }, text: "I shall look.", tool_calls: [{ call_id: "where", name: "bash", arguments: { command: "pwd" } }] },
    { text: "Done." },
  ],
};

let service;
let browser;
let context;
let page;
let everything;

before(async () => {
  service = new Service();
  await service.start(["--script", service.file("script.json", script), "--approve", "ask"]);
  everything = await service.publish(everyKind());
  browser = await openBrowser();
  context = await browser.newContext({ viewport: { width: 1280, height: 4000 } });
  page = await context.newPage();
  await service.login(page);
});

after(async () => {
  await browser?.close();
  await service?.stop();
});

// A session with every type of event, and so with every kind of block; one run is still open and one
// call waits for an approval. Each text ends with `tail`.
function everyKind(tail = "") {
  const trace = new Trace();
  let number = 0;
  const text = () => `text ${++number}${tail}`;
  const give = { text, name: text, json: () => ({ command: "ls -l", list: [1, 2, { a: null }], text: "two\nlines" }), id: (name) => `${name} 1` };
  trace.begin("all", { tools: ["bash"] });
  for (const [type, data] of samples(give)) {
    if (!SESSION_ONLY.has(type)) trace.add(type, data, { turn: 1 });
  }
  trace.begin("child 1", { agent: "helper" });
  trace.answer("The answer of a sub-agent.\n```\ncode\n```\n", { reasoning: "Let me think about it." });
  trace.complete("done");
  trace.tool("d", "edit", { path: "a.txt" }, { more: {
    files_changed: ["a.txt", "b.txt"], diffs: [{ path: "a.txt", diff: "--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n one\n-two\n+three\n" }] } });
  trace.tool("o", "bash", { command: "seq 100" }, { lines: Array.from({ length: 100 }, (_, i) => `line ${i}`) });
  trace.end(...ends(give)[0]);
  trace.begin("failed").run_id;
  trace.end(...ends(give)[1]);
  trace.begin("cancelled");
  trace.end(...ends(give)[2]);
  trace.begin("open");
  trace.user("Please");
  trace.add("tool_call_ready", { call_id: "w", tool_name: "bash", arguments: { command: "rm -rf build" } });
  trace.add("approval_requested", { approval_id: "wait", call_id: "w", tool_name: "bash", arguments: { command: "rm -rf build" },
    reason: "it removes files", expires_at: "2036-01-01T00:00:00Z" });
  return trace.events;
}

// Light and dark, and what is said of both.
async function assertClean(what, on = page) {
  for (const theme of ["light", "dark"]) {
    await setTheme(on, theme);
    await on.locator(`html[data-theme=${theme}]`).waitFor({ state: "attached" });
    assert.deepEqual(await findings(on), [], `${what}, ${theme}`);
  }
}

async function state(t, name, prepare) {
  await t.test(name, async () => {
    await prepare();
    await assertClean(name);
  });
}

test("the checker can find something", async () => {
  await page.evaluate(() => {
    const button = document.createElement("button");
    button.id = "planted";
    document.body.append(button);
  });
  const found = await findings(page);
  assert.ok(found.some((one) => one.startsWith("button-name: #planted")), found.join("\n"));
  await page.evaluate(() => document.getElementById("planted").remove());
});

for (const width of [1280, 400]) {
  test(`every view, ${width} pixels wide`, async (t) => {
    await page.setViewportSize({ width, height: 4000 });
    const open = (query = "") => openSession(page, service, everything, query);
    await state(t, "start page", async () => {
      await page.goto(`${service.url}/#/`);
      await page.getByRole("button", { name: "Start", exact: true }).waitFor();
    });
    await state(t, "empty session", async () => openSession(page, service, await service.newSession("empty")));
    await state(t, "transcript", () => open());
    await state(t, "transcript, everything unfolded", async () => {
      for (let round = 0; round < 3; ++round) {
        await page.evaluate(() => {
          for (const one of document.querySelectorAll("article [aria-expanded=false]")) one.click();
        });
      }
    });
    await state(t, "transcript, from the top", async () => {
      await page.getByRole("feed").focus().catch(() => {});
      await page.keyboard.press("g");
      await page.keyboard.press("g");
    });
    await state(t, "an approval that waits", async () => {
      await open();
      await page.keyboard.press("G");
      await page.getByRole("button", { name: "Approve", exact: true }).waitFor();
    });
    await state(t, "a reason for a denial", () => page.getByRole("button", { name: "Deny…" }).click());
    await state(t, "details", async () => {
      await open("?seq=5");
      await page.getByRole("complementary").waitFor();
    });
    await state(t, "timeline", () => open("?view=timeline"));
    await state(t, "timeline, a row selected", () => open("?view=timeline&seq=5"));
    await state(t, "events", () => open("?view=events"));
    await state(t, "events, filtered and searched", () => open("?view=events&scope=tool&q=text"));
    await state(t, "transcript, filtered and searched", () => open("?scope=tool&q=text"));
    await state(t, "nothing passes the filter", () => open("?view=events&q=nothinglikeit"));
    await state(t, "filter menu", async () => {
      await open();
      await page.keyboard.press("f");
      await page.locator("[aria-haspopup=dialog][aria-expanded=true]").waitFor();
    });
    await state(t, "the list of keys", async () => {
      await open();
      await page.keyboard.press("?");
      await page.getByRole("dialog", { name: "Keys" }).waitFor();
    });
    await page.keyboard.press("Escape");
    await state(t, "replay", async () => {
      await open();
      await page.getByRole("button", { name: "Replay", exact: true }).click();
      const player = page.getByRole("region", { name: "Replay" });
      await player.getByLabel("Speed").selectOption("as fast as possible");
      await player.getByRole("button", { name: "Play again" }).waitFor();
    });
    await page.getByRole("button", { name: "End replay" }).click();
    await state(t, "events are missing", async () => {
      const some = (line) => !/"seq":(1|[23]\d),/.test(line);
      await page.route("**/events.jsonl*", async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, body: (await response.text()).split("\n").filter(some).join("\n") });
      });
      await page.goto("about:blank");
      await open();
      await page.getByRole("button", { name: "21 events missing" }).click();
    });
    await state(t, "events are missing, events", () => view(page, "Events"));
    await page.unroute("**/events.jsonl*");
    await state(t, "a message that was not sent", async () => {
      await page.route("**/runs", (route) => route.abort());
      await openSession(page, service, await service.newSession("unheard"));
      await page.getByRole("textbox", { name: "Message to the agent" }).fill("Hello");
      await page.keyboard.press("Enter");
      await page.getByRole("alert").getByText("Not sent").waitFor();
    });
    await page.unroute("**/runs");
    await state(t, "a note at the edge", async () => {
      await open("?seq=5");
      await page.evaluate(() => { // it stays
        const begin = window.setTimeout;
        window.setTimeout = (run, ms) => (ms > 1000 ? 0 : begin(run, ms));
      });
      await page.keyboard.press("c");
      await page.locator(".toast").waitFor();
    });
    await page.goto("about:blank");
    await state(t, "a session that is not there", async () => {
      await page.goto(`${service.url}/#/s/nothing`);
      await feed(page, "not on the server").waitFor();
    });
    await state(t, "a lost connection", async () => {
      await open();
      await service.kill();
      await feed(page, "reconnecting").waitFor();
    });
    await service.start();
    await live(page);
  });
}

// These have no colours of their own; of the browser's dark ones the checker knows nothing.
test("the page of who is not logged in, and that of a link that was used", async () => {
  const strangers = await browser.newContext({ colorScheme: "light" });
  const stranger = await strangers.newPage();
  await stranger.goto(`${service.url}/`);
  await stranger.getByText("not logged in").waitFor();
  assert.deepEqual(await findings(stranger), []);
  const { url } = await service.json("/v1/links", { method: "POST", body: {} });
  await stranger.goto(url);
  await stranger.waitForURL((now) => now.pathname === "/");
  await strangers.clearCookies();
  await stranger.goto(url);
  await stranger.getByText("used already").waitFor();
  assert.deepEqual(await findings(stranger), []);
  await strangers.close();
});

test("an exported file", async () => {
  const file = join(service.folder, "session.html");
  writeFileSync(file, await service.run("export", everything, "--store", service.store, "--format", "html"));
  const alone = await browser.newPage({ viewport: { width: 1280, height: 4000 } });
  await alone.goto(pathToFileURL(file).href);
  for (const name of ["Transcript", "Timeline", "Events"]) {
    await view(alone, name);
    await assertClean(`exported, ${name}`, alone);
  }
  await alone.close();
});

// What moves on the page now, in each view of a session in which a run is under way.
async function movements(reducedMotion) {
  const trace = new Trace();
  trace.begin("run");
  trace.add("tool_call_started", { tool_name: "bash", call_id: "c", arguments: { command: "make" } });
  const id = await service.publish(trace.events);
  const still = await context.newPage();
  await still.emulateMedia({ reducedMotion });
  const found = [];
  for (const name of ["transcript", "timeline", "events"]) {
    await openSession(still, service, id, `?view=${name}&seq=2`);
    await still.locator(".session-header .state--running").waitFor();
    found.push(await still.evaluate(() => document.getAnimations().length));
  }
  await still.close();
  return found;
}

test("nothing moves for who wants no motion", async () => {
  assert.ok((await movements("no-preference")).every((count) => count > 0), "something moves for the others");
  assert.deepEqual(await movements("reduce"), [0, 0, 0]);
});

test("nothing is wider than a narrow screen", async (t) => {
  const id = await service.newSession(`A title ${"x".repeat(100)}`);
  await service.publish(everyKind("-".padEnd(100, "x")), id);
  const width = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  const fits = (name, prepare) => t.test(name, async () => {
    await prepare();
    assert.equal(await width(), 0);
  });
  for (const pixels of [320, 400]) {
    await page.setViewportSize({ width: pixels, height: 800 });
    await fits(`sessions, ${pixels}`, async () => {
      await page.goto(`${service.url}/#/`);
      await page.getByText("A title").first().waitFor();
    });
    for (const name of ["transcript", "timeline", "events"]) {
      await fits(`${name}, ${pixels}`, () => openSession(page, service, id, `?view=${name}`));
      await fits(`${name} and details, ${pixels}`, async () => {
        await openSession(page, service, id, `?view=${name}&seq=20`);
        await page.getByRole("button", { name: "Details", exact: true }).click();
        await page.getByRole("dialog").waitFor();
      });
    }
    await fits(`replay, ${pixels}`, async () => {
      await openSession(page, service, id);
      await page.getByRole("button", { name: "Replay", exact: true }).click();
      await page.getByRole("region", { name: "Replay" }).waitFor();
    });
    await page.getByRole("button", { name: "End replay" }).click();
  }
  await page.evaluate(() => document.body.append(Object.assign(document.createElement("pre"), { textContent: "wide ".repeat(200) })));
  assert.ok((await width()) > 0, "it is seen when something is too wide");
});
