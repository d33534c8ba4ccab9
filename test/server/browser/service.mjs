// The real program as a server, and what the tests of the viewer ask of it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { program } from "./modules.mjs";

// Of one request that publishes.
const MOST_EVENTS = 4096;
const MOST_BYTES = 1 << 20;

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
    const given = ["serve", "--listen", this.#listen, "--store", this.store, ...this.#arguments];
    const child = spawn(program, given, { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    child.stderr.on("data", (data) => (this.#said += data));
    let out = "";
    await new Promise((resolve, reject) => {
      child.stdout.on("data", (data) => {
        out += data;
        if (/^token: .+\n/m.test(out)) resolve();
      });
      child.once("error", reject);
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

  // Spoils the records of the database that hold one of these texts, and starts the server again.
  async damage(...texts) {
    await this.kill("SIGTERM");
    const bytes = readFileSync(this.store);
    for (const text of texts) {
      const place = bytes.indexOf(text);
      assert.ok(place >= 0 && bytes.indexOf(text, place + 1) < 0, `${text} is in the database once`);
      bytes[place] ^= 1;
    }
    writeFileSync(this.store, bytes);
    await this.start();
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

  async newSession(title = "published") {
    return (await this.json("/v1/sessions", { method: "POST", body: { title } })).id;
  }

  // Publishes the events of a trace, into a new session where none is named; gives its id.
  async publish(events, id = undefined) {
    id ??= await this.newSession();
    const lines = events.map((event) => (typeof event === "string" ? event : JSON.stringify(event)));
    for (let from = 0; from < lines.length;) {
      let end = from;
      for (let size = 0; end < lines.length && end - from < MOST_EVENTS; ++end) {
        size += Buffer.byteLength(lines[end]) + 1;
        if (size > MOST_BYTES && end > from) break;
      }
      const response = await this.ask(`/v1/sessions/${id}/events`, {
        method: "POST",
        body: `${lines.slice(from, end).join("\n")}\n`,
        headers: { "Content-Type": "application/x-ndjson" },
      });
      assert.equal(response.status, 200, await response.text());
      from = end;
    }
    return id;
  }

  async events(id) {
    const text = await (await this.ask(`/v1/sessions/${id}/events.jsonl`)).text();
    return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  }

  // Runs the program with other arguments to its end; gives what it says on standard output.
  async run(...given) {
    const child = spawn(program, given, { stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    let said = "";
    child.stdout.setEncoding("utf8"); // a character may come in two pieces
    child.stdout.on("data", (data) => (out += data));
    child.stderr.on("data", (data) => (said += data));
    const code = await new Promise((resolve) => child.once("close", resolve));
    assert.equal(code, 0, `strandbus ${given.join(" ")}: ${said}`);
    return out;
  }

  get store() {
    return join(this.folder, "sessions.db");
  }

  // Opens the page as its owner does: by a one-time link.
  async login(page, hash = "") {
    const { url } = await this.json("/v1/links", { method: "POST", body: {} });
    await page.goto(url);
    await page.waitForURL((now) => now.pathname === "/");
    if (hash) await page.goto(`${this.url}/${hash}`);
  }
}
