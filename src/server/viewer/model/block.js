// One block of a transcript. Its common members are set here, those of its kind by who adds it:
//   id, kind, run_id, depth, agent, turn, seq, last_seq, ts, end, version, types, status
// Times are milliseconds since 1970; `end` is null while the block may still change by itself.
// text() is what a search looks in. Texts are those of the events, not copies.

import { anyText, jsonText } from "./values.js";

/// UTF-16 units that the output of one tool call keeps; beyond that the older half goes.
export const MAX_OUTPUT = 256 * 1024;

function joined(...parts) {
  return parts.filter((part) => part !== "" && part !== null && part !== undefined).join("\n");
}

function toolText(b) {
  const approval = b.approval;
  return joined(
    b.tool_name,
    b.call_id,
    b.arguments === undefined ? b.arguments_text : jsonText(b.arguments, 1),
    b.bash?.command,
    b.bash?.cwd,
    b.cell?.code,
    ...b.outputs.map((output) => output.text),
    b.progress?.message,
    b.result,
    b.error,
    b.error_code,
    b.reason,
    ...b.files_changed,
    ...b.diffs.map((diff) => diff.diff),
    approval &&
      joined(
        approval.reason,
        approval.note,
        approval.by,
        approval.arguments === undefined ? "" : jsonText(approval.arguments, 1),
      ),
  );
}

const messageText = (b) => joined(b.content, b.refusal, b.discarded?.reason);
const noticeText = (b) => joined(b.title, b.detail);
const stepText = (b) =>
  joined(b.workflow, b.step_name, b.message, b.error, anyText(b.input), anyText(b.output));

const SEARCHED = new Map([
  ["run", (b) => joined(b.title, b.agent, b.model, b.provider)],
  ["run_end", (b) => joined(b.state, b.finish_reason, b.reason, b.error, b.error_code)],
  ["user", (b) => b.content],
  ["turn", (b) => joined(`turn ${b.turn}`, b.model)],
  ["text", messageText],
  ["reasoning", messageText],
  ["structured", messageText],
  ["tool", toolText],
  ["retry", (b) => joined("retry", b.reason, b.error_code, b.provider, b.fallback_to)],
  ["model_error", (b) => joined(b.error, b.error_code)],
  ["error", (b) => joined(b.error, b.error_code, b.detail)],
  ["notice", noticeText],
  ["activity", noticeText],
  ["plan", (b) => joined(...b.items.map((item) => `${item.title} ${item.status}`))],
  ["subagent", (b) => joined(b.agent, b.child_agent, b.input, b.output)],
  ["background", (b) => joined(b.name, b.reason)],
  ["workflow", stepText],
  ["step", stepText],
  ["summary", (b) => joined(...b.agents.map((one) => `${one.agent} ${one.outcome}`))],
]);

export class Block {
  /// `place` is what the scribe knows of the event at hand.
  constructor(id, kind, place) {
    this.id = id;
    this.kind = kind;
    this.run_id = place.run_id;
    this.depth = 0;
    this.agent = place.agent;
    this.turn = place.turn;
    this.seq = place.seq;
    this.last_seq = place.seq;
    this.ts = place.ts;
    this.end = null;
    this.version = 0;
    this.types = new Set();
    this.status = "completed";
  }

  text() {
    return SEARCHED.get(this.kind)?.(this) ?? "";
  }
}

function bounded(text, bound) {
  let cut = text.length - bound;
  if (cut <= 0) return text;
  if ((text.charCodeAt(cut) & 0xfc00) === 0xdc00) ++cut; // no half of a character
  return text.slice(cut);
}

/// A tool call from its beginning to its end. `outputs` is what it wrote, in order; `dropped` says
/// how much of that was cut off in front, `result_dropped` the same of the result.
export class ToolBlock extends Block {
  #size = 0;

  constructor(id, place) {
    super(id, "tool", place);
    this.status = "running";
    this.call_id = "";
    this.tool_name = "";
    this.state = "writing";
    this.arguments = undefined;
    this.arguments_text = "";
    this.outputs = [];
    this.dropped = 0;
    this.incomplete = false;
    this.progress = null;
    this.result = "";
    this.result_dropped = 0;
    this.error = "";
    this.error_code = null;
    this.reason = "";
    this.duration_ms = null;
    this.started = null;
    this.files_changed = [];
    this.diffs = [];
    this.data = undefined;
    this.bash = null;
    this.cell = null;
    this.approval = null;
  }

  get stdout() {
    return this.#stream("stdout");
  }

  get stderr() {
    return this.#stream("stderr");
  }

  /// Whether it has neither ended nor will.
  get open() {
    return (
      this.state === "writing" ||
      this.state === "ready" ||
      this.state === "waiting" ||
      this.state === "running"
    );
  }

  write(stream, text) {
    if (text === "") return;
    const last = this.outputs[this.outputs.length - 1];
    if (last?.stream === stream) last.text += text;
    else this.outputs.push({ stream, text });
    this.#size += text.length;
    if (this.#size > MAX_OUTPUT) this.#cut();
  }

  /// Instead of what was streamed.
  rewrite(outputs) {
    this.outputs = [];
    this.#size = 0;
    this.dropped = 0;
    this.incomplete = false;
    for (const { stream, text } of outputs) this.write(stream, text);
  }

  setResult(text) {
    this.result = bounded(text, MAX_OUTPUT);
    this.result_dropped = text.length - this.result.length;
  }

  #stream(name) {
    return this.outputs
      .filter((output) => output.stream === name)
      .map((output) => output.text)
      .join("");
  }

  #cut() {
    const outputs = this.outputs;
    let excess = this.#size - MAX_OUTPUT / 2;
    let gone = 0;
    while (gone < outputs.length && outputs[gone].text.length <= excess) {
      excess -= outputs[gone].text.length;
      ++gone;
    }
    this.outputs = outputs.slice(gone);
    const first = this.outputs[0];
    if (first) first.text = bounded(first.text, first.text.length - excess);
    const left = this.outputs.reduce((size, output) => size + output.text.length, 0);
    this.dropped += this.#size - left;
    this.#size = left;
  }
}
