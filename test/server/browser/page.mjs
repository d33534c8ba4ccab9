// A real browser, and what tests ask of the page in it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { axeFile, chromium } from "./modules.mjs";

// Nothing that would make the browser talk to others than the server under test.
const BROWSER_ARGUMENTS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
  "--disable-background-networking", "--disable-component-update",
];

export function openBrowser(more = []) {
  const executablePath = process.env.STRANDBUS_CHROMIUM || "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: [...BROWSER_ARGUMENTS, ...more] }).catch((failure) => {
    throw new Error(`${executablePath} does not start (apt-get install chromium): ${failure.message}`);
  });
}

// What must never happen on a page: errors of scripts, refusals of the content policy, and requests
// to somebody else.
export function watch(page, origin) {
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(`error: ${error.stack ?? error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !/Failed to load resource|WebSocket connection/.test(message.text())) {
      wrong.push(`console: ${message.text()}`);
    }
  });
  page.on("dialog", (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("popup", (popup) => wrong.push(`popup: ${popup.url()}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (!["data:", "blob:", "about:"].includes(url.protocol) && url.origin !== origin) {
      wrong.push(`request: ${request.url()}`);
    }
  });
  return wrong;
}

export const feed = (page, words) => page.locator(".session-header__feed", { hasText: words });
export const view = (page, name) => page.getByRole("tab", { name }).click();

// Until the past of the session is there and what comes is followed.
export async function live(page) {
  await feed(page, "live").waitFor();
  await page.locator(".session-header__progress").waitFor({ state: "hidden" });
}

export async function openSession(page, service, id, query = "") {
  await page.goto(`${service.url}/#/s/${id}${query}`);
  await live(page);
}

// The texts of all rows of a list that draws only what is seen: scrolls through it from the top.
// Gives [[key, text]…], where key is the number that `attribute` has.
function scrollThrough(list, rows, attribute) {
  return list.evaluate(async (element, { rows, attribute }) => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const scrolls = (one) => one.scrollHeight > one.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(one).overflowY);
    let box = element;
    while (box && !scrolls(box)) box = box.parentElement;
    const found = new Map();
    const take = () => {
      for (const row of element.querySelectorAll(rows)) {
        if (!row.checkVisibility()) continue;
        const cells = [...row.querySelectorAll("[role=gridcell]")].map((cell) => cell.innerText);
        const offered = row.querySelector(".block__actions")?.innerText ?? ""; // where the reader is
        const text = cells.length ? cells.join("\t") : row.innerText.replace(offered, "").trim();
        found.set(Number(row.getAttribute(attribute)), text);
      }
    };
    for (let top = 0, last = -1; box; top += box.clientHeight * 0.7) {
      box.scrollTop = top;
      await frame();
      take();
      if (box.scrollTop === last || box.scrollTop + box.clientHeight >= box.scrollHeight - 1) break;
      last = box.scrollTop;
    }
    await frame();
    take();
    // Who comes near the end is taken there at once: what was passed over is seen on the way back.
    const passedOver = () => Math.max(...found.keys()) - Math.min(...found.keys()) >= found.size;
    for (let top = box?.scrollTop ?? 0; top > 0 && passedOver();) {
      top -= box.clientHeight * 0.7;
      box.scrollTop = top;
      await frame();
      take();
    }
    return [...found].sort(([a], [b]) => a - b);
  }, { rows, attribute });
}

// The text of every block of the transcript, in its order.
export async function transcriptBlocks(page) {
  const feed = page.getByRole("feed", { name: "Transcript" });
  await feed.waitFor();
  const blocks = await scrollThrough(feed, "[role=feed] > article", "aria-posinset");
  const size = await feed.locator("article").first().getAttribute("aria-setsize");
  assert.deepEqual(blocks.map(([place]) => place), Array.from({ length: Number(size) }, (_, i) => i + 1));
  return blocks.map(([, text]) => text);
}

// The text of every row of the event table, in its order, with a tab between two cells.
export async function tableRows(page) {
  const grid = page.getByRole("grid", { name: "Events" });
  await grid.waitFor();
  return (await scrollThrough(grid, "[role=row]:has([role=gridcell])", "aria-rowindex")).map(([, text]) => text);
}

// Every event that the server has is in the table, once, with its type.
export async function assertTableHas(page, events) {
  const rows = await tableRows(page);
  const told = rows.map((row) => row.split("\t")).map(([seq, , type]) => `${seq} ${type.split(" ")[0]}`);
  assert.deepEqual(told, events.map(({ seq, type }) => `${seq} ${type}`));
}

const axeSource = readFileSync(axeFile, "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

// What the accessibility checker finds on the page as it is now; one line for each finding.
export async function findings(page) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(`${axeSource}; window.axe = axe; 0`);
  const { violations } = await page.evaluate((tags) => window.axe.run(document, {
    runOnly: { type: "tag", values: tags }, resultTypes: ["violations"],
  }), RULES);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(" ")}: ${node.failureSummary.replaceAll("\n", " ").slice(0, 300)}`));
}

export const setTheme = (page, theme) => page.emulateMedia({ colorScheme: theme });
