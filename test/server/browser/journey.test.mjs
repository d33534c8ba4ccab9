// What a reader does from beginning to end, with the server killed in between: nothing is missing.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { pathToFileURL } from "node:url";
import { assertTableHas, feed, live, openBrowser, transcriptBlocks, view, watch } from "./page.mjs";
import { Service } from "./service.mjs";

const command = (call_id, command = "pwd") => [{ call_id, name: "bash", arguments: { command } }];
const many = Array.from({ length: 150 }, (_, index) => `word${index} `);

const script = {
  model: "gpt-4o",
  price: { input_per_million_usd: 2, output_per_million_usd: 8 },
  token_delay_ms: 5,
  responses: [
    { match: { user: "Say where you are" }, text: "I shall look.", tool_calls: command("where"), usage: { prompt: 60, completion: 20 } },
    { match: { tool_result: { call_id: "where" } }, text: "Now I know where I am.", usage: { prompt: 90, completion: 10 } },
    { match: { user: "And again" }, text: "I am still there.", usage: { prompt: 120, completion: 8 } },
    { match: { user: "Talk slowly" }, text: many, token_delay_ms: 30, usage: { prompt: 10, completion: 150 } },
    { match: { user: "Talk for ever" }, text: [...many, ...many, ...many], token_delay_ms: 100 },
    { match: { user: "Take your time" }, text: "I begin.", tool_calls: command("long", "echo at work; sleep 600") },
    { match: { user: "Be careful" }, text: "May I?", tool_calls: command("careful") },
    { match: { tool_result: { call_id: "careful" } }, text: "Then I do not." },
    { match: { user: "Hear me" }, text: "One moment.", tool_calls: command("hear") },
    { match: { user: "By the way", tool_result: { call_id: "hear" } }, text: "I have heard you." },
    { match: { user: "By the way" }, text: "I have heard you." },
    { match: { tool_result: { call_id: "hear" } }, text: "You said nothing." },
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
  context = await browser.newContext();
  page = await context.newPage();
  wrong = watch(page, new URL(service.url).origin);
  await service.login(page);
});

afterEach(async () => {
  await context.close();
  assert.deepEqual(wrong, []);
});

const approval = () => page.getByRole("group", { name: "Approval" });
const message = () => page.getByRole("textbox", { name: "Message to the agent" });

