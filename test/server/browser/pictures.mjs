// Takes the pictures of the viewer that the documents show: `sh cmake/dev.sh pictures`, or, with what
// the tests of the browser need in the environment, `node pictures.mjs FOLDER`. The agent follows a
// script, so that every time the same is seen but for the times.
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { feed, openBrowser, openSession, setTheme } from "./page.mjs";
import { Service } from "./service.mjs";

const MOST_BYTES = 150 * 1024;
const SIZES = { 400: 800, 900: 700, 1600: 740 };

const script = {
  model: "gpt-4o",
  price: { input_per_million_usd: 2.5, output_per_million_usd: 10 },
  token_delay_ms: 15,
  responses: [
    { match: { user: "What is 17*23?" }, tool_calls: [{ call_id: "sum", name: "calculator", arguments: { expr: "17*23" } }],
      usage: { prompt: 240, completion: 12 } },
    { match: { tool_result: { call_id: "sum" } }, text: "It is 391.", usage: { prompt: 270, completion: 5 } },
    { match: { user: { contains: "" } }, delay_ms: 300,
      reasoning: "First I want to know what is in this folder. Then I write the report and let a helper check the figure.",
      text: "I shall look around first, then write the report.",
      tool_calls: [{ call_id: "look", name: "bash", arguments: { command: "for i in 1 2 3 4 5; do echo \"checking part $i of 5\"; sleep 0.2; done; echo all parts are fine" } }],
      usage: { prompt: 420, completion: 58 } },
    { match: { tool_result: { call_id: "look" } }, delay_ms: 200, text: "Everything is in order. Now the report.",
      tool_calls: [{ call_id: "write", name: "write_file", arguments: { path: "report.md", content: "# Report\n\nAll five parts are fine.\n17 boxes of 23 pieces: 391 pieces.\n" } }],
      usage: { prompt: 610, completion: 64 } },
    { match: { tool_result: { call_id: "write" } }, delay_ms: 200, text: "A helper checks the figure.",
      tool_calls: [{ call_id: "help", name: "delegate", arguments: { task: "What is 17*23?" } }], usage: { prompt: 720, completion: 22 } },
    { match: { tool_result: { call_id: "help" } }, delay_ms: 300,
      text: "The report is written:\n\n```\n# Report\n\nAll five parts are fine.\n17 boxes of 23 pieces: 391 pieces.\n```\n\nThe figure was checked.",
      usage: { prompt: 800, completion: 41 } },
  ],
};

const folder = process.argv[2];
if (!folder) throw new Error("name the folder for the pictures");
mkdirSync(folder, { recursive: true });

const service = new Service();
const browser = await openBrowser(["--disable-lcd-text", "--font-render-hinting=none"]);

async function take(page, name, { themes = ["light"], widths = Object.keys(SIZES) } = {}) {
  await page.mouse.move(0, 0);
  await page.evaluate(() => document.activeElement.blur());
  for (const width of widths.map(Number)) {
    await page.setViewportSize({ width, height: SIZES[width] });
    for (const theme of themes) {
      await setTheme(page, theme);
      await page.locator(`html[data-theme=${theme}]`).waitFor({ state: "attached" });
      const path = join(folder, `${name}-${width}${theme === "light" ? "" : `-${theme}`}.png`);
      await page.screenshot({ path, animations: "disabled", caret: "hide" });
      const { size } = statSync(path);
      console.log(`${path}: ${size} bytes${size > MOST_BYTES ? ", TOO BIG" : ""}`);
    }
  }
}

try {
  await service.start(["--script", service.file("script.json", script), "--approve", "ask", "--subagents"]);
  const { id } = await service.json("/v1/sessions", { method: "POST", body: { title: "Write the report of today", message: "Write the report of today" } });
  const page = await browser.newPage();
  await service.login(page);
  await openSession(page, service, id);
  const approve = page.getByRole("button", { name: "Approve", exact: true });
  const done = page.locator(".session-header .state", { hasText: "completed" });
  await approve.waitFor();
  await take(page, "approval");
  while (!(await done.isVisible())) {
    await approve.or(done).first().waitFor();
    if (await approve.isVisible()) {
      await approve.click();
      await approve.waitFor({ state: "hidden" });
    }
  }
  await openSession(page, service, id);
  await page.keyboard.press("G");
  await take(page, "transcript", { themes: ["light", "dark"] });
  const events = await service.events(id);
  const tool = events.find((event) => event.type === "tool_call_started");
  await openSession(page, service, id, `?view=timeline&seq=${tool.seq}`);
  await take(page, "timeline", { widths: ["900", "1600"], themes: ["light", "dark"] });
  await openSession(page, service, id, "?view=timeline");
  await take(page, "timeline", { widths: ["400"] });
  await openSession(page, service, id, `?view=events&seq=${events.find((event) => event.type === "model_completed").seq}`);
  await take(page, "events", { widths: ["900"] });
  await openSession(page, service, id, "?view=events");
  await take(page, "events", { widths: ["400", "1600"] });
  await feed(page, "live").waitFor();
} finally {
  await browser.close();
  await service.stop();
}
