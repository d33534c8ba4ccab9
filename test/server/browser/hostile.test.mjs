// 1,000 texts that want to become markup, script or a request, in every text of every event type, in
// every view, in the details, in what is copied and in the exported file. None may run, none may become
// an element, and the page must go on.
//
// By default each text field has 50 of the texts at once, each from the beginning of a line, and in 20
// rounds all of them; of the eight longest a field has 1,000 characters, one message the whole. Where only
// the beginning of a field is shown, the next field begins with another text. A name has no room for 50:
// each text, as much of it as a name may hold, is alone in some of the names. The details are those of the
// first 100 events of a session, the exported file has 100 of the texts.
//
// STRANDBUS_SOAK=1 gives every field and every name each text alone, up to 5,000 characters of it.
// STRANDBUS_SEED repeats a run.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { hostileJson, hostileTexts } from "./hostile.mjs";
import { feed, openBrowser, openSession, tableRows, transcriptBlocks, view, watch } from "./page.mjs";
import { ends, samples, SESSION_ONLY } from "./samples.mjs";
import { Service } from "./service.mjs";
import { Trace } from "./trace.mjs";
import { tripwire } from "./tripwire.mjs";
import { readVocabulary } from "./vocabulary.mjs";

const TEXTS = 1000;
const seed = Number(process.env.STRANDBUS_SEED ?? 8);
const texts = hostileTexts(TEXTS, seed);
const soak = process.env.STRANDBUS_SOAK === "1";
const AT_ONCE = soak ? 1 : 50;
const ROUNDS = TEXTS / AT_ONCE;
const ROUNDS_IN_SESSION = soak ? 50 : 5;
const MOST_LENGTH = soak ? 5000 : 1000; // of one text in a field; one message of each round has it whole

let service;
let browser;

before(async () => {
  console.log(`seed ${seed}, ${texts.length} texts, ${ROUNDS} rounds`);
  service = new Service();
  await service.start(["--provider", "scripted"]);
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await service?.stop();
});

// As much of a text as the server takes as a name; of an empty one something else.
function asName(text) {
  const allowed = text.replace(/[:\u0000-\u001f\u007f-\u009f]/g, "");
  for (let end = Math.min(allowed.length, 128); end > 0; --end) {
    const name = allowed.slice(0, end).toWellFormed?.() ?? allowed.slice(0, end);
    if (Buffer.byteLength(name) <= 128) return name;
  }
  return "x";
}

// The events of some rounds. In each one every field of every type has all of the round's texts.
function hostileTrace(first, count, { session = false } = {}) {
  const trace = new Trace({ name: `h${first}-` });
  for (let round = first; round < first + count; ++round) {
    const whole = texts.filter((_, index) => index % ROUNDS === round);
    const own = whole.map((text) => text.slice(0, MOST_LENGTH));
    let turn = 0;
    let names = 0;
    const one = () => own[names++ % own.length];
    const all = () => {
      const from = turn++ % own.length;
      return [...own.slice(from), ...own.slice(0, from)];
    };
    const text = () => all().join("\n");
    const name = () => asName(one());
    const json = () => hostileJson(all());
    const id = (name) => `${name} ${round} ${own.join("\n")}`;
    const give = { text, name, json, id };
    for (const [index, end] of ends(give).entries()) {
      trace.begin(id(`run ${index}`), { agent: name(), model: text(), provider: text(), tools: all(),
        more: { workflow_id: id("workflow"), attributes: Object.fromEntries(all().map((text) => [text || "x", text])) } });
      const some = index === 0 ? samples(give) : [];
      for (const [type, data] of some) {
        if (session || !SESSION_ONLY.has(type)) trace.add(type, data, type.startsWith("turn") ? { turn: 1 } : {});
      }
      if (index === 0) trace.add(`from the future ${one()}`.slice(0, 200), json());
      if (index === 1) trace.user(whole.join("\n"));
      while (index === 1 && names < own.length) trace.add("subagent_started", { agent: name(), child_run_id: "other", input: "" });
      trace.end(...end);
    }
  }
  return trace.events;
}

// A page that counts what must not happen, and what it has counted.
async function guarded(context, origin) {
  const page = await context.newPage();
  const wrong = watch(page, origin);
  await page.addInitScript(tripwire);
  return { page, wrong, found: () => page.evaluate(() => window.tripwire.found()) };
}

