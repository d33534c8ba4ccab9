// What a reader does from beginning to end, with the server killed in between: nothing is missing.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openBrowser, Service, watch } from "./service.mjs";

const script = {
  model: "gpt-4o",
  price: { input_per_million_usd: 2, output_per_million_usd: 8 },
  token_delay_ms: 5,
  responses: [
    {
      match: { user: "Say where you are" },
      text: "I shall look.",
      tool_calls: [{ call_id: "where", name: "bash", arguments: { command: "pwd" } }],
      usage: { prompt: 60, completion: 20 },
    },
    { match: { tool_result: { call_id: "where" } }, text: "Now I know where I am.", usage: { prompt: 90, completion: 10 } },
    { match: { user: "And again" }, text: "I am still there.", usage: { prompt: 120, completion: 8 } },
  ],
};

let service;
let browser;

before(async () => {
  service = new Service();
  await service.start(["--script", service.file("script.json", script), "--approve", "ask"]);
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await service?.stop();
});

test("start, watch, approve, kill the server, restart, go on without reload", async () => {
  const page = await browser.newPage();
  const wrong = watch(page, service);
  await service.login(page);
  await page.evaluate(() => (window.neverReloaded = true));

  await page.getByLabel("What shall the agent do?").fill("Say where you are");
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByText("I shall look.").waitFor();
  const card = page.locator(".approval");
  await card.getByText("pwd").waitFor();

  await service.kill("SIGKILL");
  await page.locator(".session-header__feed", { hasText: "reconnecting" }).waitFor();
  await service.start();
  await page.locator(".session-header__feed", { hasText: "live" }).waitFor();

  // The approval is offered again under its id by a new run.
  await page.getByRole("button", { name: "Approve" }).last().click();
  await page.getByText("Now I know where I am.").waitFor();

  await page.getByRole("textbox", { name: /message/i }).fill("And again");
  await page.keyboard.press("Enter");
  await page.getByText("I am still there.").waitFor();

  const [{ id }] = (await service.json("/v1/sessions")).sessions;
  const events = await service.events(id);
  await page.getByRole("tab", { name: "Events" }).click();
  await page.getByRole("grid").waitFor();
  assert.equal(await page.getByRole("grid").getAttribute("aria-rowcount"), String(events.length + 1));
  await page.locator(`[data-seq="${events.at(-1).seq}"]`).waitFor();
  assert.equal(await page.locator(".session-header__gaps").isVisible(), false, "no event is missing");
  assert.equal(await page.evaluate(() => window.neverReloaded), true);
  assert.deepEqual(wrong, []);
  await page.close();
});
