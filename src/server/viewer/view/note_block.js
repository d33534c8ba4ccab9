// The small blocks: retries, errors, notices, plans, sub-agents, workflows, files, gaps, and what
// stands for hidden ones.
import { count, duration, oneLine, visible } from "../model/format.js";
import { BlockView, facts, stateMark } from "./block_view.js";
import { h, replaceChildren } from "./dom.js";
import { LineChunks } from "./line_chunks.js";
import { code, usageText } from "./run_block.js";
import { pretty } from "./text_block.js";

const name = (text, max = 80) => oneLine(String(text ?? ""), max);

function box(value) {
  if (value === undefined || value === null || value === "") return null;
  const lines = new LineChunks("code-box");
  lines.append(pretty(typeof value === "string" ? value : JSON.stringify(value)));
  return lines.element;
}

const timeText = (value) =>
  value === null || value === undefined ? "" : duration(Number(value));

// Each gives {look, label, meta, body} of a block; the look chooses the colour of its rule.
const NOTES = {
  retry: (block) => ({
    look: "warn",
    label: `Retry ${count(Number(block.attempt))}${
      Number(block.max_attempts) > 0 ? ` of ${count(Number(block.max_attempts))}` : ""}`,
    meta: facts([
      Number(block.delay_ms) > 0 && `after ${duration(Number(block.delay_ms))}`,
      name(block.provider, 40),
      block.fallback_to && `falls back to ${name(block.fallback_to)}`,
    ]),
    body: [visible(block.reason ?? ""), code(block.error_code)],
  }),
  model_error: (block) => ({
    look: "bad",
    label: "Model request failed",
    meta: facts([block.http_status && `HTTP ${name(block.http_status, 10)}`]),
    body: [visible(block.error ?? ""), code(block.error_code)],
  }),
  error: (block) => ({
    look: "bad",
    label: "Error",
    body: [visible(block.error ?? ""), code(block.error_code)],
  }),
  notice: (block) => ({
    look: ["doom_loop", "budget", "guardrail"].includes(block.topic) ? "warn" : "plain",
    label: name(block.title || block.topic || "Notice", 200),
    body: visible(block.detail ?? ""),
  }),
  activity: (block) => ({
    look: "plain",
    label: name(block.title || block.topic || "Activity", 200),
    body: visible(block.detail ?? ""),
  }),
  plan: (block) => ({
    look: "info",
    label: "Plan",
    meta: planCount(block),
    body: planItems(block),
  }),
  background: (block) => ({
    look: "info",
    label: `Background task ${name(block.name)}`,
    meta: stateMark(block.state, name(block.outcome || block.state, 40)),
  }),
  workflow: (block) => workflow(block, `Workflow ${name(block.workflow)}`),
  step: (block) =>
    workflow(block, `Step ${count(Number(block.step) + 1)}: ${name(block.step_name)}`),
  summary: (block) => ({ look: "info", label: "Summary", meta: timeText(block.duration_ms),
    body: summaryRows(block) }),
  gap: (block) => ({
    look: "warn",
    label: Number(block.missed) === 1 ? "1 event is missing here"
      : `${count(Number(block.missed))} events are missing here`,
    meta: `after event ${count(Number(block.after))}`,
  }),
};

function workflow(block, label) {
  return {
    look: block.state === "failed" ? "bad" : "info",
    label,
    meta: [stateMark(block.state, name(block.state, 20)),
      facts([name(block.step_type, 40), timeText(block.duration_ms)])],
    body: [
      block.error && h("p", {}, visible(block.error), code(block.error_code)),
      block.message && h("p", {}, visible(block.message)),
      block.output !== undefined && box(block.output),
    ],
  };
}

const PLAN_STATES = {
  completed: ["done", "✓"], done: ["done", "✓"], in_progress: ["in progress", "◐"],
  running: ["in progress", "◐"], cancelled: ["cancelled", "–"], failed: ["failed", "✗"],
};

function planOf(block) {
  return Array.isArray(block.items) ? block.items : [];
}

