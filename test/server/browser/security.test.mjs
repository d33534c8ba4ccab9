// Who may not use the server, although the browser holds the login: other sites, other names for this
// machine, frames. And what the page keeps to itself.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { openBrowser, openSession } from "./page.mjs";
import { Service } from "./service.mjs";
import { Trace } from "./trace.mjs";

const SECRET = "what only the owner reads";

let service;
let browser;
let context;
let other; // a server of somebody else, on another port
let otherPort;
let id;

before(async () => {
  service = new Service();
  await service.start(["--provider", "scripted"]);
  const trace = new Trace();
  trace.begin("run");
  trace.user(SECRET);
  id = await service.publish(trace.events);
  other = createServer((_, response) => {
    response.setHeader("Content-Type", "text/html");
    response.end("<!doctype html><title>other</title>");
  });
  await new Promise((resolve) => other.listen(0, "127.0.0.1", resolve));
  otherPort = other.address().port;
  browser = await openBrowser(["--host-resolver-rules=MAP evil.test 127.0.0.1"]);
  context = await browser.newContext();
  const page = await context.newPage();
  await service.login(page);
  await openSession(page, service, id);
  await page.getByText(SECRET).first().waitFor();
  await page.close();
});

after(async () => {
  await browser?.close();
  other?.close();
  other?.closeAllConnections();
  await service?.stop();
});

// What a page of this origin can get from the server: everything that a script can try.
async function attack(origin) {
  const page = await context.newPage();
  await page.goto(origin);
  const got = await page.evaluate(async ({ target, id }) => {
    const tries = {};
    const read = async (name, request) => {
      try {
        const response = await request;
        tries[name] = response.type === "opaque" ? "opaque" : `${response.status} ${await response.text()}`;
      } catch (failure) {
        tries[name] = `refused: ${failure.name}`;
      }
    };
    const post = (path, type) => fetch(`${target}${path}`, { method: "POST", credentials: "include", mode: type ? "no-cors" : "cors",
      headers: { "Content-Type": type || "application/json" }, body: JSON.stringify({ message: "attacked" }) });
    await read("list", fetch(`${target}/v1/sessions`, { credentials: "include" }));
    await read("events", fetch(`${target}/v1/sessions/${id}/events.jsonl`, { credentials: "include" }));
    await read("hidden", fetch(`${target}/v1/sessions/${id}/events.jsonl`, { credentials: "include", mode: "no-cors" }));
    await read("post", post("/v1/sessions"));
    await read("simple post", post("/v1/sessions", "text/plain"));
    await read("link", post("/v1/links", "text/plain"));
    tries.socket = await new Promise((resolve) => {
      const socket = new WebSocket(`${target.replace("http", "ws")}/v1/sessions/${id}/ws?after=0`);
      socket.onmessage = (message) => resolve(message.data);
      socket.onopen = () => socket.send(JSON.stringify({ type: "run", message: "attacked" }));
      socket.onerror = () => resolve("refused");
    });
    tries.stream = await new Promise((resolve) => {
      const source = new EventSource(`${target}/v1/sessions/${id}/events`, { withCredentials: true });
      source.onmessage = (message) => resolve(message.data);
      source.onerror = () => {
        source.close();
        resolve("refused");
      };
    });
    tries.script = await new Promise((resolve) => {
      const script = document.createElement("script");
      script.src = `${target}/v1/sessions/${id}/events.jsonl`;
      script.onload = () => resolve("loaded");
      script.onerror = () => resolve("refused");
      document.head.append(script);
    });
    return tries;
  }, { target: service.url, id });
  await page.close();
  return got;
}

async function nothingGot(tries) {
  for (const [name, got] of Object.entries(tries)) assert.match(got, /^(refused|opaque)/, `${name} got ${got}`);
  const { sessions } = await service.json("/v1/sessions");
  assert.deepEqual(sessions.map((session) => session.id), [id], "nothing was begun");
  const events = await service.events(id);
  assert.ok(!JSON.stringify(events).includes("attacked"), "nothing was said to the agent");
}

test("the attack works from the page itself, so what refuses it is not a mistake in it", async () => {
  const page = await context.newPage();
  await page.goto(service.url);
  const got = await page.evaluate(async (session) => {
    const response = await fetch(`/v1/sessions/${session}/events.jsonl`);
    const hello = await new Promise((resolve) => {
      const socket = new WebSocket(`${location.origin.replace("http", "ws")}/v1/sessions/${session}/ws?after=0`);
      socket.onmessage = (message) => resolve(message.data);
      socket.onerror = () => resolve("refused");
    });
    return { status: response.status, text: await response.text(), hello };
  }, id);
  assert.equal(got.status, 200);
  assert.match(got.text, new RegExp(SECRET));
  assert.match(got.hello, /"hello"/);
  await page.close();
});

