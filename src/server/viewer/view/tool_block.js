// One tool call from its first character to its end: name, arguments, approval, output, changes of
// files, outcome.
import { bytes, count, duration, oneLine, visible } from "../model/format.js";
import { ApprovalCard } from "./approval_card.js";
import { BlockView, stateMark } from "./block_view.js";
import { DiffView } from "./diff_view.js";
import { Disclosure } from "./disclosure.js";
import { h, replaceChildren, setText, toggleClass } from "./dom.js";
import { OutputBox } from "./output_box.js";
import { countLines, plainOutput } from "./plain_output.js";
import { code } from "./run_block.js";
import { pretty } from "./text_block.js";
import { argumentLines, briefArguments, fullArguments, isBrief } from "./tool_arguments.js";

const SHOWN_ARGUMENT_LINES = 12;
const SHORT_RESULT = 100;

// state -> [look, words]
const STATES = {
  writing: ["running", "being written"],
  ready: ["pending", "about to run"],
  waiting: ["waiting", "waits for approval"],
  running: ["running", "running"],
  completed: ["completed", "done"],
  failed: ["failed", "failed"],
  denied: ["failed", "denied"],
  cancelled: ["cancelled", "cancelled"],
};

// Parts of the body, in their order.
const PARTS = ["arguments", "approval", "progress", "output", "outcome", "diffs", "result"];

// Arguments of several lines, as code, are worth their room, where no diff tells the same.
function worthShowing(block, lines) {
  const values = Object.keys(block.arguments ?? {}).length;
  return lines > values && lines <= SHOWN_ARGUMENT_LINES && (block.diffs ?? []).length === 0;
}

// Whether the result is what the call wrote, and nothing else.
function isOutput(outputs, result) {
  return outputs?.length === 1 && Math.abs(outputs[0].text.length - result.length) < 8 &&
    outputs[0].text.trim() === result.trim();
}

function shortResult(result) {
  return h("p", { className: "tool-block__short" },
    h("span", { className: "visually-hidden" }, "Result: "), visible(plainOutput(result)));
}

export class ToolBlockView extends BlockView {
  #name = h("span", { className: "tool-block__name" });
  #brief = h("span", { className: "tool-block__brief" });
  #state = h("span", { className: "tool-block__state" });
  #time = h("span", { className: "tool-block__time" });
  #parts = new Map(PARTS.map((part) => [part, h("div", { className: `tool-block__${part}` })]));
  #drawn = {}; // what the parts show, to make none of them again for nothing
  #writing = null;
  #card = null;
  #output = null;
  #result = null;
  #arguments = null;
  #folds = [];
  #diffs = [];

