// Ten tabs on one live session: all of them receive everything, also over a server that is killed.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertTableHas, feed, live, openBrowser, openSession, watch } from "./page.mjs";
import { Service } from "./service.mjs";
import { Trace } from "./trace.mjs";

const TABS = 10;

let service;
let browser;

before(async () => {
  service = new Service();
  await service.start(["--provider", "scripted"]);
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await service?.stop();
});

test("ten tabs receive everything, and come back when the server does", async () => {
  const context = await browser.newContext({ viewport: { width: 900, height: 500 } });
  const trace = new Trace();
  let sent = 0;
  const publish = async () => {
    const events = trace.events.slice(sent);
    sent = trace.length;
    await service.publish(events, id);
  };
  const talk = (turns) => {
    for (let turn = 0; turn < turns; ++turn) trace.answer(`The answer number ${turn} of this run.`, { turn: turn + 1 });
  };
  const id = await service.newSession("ten tabs");
  trace.begin("run");
  talk(1);
  await publish();

  const tabs = [];
  const wrong = [];
  for (let number = 0; number < TABS; ++number) {
    const page = await context.newPage();
    wrong.push(watch(page, new URL(service.url).origin));
    if (number === 0) await service.login(page);
    await openSession(page, service, id, "?view=events");
    await page.evaluate(() => (window.neverReloaded = true));
    tabs.push(page);
  }
  talk(5);
  await publish();

  const before = await service.events(id);
  await service.kill("SIGKILL");
  await Promise.all(tabs.map((page) => feed(page, "reconnecting").waitFor()));
  await service.start();
  talk(5);
  await publish(); // while they are coming back
  await Promise.all(tabs.map(live));
  talk(5);
  trace.complete("done");
  await publish();

  // The server has what was published, and what it gave before it was killed; each tab has all of it.
  const events = await service.events(id);
  assert.deepEqual(events.slice(0, before.length), before);
  const said = ({ id, type, data }) => ({ id, type, data });
  assert.deepEqual(events.filter((event) => event.run_id).map(said), trace.events.map(said));
  for (const page of tabs) {
    await page.bringToFront(); // a tab that nobody looks at draws nothing
    await page.locator(`[role=grid][aria-rowcount="${events.length + 1}"]`).waitFor();
    await assertTableHas(page, events);
    assert.equal(await page.evaluate(() => window.neverReloaded), true);
  }
  assert.deepEqual(wrong.flat(), []);
});