async function nothingHappened({ page, wrong, found }, url) {
  assert.deepEqual(await found(), []);
  assert.deepEqual(wrong, []);
  assert.equal(page.url().split("#")[0], url, "the page has gone somewhere else");
}

// Everything that a reader can see of a session.
async function lookEverywhere(page) {
  await view(page, "Transcript");
  const blocks = await transcriptBlocks(page);
  assert.ok(blocks.every((block) => block !== ""), "each block says something");
  await page.evaluate(() => {
    for (const details of document.querySelectorAll("[aria-expanded=false]")) details.click();
  });
  await view(page, "Timeline");
  await page.getByRole("treegrid").waitFor();
  await page.getByRole("treegrid").press("End");
  await view(page, "Events");
  const rows = await tableRows(page);
  const grid = page.getByRole("grid", { name: "Events" });
  await grid.press("Home");
  for (let index = 0; index < 100; ++index) await grid.press("ArrowDown");
  await page.getByRole("button", { name: "Filter", exact: false }).first().click();
  await page.keyboard.press("Escape");
  return { blocks: blocks.length, rows: rows.length };
}

test("the tripwire sees what a careless page would let happen", async (t) => {
  const careless = createServer((_, response) => {
    response.setHeader("Content-Type", "text/html");
    response.end("<!doctype html><title>careless</title><div id=place></div>");
  });
  await new Promise((resolve) => careless.listen(0, "127.0.0.1", resolve));
  t.after(() => careless.close().closeAllConnections());
  const origin = `http://127.0.0.1:${careless.address().port}`;
  const context = await browser.newContext();
  await context.route("**/*", (route) => (route.request().url() === `${origin}/` ? route.continue() : route.abort()));
  const page = await context.newPage();
  page.on("dialog", (dialog) => dialog.dismiss());
  await page.addInitScript(tripwire);
  await page.goto(`${origin}/`);
  const elements = await page.evaluate((given) => given.filter((text) => {
    const place = document.createElement("div");
    document.body.append(place);
    place.innerHTML = text.replaceAll("http://evil.test", "/evil");
    return place.querySelector("*") !== null;
  }).length, texts.filter((text) => !/http-equiv|<base|<link|<style|form/i.test(text)));
  await page.waitForFunction(() => window.tripwire.count("fired") >= 30);
  const kinds = await page.evaluate(() => window.tripwire.kinds());
  console.log(`a careless page: ${elements} texts made elements; ${JSON.stringify(kinds)}`);
  assert.ok(elements >= 300, "texts that make elements");
  assert.ok(kinds.element >= elements / 2 && kinds.attribute >= elements / 2);
  await context.close();
});

test("the samples have every type and every text of the vocabulary", () => {
  const { structs, types } = readVocabulary();
  const word = () => "WORD";
  const trace = new Trace();
  trace.begin("run", { model: word(), provider: word(), tools: [word()] });
  const give = { text: word, name: word, id: word, json: () => ["WORD"] };
  const all = [["run_started", trace.events[0].data], ...samples(give), ...ends(give)];
  assert.deepEqual([...new Set(all.map(([type]) => type))].sort(), [...types.keys()].sort());
  const missing = [];
  const look = (struct, values, path) => {
    for (const { type, member } of structs.get(struct)) {
      const given = values.map((value) => value[member]).filter((value) => value !== undefined);
      const list = /^std::vector<(.+)>$/.exec(type)?.[1];
      const inside = list ?? type;
      if (structs.has(inside)) look(inside, given.flat(), `${path}.${member}`);
      else if (["std::string", "json::value"].includes(inside) && !given.flat().includes("WORD")) missing.push(`${path}.${member}`);
    }
  };
  for (const [type, struct] of types) look(struct, all.filter((one) => one[0] === type).map((one) => one[1]), type);
  assert.deepEqual(missing, []);
});

