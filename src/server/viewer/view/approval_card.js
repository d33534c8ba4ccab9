// A call that waits for a person: what exactly it will do, why it asks, and the decision.
import { count, duration, oneLine, visible } from "../model/format.js";
import { button, h, replaceChildren, setText } from "./dom.js";
import { argumentLines, fullArguments, hasInexactNumber } from "./tool_arguments.js";

const FOLDED_LINES = 60;

const DECIDED = {
  approved: ["completed", "Approved"],
  denied: ["failed", "Denied"],
  expired: ["cancelled", "Expired: nobody decided in time"],
  cancelled: ["cancelled", "Cancelled before somebody decided"],
};

export class ApprovalCard {
  #tools;
  #tool = "";
  #onToggle;
  #ui; // {sending, error, denying, sawAll} of this approval
  #approval = null;
  #left = h("span", { className: "approval__left" });
  #status = h("p", { className: "approval__status", role: "status" });
  #reason = h("input", { type: "text", className: "field approval__reason",
    placeholder: "Reason (optional)", "aria-label": "Reason for the denial, optional",
    onkeydown: (event) => this.#reasonKey(event) });
  #approve = button("Approve", () => this.#send("approve"),
    { className: "button button--primary approval__approve" });
  #deny = button("Deny…", () => this.#ask(true), { className: "button button--danger" });
  #denyNow = button("Deny", () => this.#send("deny"), { className: "button button--danger" });
  #back = button("Back", () => this.#ask(false));
  #more = h("button", { type: "button", className: "more-button", onclick: () => this.#showAll() });
  #buttons = h("div", { className: "approval__buttons" });
  #arguments = h("div", { className: "approval__arguments" });
  #drawnArguments = null;

  constructor(tools, ui, onToggle) {
    this.#tools = tools;
    this.#ui = ui;
    this.#onToggle = onToggle;
    this.element = h("div", { className: "approval", role: "group",
      "aria-label": "Approval" });
  }

  draw(approval, tool_name) {
    this.#approval = approval;
    this.#tool = tool_name;
    const pending = approval.state === "pending";
    this.element.classList.toggle("approval--pending", pending);
    if (pending) this.#drawPending(approval, tool_name);
    else this.#drawDecided(approval);
  }

  tick() {
    const { expires_at, state } = this.#approval ?? {};
    if (state !== "pending" || typeof expires_at !== "number") return;
    const left = expires_at - this.#tools.now();
    const seconds = Math.ceil(left / 1000);
    setText(this.#left, left > 0 ? `${duration(seconds * 1000)} left` : "time is over");
  }

  // which: "approve" or "deny".
  focus(which) {
    let target = this.#approve;
    if (which === "deny") target = this.#ui.denying ? this.#reason : this.#deny;
    else if (this.#hidesLines()) target = this.#more;
    if (target === this.#approve && this.#ui.denying) this.#ask(false);
    if (!target.disabled) target.focus(); // else the block itself keeps it
  }

  #drawPending(approval, tool_name) {
    this.#drawArguments(approval);
    const cannot = this.#cannot();
    const sending = this.#ui.sending === true;
    this.#approve.disabled = cannot !== "" || this.#hidesLines();
    this.#deny.disabled = this.#denyNow.disabled = cannot !== "";
    for (const one of [this.#approve, this.#deny, this.#denyNow]) {
      one.setAttribute("aria-disabled", String(sending)); // not disabled: that would lose the focus
    }
    const wanted = this.#ui.denying ? [this.#reason, this.#denyNow, this.#back]
      : [this.#approve, this.#deny];
    if (this.#buttons.firstChild !== wanted[0]) replaceChildren(this.#buttons, wanted);
    this.#say(cannot, sending);
    if (this.#arguments.parentNode !== this.element) {
      replaceChildren(
        this.element,
        h(
          "div",
          { className: "approval__head" },
          h("strong", { className: "state state--waiting" },
            `Approve this call of ${oneLine(String(tool_name ?? ""), 80)}?`),
          this.#left,
        ),
        approval.reason && h("p", { className: "approval__why" }, visible(approval.reason)),
        this.#arguments,
        this.#more,
        this.#buttons,
        this.#status,
      );
    }
    this.tick();
  }

  #drawArguments(approval) {
    const lines = argumentLines(approval.arguments);
    const folded = lines > FOLDED_LINES && !this.#ui.sawAll;
    this.#arguments.classList.toggle("approval__arguments--folded", folded);
    this.#more.hidden = !folded;
    setText(this.#more,
      `The arguments have ${count(lines)} lines, not all are seen here: show all`);
    if (this.#drawnArguments === approval.arguments) return;
    this.#drawnArguments = approval.arguments;
    replaceChildren(
      this.#arguments,
      approval.arguments === undefined ? h("p", {}, "This call has no arguments.")
        : fullArguments(approval.arguments),
      hasInexactNumber(approval.arguments) && h("p", { className: "approval__inexact" },
        "A number is too large to be shown exactly: “JSON line” in the details copies it."),
    );
  }

  #hidesLines() {
    return !this.#more.hidden;
  }

  #cannot() {
    if (this.#tools.context.commands) return "";
    const where = this.#tools.context.feed?.state === "replay" ? "This is a replay" :
      "This page shows a record";
    return `${where}: nothing can be decided here.`;
  }

  #say(cannot, sending) {
    let text = cannot || this.#ui.error || "";
    if (sending) text = "Sent; waiting for the agent…";
    else if (!text && this.#hidesLines()) text = "Approve can be pressed when all lines are shown.";
    this.#status.classList.toggle("approval__status--bad", Boolean(this.#ui.error) && !sending);
    setText(this.#status, text);
  }

  #drawDecided({ state, by, note, reason }) {
    const known = Object.hasOwn(DECIDED, state);
    const [look, words] = known ? DECIDED[state] : ["cancelled", oneLine(String(state), 40)];
    const focused = this.element.contains(document.activeElement);
    const article = focused ? this.element.closest("article") : null;
    replaceChildren(
      this.element,
      h("span", { className: `state state--${look}` }, words),
      by && h("span", {}, ` by ${oneLine(by, 80)}`),
      note && h("span", { className: "approval__note" }, `: ${visible(note)}`),
      reason && h("span", { className: "approval__asked" }, ` (asked because: ${visible(reason)})`),
    );
    if (article) article.focus({ preventScroll: true });
  }

  #showAll() {
    this.#ui.sawAll = true;
    this.#onToggle();
    this.#redraw();
    this.#approve.focus();
  }

  #ask(denying) {
    if (this.#ui.sending) return;
    this.#ui.denying = denying;
    this.#redraw();
    (denying ? this.#reason : this.#deny).focus();
  }

  #redraw() {
    this.draw(this.#approval, this.#tool);
  }

  #reasonKey(event) {
    if (event.key === "Escape") {
      event.stopPropagation();
      this.#ask(false);
    } else if (event.key === "Enter" && !event.isComposing) {
      this.#send("deny");
    }
  }

  // Once, however often the button is pressed; again only after an error.
  async #send(what) {
    const { commands } = this.#tools.context;
    if (this.#ui.sending || !commands || this.#approval.state !== "pending") return;
    this.#ui.sending = true;
    this.#ui.error = "";
    this.#redraw();
    const id = this.#approval.approval_id;
    const answer = what === "approve" ? commands.approve(id)
      : commands.deny(id, this.#reason.value.trim());
    const { ok, error } = await Promise.resolve(answer).catch((failure) =>
      ({ ok: false, error: String(failure?.message ?? failure) }));
    if (ok) return;
    this.#ui.sending = false;
    this.#ui.error = visible(error || "The server did not take it.");
    this.#tools.context.announce(this.#ui.error);
    if (this.#approval.state === "pending") this.#redraw();
  }
}