  constructor(block, tools) {
    super(block, tools, "tool-block");
    this.label.append(this.#name, this.#brief);
    this.meta.append(this.#state, this.#time);
    this.body.append(...this.#parts.values());
  }

  draw(block) {
    const known = Object.hasOwn(STATES, block.state);
    const [look, words] = known ? STATES[block.state] : ["pending", oneLine(block.state, 40)];
    this.element.dataset.state = look;
    setText(this.#name, oneLine(block.tool_name, 120) || "tool");
    if (this.#state.textContent !== words) replaceChildren(this.#state, stateMark(look, words));
    this.#drawArguments(block);
    this.#drawApproval(block);
    this.#drawProgress(block);
    this.#drawOutput(block);
    this.#drawOutcome(block);
    this.#drawDiffs(block);
    this.#drawResult(block);
    for (const part of this.#parts.values()) part.hidden = !part.hasChildNodes();
    toggleClass(this.body, "block__body--empty", [...this.#parts.values()].every((p) => p.hidden));
    this.tick();
  }

  tick() {
    const { block } = this;
    let spent = block.duration_ms;
    if (block.state === "running" && typeof block.started === "number") {
      spent = Math.max(this.tools.now() - block.started, 0);
      if (spent >= 1000) spent = Math.floor(spent / 1000) * 1000;
    }
    const known = typeof spent === "number";
    setText(this.#time, known ? duration(spent).replace(/\.0 s$/, " s") : "");
    this.#card?.tick();
  }

  // Opens all of it, or folds it to what is shown at first.
  toggle() {
    this.#setAll(!this.ui.all);
    return true;
  }

  openAll() {
    this.#setAll(true);
  }

  focusApproval(which) {
    this.#card?.focus(which);
  }

  get text() {
    return String(this.block.text?.() ?? "");
  }

  #setAll(open) {
    this.ui.all = open;
    for (const name of ["output", "result"]) this.ui[name] = open;
    for (const diff of this.#diffs) this.ui[diff.name] = open;
    for (const fold of this.#folds) fold.setOpen(open);
    this.ui.arguments = this.ui.given = open;
    for (const { view } of this.#diffs) view.draw();
    this.#toggled();
  }

  #toggled() {
    this.tools.hold(this.block.id);
    this.redraw();
  }

  #fold(name, build) {
    const fold = new Disclosure({
      open: this.ui[name] === true,
      build,
      onToggle: (open) => {
        this.ui[name] = open;
        this.#toggled();
      },
    });
    this.#folds.push(fold);
    return fold;
  }

  #drawArguments(block) {
    const part = this.#parts.get("arguments");
    if (block.state === "writing") {
      this.#writing ??= new OutputBox({ label: "Arguments so far", ui: this.ui, name: "writing",
        tail: true, preview: 8, onToggle: () => this.#toggled() });
      if (this.#writing.element.parentNode !== part) replaceChildren(part, this.#writing.element);
      const text = String(block.arguments_text ?? "");
      this.#writing.show([{ stream: "", text }], { growing: true });
      return;
    }
    const asked = block.approval?.state === "pending";
    if (this.#drawn.arguments === block.arguments && this.#drawn.asked === asked) return;
    this.#drawn.arguments = block.arguments;
    this.#drawn.asked = asked;
    this.#writing = null;
    replaceChildren(this.#brief, asked ? [] : briefArguments(block.arguments));
    replaceChildren(part);
    if (asked || isBrief(block.arguments)) return;
    const lines = argumentLines(block.arguments);
    const fold = this.#fold("arguments", (body) => body.append(fullArguments(block.arguments)));
    fold.setLabel("Arguments ", h("span", { className: "facts" },
      lines === 1 ? "1 line" : `${count(lines)} lines`));
    this.#arguments = fold;
    if (this.ui.arguments === undefined && worthShowing(block, lines)) fold.setOpen(true);
    part.append(fold.element);
  }

  #drawApproval(block) {
    if (!block.approval) return;
    const id = String(block.approval.approval_id ?? "");
    if (this.#drawn.approval !== id) {
      this.#drawn.approval = id;
      this.ui.approvals ??= new Map();
      if (!this.ui.approvals.has(id)) this.ui.approvals.set(id, {});
      this.#card = new ApprovalCard(this.tools, this.ui.approvals.get(id), () =>
        this.tools.hold(this.block.id));
      replaceChildren(this.#parts.get("approval"), this.#card.element);
    }
    this.#card.draw(block.approval, block.tool_name);
  }

  #drawProgress(block) {
    const part = this.#parts.get("progress");
    const running = block.state === "running" && block.progress;
    if (!running) return part.replaceChildren();
    const { value, message } = block.progress;
    replaceChildren(
      part,
      typeof value === "number" && h("progress", { max: 1, value: Math.min(Math.max(value, 0), 1),
        "aria-label": "Progress of the call" }),
      typeof value === "number" && `${Math.round(value * 100)} %`,
      Boolean(message) && h("span", { className: "tool-block__message" }, oneLine(message, 400)),
    );
  }

  #drawOutput(block) {
    const pieces = Array.isArray(block.outputs) ? block.outputs : [];
    if (pieces.length === 0) {
      this.#output?.element.remove();
      return;
    }
    this.#output ??= new OutputBox({ label: "Output", ui: this.ui, name: "output",
      tail: true, onToggle: () => this.#toggled() });
    const part = this.#parts.get("output");
    if (this.#output.element.parentNode !== part) replaceChildren(part, this.#output.element);
    const growing = block.state === "running";
    this.#output.show(pieces, { growing, dropped: Number(block.dropped) || 0 });
  }

  #drawOutcome(block) {
    const { bash } = block;
    const exit = bash && typeof bash.exit_code === "number" ? bash.exit_code : null;
    const files = Array.isArray(block.files_changed) ? block.files_changed : [];
    const withDiff = new Set((block.diffs ?? []).map((diff) => diff?.path));
    const others = files.filter((path) => !withDiff.has(path));
    const why = block.error || block.reason;
    const facts = [
      exit !== null && why !== `exit code ${exit}` && `exit code ${exit}`,
      bash?.cwd && `in ${oneLine(bash.cwd, 200)}`,
      bash?.truncated && "the tool cut its output",
      block.incomplete && "a part of the output was missed",
    ].filter(Boolean);
    const drawn = JSON.stringify([why, block.error_code, facts, others]);
    if (this.#drawn.outcome === drawn) return;
    this.#drawn.outcome = drawn;
    replaceChildren(
      this.#parts.get("outcome"),
      Boolean(why) &&
        h("p", { className: "tool-block__why" }, visible(why), code(block.error_code)),
      facts.length > 0 && h("p", { className: "facts" },
        facts.map((fact) => h("span", { className: "facts__one" }, fact))),
      others.length > 0 && h("ul", { className: "tool-block__files",
        "aria-label": "Files that were changed" },
      others.map((path) => h("li", {}, oneLine(String(path), 400)))),
    );
  }

  #drawDiffs(block) {
    const diffs = Array.isArray(block.diffs) ? block.diffs : [];
    if (this.#drawn.diffs === block.diffs || (!this.#drawn.diffs && diffs.length === 0)) return;
    this.#drawn.diffs = block.diffs;
    if (this.ui.arguments === undefined && diffs.length > 0) this.#arguments?.setOpen(false);
    this.#diffs = diffs.map((diff, i) => {
      const name = `diff${i}`;
      return { name, view: new DiffView({ path: diff?.path, diff: diff?.diff, ui: this.ui, name,
        onToggle: () => this.tools.hold(this.block.id) }) };
    });
    replaceChildren(this.#parts.get("diffs"), this.#diffs.map(({ view }) => view.element));
  }

  // What the model was given: open where nothing else tells it.
  #drawResult(block) {
    const result = String(block.result ?? "");
    const seen = (block.outputs ?? []).length > 0 || (block.diffs ?? []).length > 0;
    const told = result === "" || result === block.error || isOutput(block.outputs, result);
    const short = !seen && result.length <= SHORT_RESULT && !/[\r\n]/.test(result);
    let drawn = "";
    if (!told) drawn = short ? `= ${result}` : String(seen);
    const part = this.#parts.get("result");
    if (this.#drawn.result !== drawn) {
      this.#drawn.result = drawn;
      this.#result = null;
      part.replaceChildren();
      if (short && !told) part.append(shortResult(result));
      else if (!told) part.append(seen ? this.#foldedResult(result) : this.#openResult());
    }
    this.#result?.show([{ stream: "", text: pretty(result) }], {
      dropped: Number(block.result_dropped) || 0 });
  }

  #openResult() {
    this.#result = new OutputBox({ label: "Result", ui: this.ui, name: "result",
      onToggle: () => this.#toggled() });
    return this.#result.element;
  }

  #foldedResult(result) {
    const fold = this.#fold("given", (body) => {
      body.append(this.#openResult());
      this.#result.show([{ stream: "", text: pretty(result) }]);
    });
    const lines = countLines(result);
    fold.setLabel("Result given to the model ", h("span", { className: "facts" },
      lines === 1 ? bytes(result.length) : `${count(lines)} lines`));
    return fold.element;
  }
}
