// What people and models say: messages, answers, reasoning, structured answers.
import { count, duration, oneLine, visible } from "../model/format.js";
import { BlockView, facts } from "./block_view.js";
import { Disclosure } from "./disclosure.js";
import { h, replaceChildren, setText, toggleClass } from "./dom.js";
import { LineChunks } from "./line_chunks.js";
import { TextStream } from "./text_stream.js";

const ROLES = { user: "You", assistant: "Agent", system: "System", tool: "Tool" };
const MAX_PRETTY_LENGTH = 1 << 20;

function speaker(block) {
  // What an agent below is told was written by the agent above it, or by a workflow.
  if (block.kind === "user" && block.role === "user" && block.depth > 0) return "Task";
  if (block.kind === "user") return ROLES[block.role] ?? (oneLine(block.role, 40) || "You");
  return oneLine(block.agent, 80) || "Agent";
}

// A text that may have become void, and why.
class TextNotes {
  element = h("div", { className: "text-block__notes" });
  #drawn = "";

  show(block) {
    const notes = [];
    if (block.discarded) {
      const { attempt, reason } = block.discarded;
      const which = attempt ? ` (attempt ${count(Number(attempt))})` : "";
      notes.push(`Discarded${which}: ${visible(reason || "a retry follows")}`);
    }
    if (block.refusal) notes.push(`Refused: ${visible(block.refusal)}`);
    if (block.incomplete && !block.discarded) notes.push("A part of this text was missed.");
    if (block.dropped > 0) notes.push(`${count(block.dropped)} characters in front are not kept.`);
    const text = notes.join("\n");
    if (text === this.#drawn) return;
    this.#drawn = text;
    replaceChildren(this.element, notes.map((note) => h("p", {}, note)));
  }
}

function showDiscarded(element, block) {
  const discarded = Boolean(block.discarded);
  toggleClass(element, "text-block--discarded", discarded);
  if (discarded) element.setAttribute("role", "deletion");
  else element.removeAttribute("role");
}

export class TextBlockView extends BlockView {
  #stream = new TextStream();
  #notes = new TextNotes();

  constructor(block, tools) {
    super(block, tools, `text-block text-block--${block.kind === "user" ? "user" : "answer"}`);
    this.body.append(this.#stream.element, this.#notes.element);
  }

  draw(block) {
    setText(this.label, speaker(block));
    const finished = block.kind === "user" || block.finished !== false;
    this.#stream.show(String(block.content ?? ""), finished);
    toggleClass(this.element, "text-block--growing", !finished && !block.discarded);
    showDiscarded(this.#stream.element, block);
    this.#notes.show(block);
  }
}

export class ReasoningBlockView extends BlockView {
  #stream = null;
  #notes = new TextNotes();
  #fold;

  constructor(block, tools) {
    super(block, tools, "text-block text-block--reasoning");
    this.#fold = new Disclosure({
      open: this.ui.open === true,
      build: (body) => this.#build(body),
      onToggle: (open) => {
        this.ui.open = open;
        this.tools.hold(this.block.id);
        this.redraw();
      },
    });
    this.label.remove();
    this.#fold.label.id = this.labelId;
    this.body.append(this.#fold.element, this.#notes.element);
  }

  #build(body) {
    this.#stream = new TextStream();
    body.append(this.#stream.element);
  }

  draw(block) {
    const content = String(block.content ?? "");
    const took = block.finished && block.end ? duration(block.end - block.ts) : "";
    this.#fold.setLabel(
      h("span", { className: "text-block__kind" }, block.finished ? "Reasoning" : "Reasoning…"),
      facts([`${count(content.length)} characters`, took]),
    );
    if (this.#fold.open) this.#stream.show(content, block.finished !== false);
    showDiscarded(this.#fold.element, block);
    this.#notes.show(block);
  }

  toggle() {
    this.#fold.toggle();
    return true;
  }

  openAll() {
    this.ui.open = true;
    this.#fold.setOpen(true);
    this.redraw();
  }
}

// JSON is set in lines when all of it is there.
export class StructuredBlockView extends BlockView {
  #lines = new LineChunks("code-box");
  #shown = "";
  #notes = new TextNotes();

  constructor(block, tools) {
    super(block, tools, "text-block text-block--structured");
    this.body.append(this.#lines.element, this.#notes.element);
  }

  draw(block) {
    setText(this.label, `${speaker(block)}: structured answer`);
    const content = String(block.content ?? "");
    this.#show(block.finished === false ? content : pretty(content));
    showDiscarded(this.#lines.element, block);
    this.#notes.show(block);
  }

  #show(text) {
    if (!text.startsWith(this.#shown)) {
      this.#lines.clear();
      this.#shown = "";
    }
    this.#lines.append(text.slice(this.#shown.length));
    this.#shown = text;
  }
}

// A JSON text in lines; any other text as it is.
export function pretty(text) {
  const trimmed = text.trim();
  if (!/^[[{]/.test(trimmed) || trimmed.length > MAX_PRETTY_LENGTH) return text;
  try {
    return JSON.stringify(JSON.parse(trimmed), null, 2);
  } catch {
    return text;
  }
}
