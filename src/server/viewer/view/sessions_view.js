// The list of sessions, newest first. It asks again every few seconds while somebody looks.
import { createSession, listSessions } from "../net/api.js";
import { day, oneLine, visible } from "../model/format.js";
import { button, h, replaceChildren, setText } from "./dom.js";

const PERIOD_MS = 4000;
const MOST = 500;
const TITLE_LENGTH = 120;

function sessionState(session) {
  if (session.running) return "running";
  return session.queued > 0 ? "pending" : "idle";
}

function sessionTitle(session) {
  return oneLine(visible(String(session.title || session.id)), TITLE_LENGTH);
}

export class SessionsView {
  #tools;
  #list = h("ul", { className: "sessions__list" });
  #note = h("p", { className: "sessions__note" });
  #abort = new AbortController();
  #timer = 0;
  #shown = "";
  #current = "";
  #sessions = [];
  #onVisible = () => this.#load();

  constructor(tools) {
    this.#tools = tools;
    this.element = h(
      "nav",
      { className: "sessions", "aria-label": "Sessions" },
      h(
        "div",
        { className: "sessions__head" },
        h("h1", { className: "sessions__title" }, "strandbus"),
        button("New session", () => this.#tools.go({ page: "sessions" }, { replace: false }), {
          className: "button sessions__new",
        }),
      ),
      this.#list,
      this.#note,
    );
  }

  start() {
    document.addEventListener("visibilitychange", this.#onVisible);
    this.#load();
  }

  show(route) {
    this.#current = route.page === "session" ? route.session : "";
    this.#draw();
  }

  dispose() {
    this.#abort.abort();
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.#onVisible);
  }

  async #load() {
    clearTimeout(this.#timer);
    if (document.visibilityState === "hidden") return;
    try {
      this.#sessions = await listSessions(MOST, this.#abort.signal);
      setText(this.#note, this.#sessions.length === 0 ? "No session yet" : "");
    } catch (failure) {
      if (failure.name === "AbortError") return;
      setText(this.#note, `The list cannot be read: ${failure.message}`);
    }
    this.#draw();
    this.#timer = setTimeout(() => this.#load(), PERIOD_MS);
  }

  #draw() {
    const looks = JSON.stringify([this.#sessions, this.#current]);
    if (looks === this.#shown) return;
    this.#shown = looks;
    const focused = this.element.contains(document.activeElement)
      ? document.activeElement.dataset.session
      : undefined;
    replaceChildren(this.#list, this.#sessions.map((session) => this.#row(session)));
    for (const link of focused ? this.#list.querySelectorAll("button") : []) {
      if (link.dataset.session === focused) link.focus();
    }
  }

  #row(session) {
    const state = sessionState(session);
    const current = session.id === this.#current;
    return h(
      "li",
      {},
      h(
        "button",
        {
          type: "button",
          className: `sessions__row${current ? " sessions__row--current" : ""}`,
          dataset: { session: String(session.id) },
          "aria-current": current ? "page" : undefined,
          onclick: () =>
            this.#tools.go({ page: "session", session: String(session.id), seq: null, view: "" }, {
              replace: false,
            }),
        },
        h("span", { className: "sessions__name" }, sessionTitle(session)),
        h(
          "span",
          { className: "sessions__facts" },
          h("span", { className: `state state--${state}` }, state),
          h("span", {}, day(Date.parse(session.updated_at))),
        ),
      ),
    );
  }
}

// What the page shows beside the list when no session is chosen: how to begin one.
export class WelcomeView {
  #tools;
  #text = h("textarea", {
    className: "field welcome__text",
    id: "welcome-text",
    rows: 3,
    placeholder: "Calculate 2+2",
    onkeydown: (event) => this.#key(event),
  });
  #error = h("p", { className: "welcome__error", role: "alert" });
  #send = button("Start", () => this.#start(), { className: "button button--primary" });

  constructor(tools) {
    this.#tools = tools;
    this.element = h(
      "main",
      { className: "welcome" },
      h("h2", { className: "welcome__title" }, "Start a run"),
      h("label", { htmlFor: "welcome-text" }, "What shall the agent do?"),
      this.#text,
      h("div", { className: "welcome__actions" }, this.#send),
      this.#error,
      h(
        "p",
        { className: "welcome__hint" },
        "Or choose a session from the list to see what an agent did, what it cost and where the time went.",
      ),
    );
  }

  start() {
    this.#text.focus();
  }

  show() {}

  dispose() {}

  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#start();
  }

  async #start() {
    const message = this.#text.value.trim() || this.#text.placeholder;
    this.#send.disabled = true;
    setText(this.#error, "");
    try {
      const session = await createSession({ message });
      this.#tools.go({ page: "session", session: session.id, seq: null }, { replace: false });
    } catch (failure) {
      setText(this.#error, failure.message);
    } finally {
      this.#send.disabled = false;
    }
  }
}