test("nothing of the texts runs on the page, and the page goes on", async () => {
  const context = await browser.newContext({ viewport: { width: 1200, height: 3000 } });
  const guard = await guarded(context, new URL(service.url).origin);
  await service.login(guard.page);
  let events = 0;
  for (let first = 0; first < ROUNDS; first += ROUNDS_IN_SESSION) {
    const trace = hostileTrace(first, ROUNDS_IN_SESSION);
    const id = await service.newSession(texts[first].slice(0, 200));
    await service.publish(trace, id);
    await openSession(guard.page, service, id);
    const seen = await lookEverywhere(guard.page);
    const there = (await service.events(id)).length;
    assert.equal(seen.rows, there);
    events += there;
    await nothingHappened(guard, `${service.url}/`);
    console.log(`${first + ROUNDS_IN_SESSION} rounds: ${events} events, ${seen.blocks} blocks in the last session`);
  }
  assert.equal(await guard.page.evaluate(() => ({}).polluted), undefined);

  // The wire is still there: what is planted on this very page is seen.
  await guard.page.evaluate(() => {
    const planted = document.createElement("img");
    document.body.append(planted);
    planted.src = "/x";
    try {
      planted.setAttribute("onerror", "fired()");
    } catch {
      // the policy wants trusted types
    }
  });
  await guard.page.waitForFunction(() => window.tripwire.count("policy") > 0);
  assert.equal(await guard.page.evaluate(() => window.tripwire.count("fired")), 0, "the policy stops it");
  await context.close();
});

test("what deceives the eye is shown by its number", async () => {
  const page = await browser.newPage();
  await service.login(page);
  const trace = new Trace();
  trace.begin("run", { agent: "agent\u202e" });
  const args = { command: "rm safe\u202etxt.exe\u200b", "key\u2066": "\u0007bell" };
  trace.add("tool_call_ready", { call_id: "c", tool_name: "bash\u202e", arguments: args });
  trace.add("approval_requested", { approval_id: "p", call_id: "c", tool_name: "bash\u202e", arguments: args, reason: "why\u2069" });
  const id = await service.publish(trace.events);
  const deceiving = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/;
  for (const name of ["transcript", "timeline", "events"]) {
    await openSession(page, service, id, `?view=${name}&seq=${trace.length + 1}`);
    await page.getByRole("complementary").getByRole("heading", { name: "approval_requested" }).waitFor();
    const text = await page.evaluate(() => document.body.textContent);
    assert.equal(deceiving.exec(text), null, name);
    assert.match(text, /U\+202E/);
  }
  await page.close();
});

test("nothing of the texts runs in an exported file", async () => {
  const context = await browser.newContext({ viewport: { width: 1200, height: 3000 } });
  const trace = hostileTrace(0, 100 / AT_ONCE, { session: true });
  const [metadata] = (await service.run("export", await service.publish(new Trace().events), "--store", service.store)).split("\n");
  const session_id = JSON.parse(metadata).session_id ?? "hostile";
  const recorded = service.file("hostile.jsonl", [metadata, ...trace.map((event) => JSON.stringify({ _type: "event", ...event, session_id }))].join("\n") + "\n");
  const file = join(service.folder, "hostile.html");
  writeFileSync(file, await service.run("export", recorded, "--format", "html"));
  const url = pathToFileURL(file).href;
  const guard = await guarded(context, "null");
  const requests = [];
  guard.page.on("request", (request) => requests.push(request.url()));
  await guard.page.goto(url);
  await feed(guard.page, "file").waitFor();
  const seen = await lookEverywhere(guard.page);
  assert.equal(seen.rows, trace.length);
  guard.wrong.splice(0, guard.wrong.length, ...guard.wrong.filter((one) => one !== `request: ${url}`));
  await nothingHappened(guard, url);
  assert.deepEqual(requests.filter((one) => one !== url && !one.startsWith("data:")), []);
  await context.close();
});

test("what is copied is what the event says", async () => {
  const context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"] });
  const guard = await guarded(context, new URL(service.url).origin);
  await service.login(guard.page);
  const trace = new Trace();
  trace.begin("run'; rm -rf / #$(id)`id`");
  for (const text of texts.slice(0, 5)) trace.user(text);
  const id = await service.publish(trace.events);
  const events = await service.events(id);
  const clipboard = () => guard.page.evaluate(() => navigator.clipboard.readText());
  await openSession(guard.page, service, id, `?seq=${events.at(-1).seq}`);
  await guard.page.getByRole("button", { name: "Copy the event as JSON" }).click();
  assert.deepEqual(JSON.parse(await clipboard()), events.at(-1));
  await guard.page.getByRole("button", { name: "Copy the run as JSONL" }).click();
  const lines = (await clipboard()).trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines, events.filter((event) => event.run_id));
  await guard.page.getByRole("button", { name: "Copy a curl command that gets the run" }).click();
  const command = await clipboard();
  assert.ok(command.includes("$TOKEN") && !command.includes(service.token), "the token is not in it");
  await nothingHappened(guard, `${service.url}/`);
  await context.close();
});