test("another port of this machine gets nothing, although the browser sends it the login", async () => {
  await nothingGot(await attack(`http://127.0.0.1:${otherPort}/`));
});

test("another site gets nothing", async () => {
  await nothingGot(await attack(`http://evil.test:${otherPort}/`));
});

test("a name that somebody else points to this machine is refused (DNS rebinding)", async () => {
  const port = new URL(service.url).port;
  const page = await context.newPage();
  for (const path of ["/", "/viewer.js", "/v1/sessions", `/v1/sessions/${id}/events.jsonl`, "/login?code=1", "/healthz"]) {
    const response = await page.goto(`http://evil.test:${port}${path}`);
    assert.equal(response.status(), 403, path);
    assert.ok(!(await page.content()).includes(SECRET));
  }
  const got = await page.evaluate(async (session) => {
    const fetched = await fetch(`/v1/sessions/${session}/events.jsonl`).then((response) => response.status, () => "refused");
    const socket = await new Promise((resolve) => {
      const one = new WebSocket(`ws://${location.host}/v1/sessions/${session}/ws`);
      one.onmessage = (message) => resolve(message.data);
      one.onerror = () => resolve("refused");
    });
    return { fetched, socket };
  }, id);
  assert.match(String(got.fetched), /^(403|refused)$/);
  assert.equal(got.socket, "refused");
  await page.close();
});

test("no other page can put this one into a frame", async () => {
  const page = await context.newPage();
  const refused = page.waitForEvent("console", (message) => /frame-ancestors|X-Frame-Options/i.test(message.text()));
  await page.goto(`http://127.0.0.1:${otherPort}/`);
  await page.evaluate((url) => {
    const frame = document.createElement("iframe");
    frame.src = url;
    document.body.append(frame);
  }, `${service.url}/`);
  await refused;
  assert.ok(page.frames().every((frame) => frame.url() !== `${service.url}/`));
  await page.close();
});

test("the page comes with a policy that lets nothing else in", async () => {
  const response = await service.ask("/", { headers: { Accept: "text/html" } });
  const headers = Object.fromEntries(response.headers);
  const policy = Object.fromEntries(headers["content-security-policy"].split(";").map((part) => {
    const [name, ...values] = part.trim().split(/\s+/);
    return [name, values.join(" ")];
  }));
  assert.equal(policy["default-src"], "'none'");
  assert.equal(policy["script-src"], "'self'");
  assert.equal(policy["style-src"], "'self'");
  assert.equal(policy["connect-src"], "'self'");
  assert.equal(policy["base-uri"], "'none'");
  assert.equal(policy["form-action"], "'none'");
  assert.equal(policy["frame-ancestors"], "'none'");
  assert.equal(policy["require-trusted-types-for"], "'script'");
  assert.ok(!/unsafe|\*|https?:/.test(headers["content-security-policy"]));
  assert.equal(headers["x-content-type-options"], "nosniff");
  assert.equal(headers["referrer-policy"], "no-referrer");
  assert.equal(headers["cross-origin-opener-policy"], "same-origin");
  assert.equal(headers["cross-origin-resource-policy"], "same-origin");
});

test("who has no login gets none of the page's data, and is told how to come in", async () => {
  const stranger = await browser.newContext();
  const page = await stranger.newPage();
  const response = await page.goto(`${service.url}/#/s/${id}`);
  assert.equal(response.status(), 401);
  assert.match(await page.evaluate(() => document.body.innerText), /strandbus link/);
  assert.ok(!(await page.content()).includes(SECRET));
  await stranger.close();
});

test("neither the token nor the code is in the address, in the storage or in the page", async () => {
  const fresh = await browser.newContext();
  const page = await fresh.newPage();
  const { url } = await service.json("/v1/links", { method: "POST", body: {} });
  const code = new URL(url).searchParams.get("code");
  assert.ok(code);
  await page.goto(url);
  await page.waitForURL((now) => now.pathname === "/");
  await openSession(page, service, id);
  const all = await page.evaluate(async () => JSON.stringify([
    location.href, document.referrer, document.cookie, document.documentElement.outerHTML, { ...localStorage }, { ...sessionStorage },
    (await indexedDB.databases()).length, performance.getEntries().map((entry) => entry.name).filter((name) => !name.includes("/login")),
    Object.keys(window).map((key) => String(window[key])),
  ]));
  const [cookie] = await fresh.cookies();
  for (const [name, secret] of Object.entries({ token: service.token, code, cookie: cookie.value })) {
    assert.ok(!all.includes(secret), `the ${name} can be seen`);
  }
  assert.equal(cookie.httpOnly, true);
  assert.equal(cookie.sameSite, "Strict");
  const again = await page.goto(url);
  assert.notEqual(again.status(), 200, "the link works once");
  await fresh.close();
});