function planCount(block) {
  const done = planOf(block).filter((item) => PLAN_STATES[item?.status]?.[0] === "done").length;
  return `${count(done)} of ${count(planOf(block).length)} done`;
}

function planItems(block) {
  return h("ul", { className: "plan" }, planOf(block).map((item) => {
    const known = Object.hasOwn(PLAN_STATES, String(item?.status));
    const [words, shape] = known ? PLAN_STATES[item.status]
      : [name(item?.status, 40) || "open", "○"];
    return h(
      "li",
      { className: `plan__item${words === "done" ? " plan__item--done" : ""}` },
      h("span", { className: "plan__shape", "aria-hidden": "true" }, shape),
      h("span", { className: "plan__title" }, visible(item?.title ?? "")),
      h("span", { className: "plan__status" }, words),
    );
  }));
}

function summaryRows(block) {
  const agents = Array.isArray(block.agents) ? block.agents : [];
  return h("ul", { className: "plan" }, agents.map((one) =>
    h("li", { className: "plan__item" }, h("span", { className: "plan__title" }, name(one?.agent)),
      facts([name(one?.outcome, 40), usageText(one?.usage)]))));
}

export class NoteBlockView extends BlockView {
  constructor(block, tools) {
    super(block, tools, "note-block");
  }

  draw(block) {
    const note = (Object.hasOwn(NOTES, block.kind) ? NOTES[block.kind] : unknown)(block);
    this.element.dataset.look = note.look;
    replaceChildren(this.label, note.label);
    replaceChildren(this.meta, note.meta);
    replaceChildren(this.body, note.body);
    this.body.hidden = !this.body.hasChildNodes() || this.body.textContent === "";
  }
}

// A kind of block that this page does not know is shown as it is.
const unknown = (block) => ({ look: "plain", label: name(block.kind || "Event"),
  body: visible(block.text?.() ?? "") });

// A sub-agent: what it was given and what came out; its run lies below, and folds.
export class SubagentBlockView extends BlockView {
  #fold = h("button", { type: "button", className: "disclosure__button", "aria-expanded": "true",
    onclick: () => this.toggle() });

  constructor(block, tools) {
    super(block, tools, "note-block subagent-block");
    this.element.dataset.look = "tool";
    this.head.prepend(this.#fold);
    this.#fold.append(this.label);
  }

  draw(block) {
    const folded = this.tools.isFolded(block.id);
    const below = folded ? this.tools.countBelow(block) : 0;
    this.#fold.setAttribute("aria-expanded", String(!folded));
    replaceChildren(this.label, `Sub-agent ${name(block.child_agent || block.agent)}`);
    replaceChildren(this.meta,
      stateMark(block.state, name(block.outcome || block.state, 40)),
      folded && facts([`${count(below)} blocks folded`]));
    replaceChildren(this.body,
      block.input && labelled("Asked", block.input),
      block.output && labelled("Answered", block.output));
    this.body.hidden = !this.body.hasChildNodes();
  }

  toggle() {
    this.tools.toggleFold(this.block.id);
    this.redraw();
    return true;
  }
}

function labelled(word, value) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return h("p", { className: "labelled" }, h("span", { className: "labelled__word" }, word),
    h("span", { className: "labelled__text" }, visible(text)));
}

// Stands in the place of what the filter hides.
export class HiddenRowView {
  #button;
  ui = {};

  constructor(row, tools) {
    this.block = row;
    this.#button = h("button", { type: "button", className: "hidden-row__button",
      onclick: () => tools.reveal(this.block) });
    this.element = h("div", { className: "hidden-row" }, this.#button);
    if (row.depth > 0) this.element.style.setProperty("--depth", String(Math.min(row.depth, 12)));
    this.update(row);
  }

  update(row = this.block) {
    this.block = row;
    replaceChildren(this.#button, `${count(row.hidden)} hidden by the filter · show`);
  }

  redraw() {}

  tick() {}

  select() {}

  openAll() {}

  toggle() {
    this.#button.click();
    return true;
  }
}
