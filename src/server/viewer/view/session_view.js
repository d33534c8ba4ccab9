// One session: its header, the view that is chosen, the details of the selected event, and the field
// for messages. Draws at most once in a frame, whatever came in between.
import { Player } from "../model/player.js";
import { Session } from "../model/session.js";
import { commandsOf } from "../net/commands.js";
import { SessionFeed } from "../net/session_feed.js";
import { Composer } from "./composer.js";
import { button, h, replaceChildren, toggleClass } from "./dom.js";
import { EventDetails } from "./event_details.js";
import { EventsView } from "./events_view.js";
import { FilterBar } from "./filter_bar.js";
import { News } from "./news.js";
import { PlayerBar } from "./player_bar.js";
import { SessionHeader } from "./session_header.js";
import { sessionBindings } from "./session_bindings.js";
import { Shortcuts } from "./shortcuts.js";
import { Tabs } from "./tabs.js";
import { TimelineView } from "./timeline_view.js";
import { TranscriptView } from "./transcript_view.js";

const VIEWS = { transcript: TranscriptView, timeline: TimelineView, events: EventsView };
const NAMES = [["transcript", "Transcript"], ["timeline", "Timeline"], ["events", "Events"]];
const TICK_MS = 1000;

// What had the focus is gone: it goes to the first of these places that takes it.
function keepFocus(...places) {
  for (const focus of places) {
    if (document.activeElement === document.body) focus();
  }
}

export class SessionView {
  #tools;
  #embedded;
  #recorded; // what the feed fills; a replay fills another one
  #feed;
  #commands;
  #player = null;
  #context = null;
  #route;
  #frame = 0;
  #clock = 0;
  #views = {};
  #parts = {};
  #news;
  #shortcuts;
  #approvalWanted = "";
  #replayButton = null;
  #panel = h("div", { className: "session__view", role: "tabpanel", id: "session-view" });

  constructor(route, tools, embedded) {
    this.#route = route;
    this.#tools = tools;
    this.#recorded = new Session(route.session, String(embedded?.session.title ?? ""));
    this.#embedded = embedded;
    this.#feed = embedded
      ? { state: "file", detail: "", progress: null, stop() {} }
      : new SessionFeed(this.#recorded, () => this.#schedule());
    this.#commands = embedded
      ? undefined
      : commandsOf(route.session, () => this.#recorded.state.runs.some((run) => !run.depth));
    this.#news = new News(tools.announce);
    this.element = h("main", { className: "session" });
    this.#build();
    this.#shortcuts = new Shortcuts(sessionBindings(this));
  }

  start() {
    if (this.#embedded) {
      for (const event of this.#embedded.events) {
        this.#recorded.apply(event, JSON.stringify(event));
      }
      this.#schedule();
    } else {
      this.#feed.start();
    }
    this.#clock = setInterval(() => {
      if (this.#shown().state.runs.length > 0) this.#schedule();
    }, TICK_MS);
  }

  show(route) {
    this.#route = route;
    this.#schedule();
  }

  dispose() {
    cancelAnimationFrame(this.#frame);
    clearInterval(this.#clock);
    this.#feed.stop();
    this.#player?.pause();
    this.#shortcuts.dispose();
    for (const view of Object.values(this.#views)) view.dispose?.();
    for (const part of Object.values(this.#parts)) part.dispose?.();
  }

  // Not to the field for messages: there the keys would write.
  focus() {
    this.#parts.tabs.choose(this.#route.view);
    this.#parts.tabs.focus();
  }

  // What the keyboard and the buttons do.
  get view() {
    return this.#views[this.#route.view];
  }

  get parts() {
    return this.#parts;
  }

  get context() {
    return this.#context;
  }

  choose(view) {
    this.#tools.go({ view });
  }

  // The card of the approval that waits is in the transcript, whatever is shown now.
  focusApproval(which) {
    const pending = this.#shown().state.pending_approvals[0];
    if (!pending) {
      this.#tools.announce("Nothing waits for approval");
      return;
    }
    this.#tools.go({ view: "transcript" });
    this.#approvalWanted = which;
    this.#schedule();
  }

  toggleSheet() {
    this.#shortcuts.toggleSheet();
  }

  toggleReplay() {
    if (this.#player) {
      this.#player.pause();
      this.#player = null;
    } else {
      this.#player = new Player(this.#recorded, { onChange: () => this.#schedule() });
    }
    const hadFocus = this.element.contains(document.activeElement);
    this.#build();
    // Where Space plays and holds; on the other button it would end the replay.
    if (hadFocus) (this.#parts.player ?? this.#replayButton).focus();
    this.#player?.play();
    this.#schedule();
  }

  get player() {
    return this.#player;
  }

  #shown() {
    return this.#player ? this.#player.session : this.#recorded;
  }

  #build() {
    for (const view of Object.values(this.#views)) view.dispose?.();
    for (const part of Object.values(this.#parts)) part.dispose?.();
    this.#views = {};
    const owner = this;
    this.#context = {
      ...this.#tools,
      session: this.#shown(),
      player: this.#player,
      commands: this.#player ? undefined : this.#commands,
      back: this.#embedded ? undefined : () => this.#tools.go({ page: "sessions" }, { replace: false }),
      get route() {
        return owner.#route;
      },
      get feed() {
        return owner.#player ? { state: "replay", detail: "", progress: null } : owner.#feed;
      },
    };
    this.#parts = {
      header: new SessionHeader(this.#context, this.#buttons()),
      tabs: new Tabs(NAMES, "View", "session-view", (view) => this.choose(view)),
      filter: new FilterBar(this.#context),
      details: new EventDetails(this.#context),
    };
    if (this.#player) this.#parts.player = new PlayerBar(this.#context);
    else if (this.#commands) this.#parts.composer = new Composer(this.#context);
    const { header, tabs, filter, details, player, composer } = this.#parts;
    replaceChildren(
      this.element,
      header.element,
      h("div", { className: "session__bar" }, tabs.element, filter.element),
      h("div", { className: "session__body" }, this.#panel, details.element),
      player?.element,
      composer?.element,
    );
  }

  #buttons() {
    this.#replayButton = button(this.#player ? "End replay" : "Replay", () => this.toggleReplay(), {
      className: "icon-button",
      title: "Play the session again at a chosen speed",
    });
    return [
      this.#replayButton,
      button("Keys", () => this.toggleSheet(), {
        className: "icon-button session-header__keys",
        title: "All keys (?)",
      }),
    ];
  }

  #schedule() {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#frame = 0;
    const name = this.#route.view;
    if (!this.#views[name]) this.#views[name] = new VIEWS[name](this.#context);
    const view = this.#views[name];
    const hadFocus = this.#panel.contains(document.activeElement);
    if (this.#panel.firstChild !== view.element) {
      this.#panel.replaceChildren(view.element);
      this.#panel.setAttribute("aria-labelledby", `tab-${name}`);
    }
    this.#parts.tabs.choose(name);
    view.update();
    if (hadFocus) keepFocus(() => view.focusSelected?.(), () => this.#parts.tabs.focus());
    for (const part of Object.values(this.#parts)) part.update?.();
    if (this.#approvalWanted && view.focusApproval) {
      view.focusApproval(this.#approvalWanted);
      this.#approvalWanted = "";
    }
    toggleClass(this.element, "session--details", this.#route.seq !== null);
    this.#news.look(this.#shown(), this.#context.feed);
  }
}
