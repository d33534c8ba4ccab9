// The real program as a server, a real browser, and what the tests of the viewer need of both.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

function need(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set: these tests are run by ctest`);
  return value;
}

const modules = createRequire(pathToFileURL(`${need("STRANDBUS_BROWSER_DIR")}/`));
const { chromium } = modules("playwright-core");
export const program = need("STRANDBUS_PROGRAM");
export const axeSource = readFileSync(modules.resolve("axe-core/axe.min.js"), "utf8");

// Nothing that would make the browser talk to others than the server under test.
const BROWSER_ARGUMENTS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
  "--disable-background-networking", "--disable-component-update",
];

export function openBrowser(more = []) {
  const executablePath = process.env.STRANDBUS_CHROMIUM || "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: [...BROWSER_ARGUMENTS, ...more] });
}

export class Service {
  #child = null;
  #listen = "127.0.0.1:0";
  #arguments;
  #said = "";

  constructor(more = []) {
    this.folder = mkdtempSync(join(tmpdir(), "strandbus-browser-"));
    this.#arguments = more;
  }

  file(name, content) {
    const path = join(this.folder, name);
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    return path;
  }

  async start(more = []) {
    if (more.length > 0) this.#arguments = more;
    const given = ["serve", "--listen", this.#listen, "--store", join(this.folder, "sessions.db"), ...this.#arguments];
    const child = spawn(program, given, { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    child.stderr.on("data", (data) => (this.#said += data));
    let out = "";
    await new Promise((resolve, reject) => {
      child.stdout.on("data", (data) => {
        out += data;
        if (/^token: .+\n/m.test(out)) resolve();
      });
      child.once("exit", (code) => reject(new Error(`the server ended with ${code}:\n${this.#said}`)));
    });
    child.removeAllListeners("exit");
    this.url = /^url: (.+)$/m.exec(out)[1];
    this.token = /^token: (.+)$/m.exec(out)[1];
    this.#listen = new URL(this.url).host; // the same place after a restart
  }

  async kill(signal = "SIGKILL") {
    const child = this.#child;
    if (child === null) return;
    this.#child = null;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  }

  async stop() {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async ask(path, { method = "GET", body, headers } = {}) {
    return fetch(this.url + path, {
      method,
      headers: { Authorization: `Bearer ${this.token}`, ...(body ? { "Content-Type": "application/json" } : {}), ...headers },
      body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
    });
  }

  async json(path, options) {
    const response = await this.ask(path, options);
    const text = await response.text();
    assert.ok(response.ok, `${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  }

  // Publishes the events of a trace into a new session and gives its id.
  async publish(events, title = "published") {
    const { id } = await this.json("/v1/sessions", { method: "POST", body: { title } });
    const lines = events.map((event) => (typeof event === "string" ? event : JSON.stringify(event)));
    for (let from = 0; from < lines.length; from += 1000) {
      const response = await this.ask(`/v1/sessions/${id}/events`, {
        method: "POST",
        body: `${lines.slice(from, from + 1000).join("\n")}\n`,
        headers: { "Content-Type": "application/x-ndjson" },
      });
      assert.equal(response.status, 200, await response.text());
    }
    return id;
  }

  async events(id) {
    const text = await (await this.ask(`/v1/sessions/${id}/events.jsonl`)).text();
    return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  }

  // Opens the page as its owner does: by a one-time link.
  async login(page, hash = "") {
    const { url } = await this.json("/v1/links", { method: "POST", body: {} });
    await page.goto(url);
    await page.waitForURL((now) => now.pathname === "/");
    if (hash) await page.goto(`${this.url}/${hash}`);
  }
}

// What must never happen on a page: errors of scripts, and requests to somebody else.
export function watch(page, service) {
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(`error: ${error.stack ?? error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !/Failed to load resource|WebSocket connection/.test(message.text())) {
      wrong.push(`console: ${message.text()}`);
    }
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (!["data:", "blob:", "about:"].includes(url.protocol) && url.origin !== new URL(service.url).origin) {
      wrong.push(`request: ${request.url()}`);
    }
  });
  return wrong;
}
