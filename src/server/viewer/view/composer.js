// The field for messages to the agent, and the buttons that stop it.
import { visible } from "../model/format.js";
import { button, h, replaceChildren, setText, toggleClass } from "./dom.js";

const MAX_ROWS = 12;
const SUGGESTIONS = ["Calculate 2+2", "List the files here and say what this project is"];

const DRAFTS = new Map(); // session id -> what was typed there and not sent

const STATES = {
  gone: "This session is not on the server.",
  unauthorized: "Your login has ended: open a new link from “strandbus link”.",
  closed: "The connection is closed.",
};

export class Composer {
  #context;
  #sending = false;
  #stopping = "";
  #error = "";
  #drawn = "";
  #text = h("textarea", {
    className: "field composer__text",
    rows: 1,
    "aria-label": "Message to the agent",
    "aria-describedby": "composer-hint",
    oninput: () => this.#typed(),
    onkeydown: (event) => this.#key(event),
  });
  #send = button("Send", () => this.#submit(), { className: "button button--primary" });
  #stop = button("Stop", () => this.#halt("now"), { title: "Stop the run now",
    className: "button button--danger composer__stop" });
  #later = button("Stop after this turn", () => this.#halt("after_turn"),
    { className: "button composer__later" });
  #queue = h("input", { type: "checkbox", id: "composer-queue", onchange: () => this.update() });
  #queueLabel = h("label", { className: "composer__queue", htmlFor: "composer-queue" }, this.#queue,
    "as a new run, when this one has ended");
  #hint = h("p", { className: "composer__hint", id: "composer-hint" });
  #problem = h("p", { className: "composer__problem", role: "alert", hidden: true });
  #suggestions = h("div", { className: "composer__suggestions", role: "group",
    "aria-label": "Suggestions" });

  constructor(context) {
    this.#context = context;
    for (const text of SUGGESTIONS) {
      this.#suggestions.append(button(text, () => this.#suggest(text), {
        className: "button composer__suggestion" }));
    }
    this.#text.value = DRAFTS.get(context.session.id) ?? "";
    this.element = h(
      "form",
      { className: "composer", "aria-label": "Talk to the agent",
        onsubmit: (event) => event.preventDefault() },
      this.#suggestions,
      this.#problem,
      h("div", { className: "composer__row" }, this.#text,
        h("div", { className: "composer__buttons" }, this.#send, this.#later, this.#stop)),
      h("div", { className: "composer__below" }, this.#hint, this.#queueLabel),
    );
    this.update();
  }

  focus() {
    this.#text.focus();
  }

  focusStop() {
    if (this.#stop.hidden) this.#context.announce("No run is under way");
    else this.#stop.focus();
  }

  update() {
    const running = this.#running();
    const cannot = this.#cannot();
    if (!running) this.#stopping = "";
    const drawn = JSON.stringify([running, cannot, this.#sending, this.#stopping, this.#error,
      this.#empty(), this.#queue.checked, this.#text.value.trim() === ""]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#drawButtons(running, cannot);
    this.#text.readOnly = cannot !== "";
    this.#text.placeholder = running ? "Tell the agent something…" : "What shall the agent do?";
    this.#queueLabel.hidden = !running;
    setText(this.#hint, cannot || this.#words(running));
    setText(this.#problem, this.#error);
    this.#problem.hidden = this.#error === "";
    this.#suggestions.hidden = !this.#empty() || cannot !== "";
  }

  #drawButtons(running, cannot) {
    this.#send.disabled = cannot !== "" || (!this.#sending && this.#text.value.trim() === "");
    this.#send.setAttribute("aria-disabled", String(this.#sending || this.#send.disabled));
    setText(this.#send, this.#sending ? "Sending…" : "Send");
    toggleClass(this.#send, "button--busy", this.#sending);
    this.#keepFocus([this.#stop, this.#later], () => {
      this.#stop.hidden = this.#later.hidden = !running || cannot !== "";
    });
    setText(this.#stop, this.#stopping === "now" ? "Stopping…" : "Stop");
    const soon = this.#stopping === "after_turn";
    setText(this.#later, soon ? "Stops after this turn" : "Stop after this turn");
    // Not disabled: that would take the focus from it.
    this.#later.setAttribute("aria-disabled", String(this.#stopping !== ""));
    this.#stop.setAttribute("aria-disabled", String(this.#stopping === "now"));
  }

  // When the button that has the focus goes, the text field gets it.
  #keepFocus(buttons, change) {
    const had = buttons.includes(document.activeElement);
    change();
    if (had && buttons.some((one) => one.hidden)) this.focus();
  }

  #words(running) {
    if (this.#sending) return "Sending…";
    if (!running) return "Enter sends, Shift+Enter begins a new line.";
    return this.#queue.checked ? "The agent works: your message begins a new run afterwards."
      : "The agent works: your message waits for its next turn.";
  }

  #cannot() {
    const { commands, feed } = this.#context;
    if (!commands) return "This page shows a record: no messages can be sent.";
    return Object.hasOwn(STATES, feed?.state ?? "") ? STATES[feed.state] : "";
  }

  #running() {
    const { runs } = this.#context.session.state;
    return Array.isArray(runs) && runs.some((run) => !run.depth);
  }

  #empty() {
    const { feed, session } = this.#context;
    const { runs, ended_runs } = session.state;
    return feed?.state !== "loading" && !(runs?.length > 0) && !(ended_runs?.length > 0);
  }

  #typed() {
    this.#keepDraft();
    this.#grow();
    this.update();
  }

  #keepDraft() {
    const { id } = this.#context.session;
    if (this.#text.value === "") DRAFTS.delete(id);
    else DRAFTS.set(id, this.#text.value);
  }

  #grow() {
    this.#text.rows = 1;
    const style = getComputedStyle(this.#text);
    const line = Number.parseFloat(style.lineHeight) || 20;
    const padding = Number.parseFloat(style.paddingTop) + Number.parseFloat(style.paddingBottom);
    const rows = Math.round((this.#text.scrollHeight - padding) / line);
    this.#text.rows = Math.min(Math.max(rows, 1), MAX_ROWS);
  }

  #key(event) {
    if (event.key === "Escape") this.#text.blur();
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#submit();
  }

  #suggest(text) {
    this.#text.value = text;
    this.#typed();
    this.focus();
  }

  async #submit() {
    const text = this.#text.value.trim();
    const { commands } = this.#context;
    if (text === "" || this.#sending || this.#cannot() !== "") return;
    this.#sending = true;
    this.#error = "";
    this.update();
    const queue = this.#running() && this.#queue.checked;
    const { ok, error } = await settle(() => commands.send(text, { queue }));
    this.#sending = false;
    if (ok) this.#sent(text);
    else this.#error = `Not sent: ${visible(error || "the server did not take it")}`;
    this.update();
  }

  // What was typed meanwhile stays.
  #sent(text) {
    const now = this.#text.value.trimStart();
    if (now.startsWith(text)) this.#text.value = now.slice(text.length).trimStart();
    this.#queue.checked = false;
    this.#keepDraft();
    this.#grow();
  }

  async #halt(when) {
    const { commands } = this.#context;
    if (this.#stopping === "now" || this.#stopping === when || !commands) return;
    const before = this.#stopping;
    this.#stopping = when;
    this.#error = "";
    this.update();
    const { ok, error } = await settle(() => commands.stop(when));
    if (!ok) {
      this.#stopping = before;
      this.#error = `Not stopped: ${visible(error || "the server did not take it")}`;
    }
    this.update();
  }
}

async function settle(action) {
  try {
    return (await action()) ?? { ok: true, error: "" };
  } catch (failure) {
    return { ok: false, error: String(failure?.message ?? failure) };
  }
}
