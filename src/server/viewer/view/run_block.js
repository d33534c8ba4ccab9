// Where runs begin and end, and the lines between turns, with what they cost.
import { clock, cost, count, duration, oneLine, tokens, visible } from "../model/format.js";
import { BlockView, facts, stateMark } from "./block_view.js";
import { h, replaceChildren } from "./dom.js";

const ABOUT = "Its part, by its tokens, of what several turns have cost together";

const name = (text, max = 80) => oneLine(String(text ?? ""), max);

function plural(n, one, many) {
  const value = Number(n);
  return Number.isFinite(value) ? `${count(value)} ${value === 1 ? one : many}` : "";
}

// "1.2k tokens (1.1k in, 120 out)"
export function usageText(usage) {
  const total = Number(usage?.total);
  if (!Number.isFinite(total) || total === 0) return "";
  const cached = Number(usage.cached) > 0 ? `, ${tokens(Number(usage.cached))} cached` : "";
  const input = tokens(Number(usage.prompt) || 0);
  const output = tokens(Number(usage.completion) || 0);
  return `${tokens(total)} tokens (${input} in, ${output} out${cached})`;
}

const costText = (value) =>
  value === null || value === undefined ? "" : cost(Number(value));
const timeText = (value) =>
  value === null || value === undefined ? "" : duration(Number(value));

function firstText(ttft_ms) {
  const first = timeText(ttft_ms);
  return first && `first token after ${first}`;
}

function turnCost(block) {
  const dollars = costText(block.cost);
  if (dollars === "" || !block.cost_about) return dollars;
  return h("span", { title: ABOUT }, `about ${dollars}`);
}

export class RunBlockView extends BlockView {
  constructor(block, tools) {
    super(block, tools, `run-block${block.child ? " run-block--child" : ""}`);
  }

  draw(block) {
    const state = String(block.state ?? "running");
    const model = [name(block.model), name(block.provider)].filter(Boolean);
    replaceChildren(
      this.label,
      h("span", { className: "run-block__word" }, block.child ? "Run of sub-agent" : "Run"),
      h("span", { className: "run-block__agent" }, name(block.title || block.agent || "agent")),
    );
    replaceChildren(
      this.meta,
      stateMark(state, state),
      facts([model.join(" · "), clock(block.ts).slice(0, 8)]),
    );
  }
}

const END_WORDS = { completed: "Run completed", failed: "Run failed", cancelled: "Run cancelled" };

export class RunEndBlockView extends BlockView {
  constructor(block, tools) {
    super(block, tools, "run-end");
  }

  draw(block) {
    const state = String(block.state ?? "completed");
    replaceChildren(this.label, stateMark(state, END_WORDS[state] ?? `Run ${name(state, 20)}`));
    const why = block.error || block.reason;
    const odd = block.finish_reason && block.finish_reason !== "stop" ? block.finish_reason : "";
    replaceChildren(
      this.body,
      why && h("p", { className: "run-end__why" }, visible(why), code(block.error_code)),
      h(
        "p",
        { className: "run-end__facts" },
        facts([
          odd && `ended by ${name(odd, 40)}`,
          timeText(block.duration_ms),
          usageText(block.usage),
          costText(block.cost),
          firstText(block.ttft_ms),
          plural(block.llm_calls, "model request", "model requests"),
          plural(block.tool_calls, "tool call", "tool calls"),
          Number(block.iterations) > 1 && plural(block.iterations, "turn", "turns"),
        ]),
      ),
    );
  }
}

export function code(error_code) {
  return error_code && h("code", { className: "error-code" }, name(error_code, 60));
}

export class TurnBlockView extends BlockView {
  constructor(block, tools) {
    super(block, tools, "turn-block");
  }

  draw(block) {
    const of = Number(block.max_turns) > 0 ? ` of at most ${count(Number(block.max_turns))}` : "";
    replaceChildren(
      this.label,
      `Turn ${count(Number(block.turn)) || "?"}`,
      h("span", { className: "visually-hidden" }, of),
    );
    replaceChildren(
      this.meta,
      facts([
        usageText(block.usage),
        turnCost(block),
        firstText(block.ttft_ms),
        timeText(block.duration_ms),
      ]),
    );
  }
}