// Begins a session as a reader does, and gives its id.
async function begin(text) {
  await page.getByLabel("What shall the agent do?").fill(text);
  await page.getByRole("button", { name: "Start" }).click();
  await page.waitForURL(/#\/s\//);
  await live(page);
  return decodeURIComponent(/#\/s\/([^?]+)/.exec(page.url())[1]);
}

// The page has all events of the server; `before` are those that the server gave before it was killed.
async function nothingIsMissing(id, before = []) {
  await live(page);
  const events = await service.events(id);
  assert.deepEqual(events.slice(0, before.length), before);
  await view(page, "Events");
  await page.getByRole("grid", { name: "Events" }).and(page.locator(`[aria-rowcount="${events.length + 1}"]`)).waitFor();
  await assertTableHas(page, events);
  assert.equal(await page.getByRole("button", { name: /missing/ }).count(), 0, "no event is missing");
}

const ended = (words) => page.locator(".session-header .state", { hasText: words }).first().waitFor();

test("start, watch, approve, kill the server, restart, go on without reload", async () => {
  await page.evaluate(() => (window.neverReloaded = true));
  const id = await begin("Say where you are");
  await page.getByText("I shall look.").waitFor();
  await approval().getByText("pwd").waitFor();

  const before = await service.events(id);
  await service.kill("SIGKILL");
  await feed(page, "reconnecting").waitFor();
  await service.start();
  await feed(page, "live").waitFor();

  // The approval is offered again under its id by a new run.
  await page.getByRole("button", { name: "Approve", exact: true }).last().click();
  await page.getByText("Now I know where I am.").first().waitFor();

  await message().fill("And again");
  await page.keyboard.press("Enter");
  await page.getByText("I am still there.").first().waitFor();
  await ended("completed");
  await nothingIsMissing(id, before);
  assert.equal(await page.evaluate(() => window.neverReloaded), true);
});

test("a server that is killed while an approved tool runs", async () => {
  await page.evaluate(() => (window.neverReloaded = true));
  const id = await begin("Take your time");
  await page.getByRole("button", { name: "Approve", exact: true }).click();
  await page.locator("article", { hasText: "approved" }).getByText("at work", { exact: true }).waitFor();
  const before = await service.events(id);
  assert.equal(before.at(-1).type, "tool_output");
  await service.kill("SIGKILL");
  await feed(page, "reconnecting").waitFor();
  await service.start();
  await feed(page, "live").waitFor();

  // What was approved ran and has no result: it is not asked for again, and nothing goes on.
  await ended("failed");
  await page.getByText("interrupted").first().waitFor();
  assert.equal(await page.getByRole("button", { name: "Approve", exact: true }).count(), 0);
  assert.equal(await page.locator(".state--running, .state--pending").count(), 0);
  await message().fill("And again");
  await page.keyboard.press("Enter");
  await page.getByText("I am still there.").first().waitFor();
  await ended("completed");
  await nothingIsMissing(id, before);
  assert.equal(await page.evaluate(() => window.neverReloaded), true);
});

test("a server that is killed while a text streams", async () => {
  await page.evaluate(() => (window.neverReloaded = true));
  const id = await begin("Talk slowly");
  await page.getByText("word20 ").waitFor();
  const before = await service.events(id);
  await service.kill("SIGKILL");
  await feed(page, "reconnecting").waitFor();
  await service.start();
  await feed(page, "live").waitFor();
  await ended("failed");
  await page.getByText("interrupted").first().waitFor();
  await nothingIsMissing(id, before);
  assert.equal(await page.evaluate(() => window.neverReloaded), true);
});

test("a message while the agent works, a denial with its reason, a stop", async () => {
  const id = await begin("Hear me");
  await approval().getByText("pwd").waitFor();
  await message().fill("By the way");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Approve", exact: true }).click();
  await page.getByText("I have heard you.").first().waitFor();
  await ended("completed");

  await message().fill("Be careful");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Deny…" }).click();
  await page.getByRole("textbox", { name: /reason/i }).fill("not on a Sunday");
  await page.getByRole("button", { name: "Deny", exact: true }).click();
  await page.getByText("Then I do not.").first().waitFor();
  await page.getByText("not on a Sunday").first().waitFor();
  await ended("completed");

  await message().fill("Talk for ever");
  await page.keyboard.press("Enter");
  await page.getByText("word3 ").waitFor();
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await ended("cancelled");
  await nothingIsMissing(id);
});

test("a finished session: replay, link to an event, filter in the address, the same as a file", async () => {
  const id = await begin("And again");
  await page.getByText("I am still there.").first().waitFor();
  await ended("completed");
  const blocks = await transcriptBlocks(page);
  const events = await service.events(id);

  await page.getByRole("button", { name: "Replay", exact: true }).click();
  await feed(page, "replay").waitFor();
  const player = page.getByRole("region", { name: "Replay" });
  await player.getByLabel("Speed").selectOption("as fast as possible");
  await player.getByText(`${events.length} of ${events.length} events`).waitFor();
  assert.deepEqual(await transcriptBlocks(page), blocks);
  await player.getByRole("button", { name: "To the beginning" }).click();
  await player.getByText(`0 of ${events.length} events`).waitFor();
  await page.getByRole("button", { name: "End replay" }).click();
  await live(page);

  const { seq, type } = events.find((event) => event.type === "model_completed");
  const link = `${service.url}/#/s/${id}?seq=${seq}`;
  const other = await context.newPage();
  await other.goto(link);
  await other.getByRole("complementary").getByRole("heading", { name: type }).waitFor();
  await other.locator("article[aria-current]").getByText("I am still there.").waitFor();
  await view(other, "Timeline");
  await other.locator("[role=treegrid] [aria-selected=true]").waitFor();
  await view(other, "Events");
  await other.locator("[role=grid] [aria-selected=true]", { hasText: type }).waitFor();
  await other.close();

  await page.goto(`${service.url}/#/s/${id}?view=events&type=model_completed,run_completed`);
  const filtered = async () => page.getByText(`2 of ${events.length} events`).waitFor();
  await filtered();
  await page.reload();
  await filtered();
  await page.waitForURL(/type=model_completed(,|%2C)run_completed/);

  const file = join(service.folder, "session.html");
  writeFileSync(file, await service.run("export", id, "--store", service.store, "--format", "html"));
  const alone = await context.newPage();
  const requests = [];
  alone.on("request", (request) => requests.push(request.url()));
  alone.on("pageerror", (error) => requests.push(error.message));
  await alone.goto(pathToFileURL(file).href);
  await feed(alone, "file").waitFor();
  assert.deepEqual(await transcriptBlocks(alone), blocks);
  assert.deepEqual(requests.filter((url) => url !== pathToFileURL(file).href && !url.startsWith("data:")), []);
  await alone.close();
});
