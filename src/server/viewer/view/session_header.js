// The top of a session: its title, what it is doing, what it has used so far, and the connection.
import { cost, count, duration, oneLine, tokens, visible } from "../model/format.js";
import { button, h, replaceChildren, setText } from "./dom.js";
import { runChoices } from "./run_choices.js";

const TITLE_LENGTH = 200;

const FEED_WORDS = {
  loading: "loading",
  live: "live",
  reconnecting: "reconnecting",
  closed: "closed",
  file: "file",
  replay: "replay",
  unauthorized: "login ended",
  gone: "not on the server",
};
const FEED_STATES = {
  loading: "running",
  live: "completed",
  reconnecting: "waiting",
  unauthorized: "failed",
  gone: "failed",
};

// What the whole session is doing: [state, words].
function activity(state) {
  if (state.pending_approvals.length > 0) return ["waiting", "waiting for approval"];
  const run = state.runs.find((one) => !one.depth) ?? state.runs[0];
  if (run) {
    const tool = state.running_tools[0];
    if (tool) return ["running", `running ${oneLine(visible(String(tool.tool_name)), 40)}`];
    return ["running", String(run.status ?? "running").replace("_", " ")];
  }
  const last = state.ended_runs.at(-1);
  return last ? [last.state, String(last.state)] : ["idle", "no run yet"];
}

/// What the runs of the session have cost, as far as it was told.
export function costText({ cost: dollars, unpriced, open }) {
  if (dollars !== null) {
    return `${cost(dollars)}${unpriced > 0 ? " + unpriced" : ""}${open > 0 ? " so far" : ""}`;
  }
  if (unpriced > 0) return "unknown";
  return open > 0 ? "not known yet" : "none yet";
}

function fact(name, value, title) {
  return h("div", { className: "fact", title }, h("dt", {}, name), h("dd", {}, value));
}

export class SessionHeader {
  #context;
  #title = h("h1", { className: "session-header__title" });
  #state = h("span", { className: "state" });
  #feed = h("span", { className: "state session-header__feed" });
  #detail = h("span", { className: "session-header__detail" });
  #progress = h("progress", { className: "session-header__progress", max: 1, hidden: true,
    "aria-label": "Loading the past of the session" });
  #gaps = button("", () => this.#nextGap(), { className: "icon-button session-header__gaps", hidden: true });
  #facts = h("dl", { className: "session-header__facts" });
  #runs = h("select", { className: "field session-header__runs", "aria-label": "Go to a run",
    onchange: () => this.#chooseRun() });
  #drawn = "";
  #runsDrawn = "";
  #gapIndex = 0;

  constructor(context, buttons) {
    this.#context = context;
    this.element = h(
      "header",
      { className: "session-header" },
      h(
        "div",
        { className: "session-header__line" },
        context.back &&
          button("‹ Sessions", context.back, {
            className: "icon-button session-header__back",
            "aria-label": "Back to the sessions",
          }),
        this.#title,
        this.#state,
        h("span", { className: "session-header__space" }),
        this.#feed,
        this.#detail,
        this.#progress,
        this.#gaps,
        buttons,
      ),
      h("div", { className: "session-header__line" }, this.#facts, this.#runs),
    );
  }

  update() {
    const { session, feed } = this.#context;
    const state = session.state;
    const key = `${session.version}|${feed.state}|${feed.detail}|${feed.progress}|${this.#ticking(state)}`;
    if (key === this.#drawn) return;
    this.#drawn = key;
    const title = oneLine(visible(String(session.title)), TITLE_LENGTH);
    setText(this.#title, title);
    if (document.title !== `${title} – strandbus`) document.title = `${title} – strandbus`;
    const [kind, words] = activity(state);
    this.#say(this.#state, kind, words);
    this.#say(this.#feed, FEED_STATES[feed.state] ?? "idle", FEED_WORDS[feed.state] ?? feed.state);
    setText(this.#detail, feed.detail);
    this.#progress.hidden = feed.progress === null || feed.progress === undefined;
    if (!this.#progress.hidden) this.#progress.value = feed.progress;
    this.#drawGaps(session.missed);
    this.#drawFacts(session);
    this.#drawRuns(session);
  }

  #ticking(state) {
    return state.runs.length > 0 ? Math.floor(Date.now() / 1000) : 0;
  }

  #say(element, kind, words) {
    const wanted = element === this.#feed ? `state session-header__feed state--${kind}` : `state state--${kind}`;
    if (element.className !== wanted) element.className = wanted;
    setText(element, words);
  }

  #drawGaps(missed) {
    this.#gaps.hidden = missed === 0;
    if (missed > 0) setText(this.#gaps, `⚠ ${count(missed)} event${missed === 1 ? "" : "s"} missing`);
  }

  #nextGap() {
    const { session, go } = this.#context;
    const { log } = session;
    const places = log.gaps.map((gap) => gap.after + gap.missed + 1);
    if (session.missed > log.missed) places.push(log.last_seq); // in front of the gap at the end
    if (log.size > 0) go({ seq: places[this.#gapIndex++ % places.length] });
  }

  #drawFacts(session) {
    const totals = session.spans.totals();
    replaceChildren(
      this.#facts,
      fact("Runs", count(totals.runs), "with those inside of others: sub-agents, background tasks"),
      fact("Model requests", count(totals.llm_calls)),
      fact("Tool calls", count(totals.tool_calls)),
      fact("Tokens", tokens(totals.total), `${count(totals.prompt)} in, ${count(totals.completion)} out`),
      fact("Cost", costText(totals)),
      fact("Time", duration(totals.duration_ms), "in which a run or a workflow was under way, waiting " +
        "for approvals included; what goes on at the same time counts once"),
    );
  }

  #drawRuns(session) {
    const { label, runs } = runChoices(session.state);
    const key = JSON.stringify([label, runs]);
    this.#runs.hidden = runs.length < 2;
    if (key === this.#runsDrawn) return;
    this.#runsDrawn = key;
    replaceChildren(
      this.#runs,
      h("option", { value: "" }, label),
      runs.map(({ run_id, name }) => h("option", { value: run_id }, name)),
    );
  }

  #chooseRun() {
    const { session, go } = this.#context;
    const span = session.spans.all.find((one) => one.kind === "run" && one.run_id === this.#runs.value);
    this.#runs.value = "";
    if (span) go({ seq: span.seq });
  }
}
