// Which view shows which kind of block, and how high it is about before it was measured.
import { NoteBlockView, SubagentBlockView, HiddenRowView } from "./note_block.js";
import { RunBlockView, RunEndBlockView, TurnBlockView } from "./run_block.js";
import { ReasoningBlockView, StructuredBlockView, TextBlockView } from "./text_block.js";
import { ToolBlockView } from "./tool_block.js";

const VIEWS = new Map([
  ["user", TextBlockView],
  ["text", TextBlockView],
  ["reasoning", ReasoningBlockView],
  ["structured", StructuredBlockView],
  ["run", RunBlockView],
  ["run_end", RunEndBlockView],
  ["turn", TurnBlockView],
  ["tool", ToolBlockView],
  ["subagent", SubagentBlockView],
  ["hidden", HiddenRowView],
]);

export function createBlockView(row, tools) {
  const view = new (VIEWS.get(row.kind) ?? NoteBlockView)(row, tools);
  view.update(row);
  return view;
}

const LINE_PX = 21;
const CHARACTER_PX = 7;
const MAX_WIDTH = 820;
const HEIGHTS = new Map([
  ["run", 48], ["run_end", 76], ["turn", 32], ["reasoning", 40], ["hidden", 40], ["gap", 52],
]);

export function estimateHeight(row, width) {
  if (HEIGHTS.has(row.kind)) return HEIGHTS.get(row.kind);
  if (row.kind === "tool") return 52 + Math.min(linesOf(row), 14) * LINE_PX;
  const length = typeof row.content === "string" ? row.content.length : 60;
  const perLine = Math.max(Math.min(width, MAX_WIDTH) / CHARACTER_PX, 20);
  return 44 + Math.ceil(length / perLine) * LINE_PX;
}

function linesOf(tool) {
  const size = (tool.outputs ?? []).reduce((sum, { text }) => sum + text.length, 0);
  return size > 0 ? Math.ceil(size / 40) : 0;
}
