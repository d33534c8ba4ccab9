// Follows one session: the state of now first (snapshot), then its past and, from the snapshot on,
// what comes, over a WebSocket that is opened again behind the last event after every cut.
import { fetchSnapshot, findSession, readHistory, sessionPath } from "./api.js";
import { delayBefore, verdict } from "./backoff.js";

// A tab that nobody looks at stops trying after so many failures, until it is looked at.
const PATIENCE_HIDDEN = 4;

function parse(line) {
  try {
    const value = JSON.parse(line);
    return value !== null && typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

function socketAddress(id, after) {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${location.host}${sessionPath(id)}/ws?after=${after}`;
}

export class SessionFeed {
  #session;
  #onChange;
  #socket = null;
  #abort = new AbortController();
  #timer = 0;
  #failures = 0;
  #waiting = []; // what came over the socket before the past was there
  #pastIsThere = false;
  #load = 0; // counts the loads of the past: only the newest one has a say
  #resume = 0; // the socket is opened behind this seq
  #due = false; // an attempt to connect is to be made
  #closed = false;
  #onWake = () => this.#wake();

  state = "loading";
  detail = "";
  progress = null; // 0 … 1 while the past is loaded

  // onChange() is called whenever the session or the feed has changed.
  constructor(session, onChange) {
    this.#session = session;
    this.#onChange = onChange;
    addEventListener("online", this.#onWake);
    document.addEventListener("visibilitychange", this.#onWake);
  }

  async start() {
    const load = ++this.#load;
    try {
      const snapshot = await fetchSnapshot(this.#session.id, this.#abort.signal);
      if (load !== this.#load) return;
      this.#session.applySnapshot(snapshot);
      this.#resume = Number(snapshot.last_seq) || 0;
      this.#onChange();
      this.#connect();
      await this.#loadPast(this.#resume, load);
    } catch (failure) {
      if (load === this.#load) this.#failed(failure);
    }
  }

  stop() {
    this.#closed = true;
    this.#abort.abort();
    clearTimeout(this.#timer);
    removeEventListener("online", this.#onWake);
    document.removeEventListener("visibilitychange", this.#onWake);
    this.#socket?.close();
  }

  #set(state, detail = "") {
    if (this.#closed) return;
    this.state = state;
    this.detail = detail;
    this.#onChange();
  }

  async #loadPast(until, load) {
    const session = this.#session;
    const onLines = (lines) => {
      for (const line of lines) {
        if (load !== this.#load) return;
        this.#take(line);
      }
      this.progress = until > 0 ? Math.min(1, session.log.last_seq / until) : null;
      this.#onChange();
    };
    await readHistory(session.id, session.log.last_seq, onLines, this.#abort.signal);
    if (load !== this.#load) return;
    this.#pastIsThere = true;
    this.progress = null;
    for (const line of this.#waiting.splice(0)) this.#take(line);
    if (this.#socket?.readyState === WebSocket.OPEN) this.#set("live");
    this.#onChange();
  }

  #take(line) {
    if (line === "") return;
    const value = parse(line);
    if (value === null) return;
    if (value._type === "gap") {
      this.#session.gap(Number(value.after) || 0, Number(value.missed) || 0);
    } else if (value._type === "reset") {
      this.#begin();
    } else if (value._type === undefined) {
      this.#session.apply(value, line);
      if (value.seq > this.#resume) this.#resume = value.seq;
    }
  }

  // The server has another history than the one that is shown: everything is loaded anew.
  #begin() {
    this.#session.reset();
    this.#waiting = [];
    this.#pastIsThere = false;
    this.#resume = 0;
    this.#socket?.close();
    this.#set("loading", "The server began a new history of this session");
    this.start();
  }

  #connect() {
    if (this.#closed) return;
    this.#socket?.close();
    const socket = new WebSocket(socketAddress(this.#session.id, this.#resume));
    this.#socket = socket;
    socket.onmessage = (message) => this.#message(socket, message.data);
    socket.onclose = (closing) => this.#lost(socket, closing);
  }

  #message(socket, line) {
    if (socket !== this.#socket || typeof line !== "string") return;
    if (line.startsWith('{"_type":"hello"')) {
      this.#failures = 0;
      if (this.#pastIsThere) this.#set("live");
      return;
    }
    if (this.#pastIsThere) this.#take(line);
    else this.#waiting.push(line);
    this.#onChange();
  }

  async #lost(socket, closing) {
    if (this.#closed || socket !== this.#socket) return;
    this.#socket = null;
    this.#failures += 1;
    if (closing.code === 1000 || closing.code === 1001) this.#failures = 1;
    this.#set("reconnecting", "The connection was cut");
    // A browser does not say why a WebSocket was refused; a plain request does.
    try {
      await findSession(this.#session.id, this.#abort.signal);
      this.#later();
    } catch (failure) {
      this.#failed(failure);
    }
  }

  #failed(failure) {
    if (this.#closed || failure.name === "AbortError") return;
    const what = verdict(failure.status ?? 0);
    if (what === "unauthorized") {
      this.#set("unauthorized", "The login has ended: open a new link (strandbus link)");
    } else if (what === "gone") {
      this.#set("gone", "This session is not on the server");
    } else {
      this.#failures += 1;
      this.#set("reconnecting", failure.message);
      this.#later();
    }
  }

  #later() {
    clearTimeout(this.#timer);
    this.#due = true;
    this.#timer = setTimeout(() => this.#wake(), delayBefore(this.#failures, Math.random()));
  }

  // Also called when the network is back or the tab is looked at: then nobody waits.
  #wake() {
    const nobodyLooks = document.visibilityState === "hidden" && this.#failures > PATIENCE_HIDDEN;
    if (!this.#due || nobodyLooks) return;
    clearTimeout(this.#timer);
    this.#due = false;
    if (this.#pastIsThere) this.#connect();
    else this.start();
  }
}
