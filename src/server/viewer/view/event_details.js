// The panel of the selected event: what it says, all of its members, and what can be copied. On
// narrow screens it is a line at the bottom that opens as an overlay; the style sheet decides.
import { scopeOf, statusOf, timeOf } from "../model/event.js";
import { bytes, clock, day, oneLine } from "../model/format.js";
import { anyText } from "../model/values.js";
import { copyMenu } from "./copy_menu.js";
import { button, h, replaceChildren, setText } from "./dom.js";
import { matchesOf } from "./event_matches.js";
import { jsonTree } from "./json_tree.js";
import { sinceStart } from "./time_scale.js";

const OPEN = "strandbus-details";

/// Asks for the panel of the selected event; focus: whether the keyboard goes there.
export function openDetails(from, { focus = true } = {}) {
  from.dispatchEvent(new CustomEvent(OPEN, { bubbles: true, detail: { focus } }));
}

function sizeOf(raw) {
  return new TextEncoder().encode(raw).length;
}

export class EventDetails {
  #context;
  #copy;
  #drawn = "";
  #open = false; // as an overlay
  #cameFrom = null;
  #title = h("h2", { className: "details__title", tabIndex: -1, id: "details-title" });
  #state = h("span", { className: "state" });
  #facts = h("dl", { className: "details__facts" });
  #tree = h("div", { className: "details__tree" });
  #body = h("div", { className: "details__body" });
  #expand;
  #onOpen = (event) => this.#opened(event.detail?.focus ?? true);

  constructor(context) {
    this.#context = context;
    this.#copy = copyMenu(context);
    this.#expand = button("Details", () => this.#opened(true), {
      className: "button details__expand",
      "aria-expanded": "false",
    });
    this.#body.append(this.#facts, this.#copy.element, this.#tree);
    this.element = h("section", {
      className: "details",
      role: "complementary",
      hidden: true,
      "aria-labelledby": "details-title",
      onkeydown: (event) => this.#key(event),
    }, this.#head(), this.#body);
    document.addEventListener(OPEN, this.#onOpen);
  }

  dispose() {
    document.removeEventListener(OPEN, this.#onOpen);
  }

  update() {
    const { route, session } = this.#context;
    const known = route.seq === null ? undefined : session.log.bySeq(route.seq);
    const key = `${route.seq}|${known !== undefined}|${route.filter?.text ?? ""}`;
    if (key === this.#drawn) return;
    this.#drawn = key;
    this.element.hidden = route.seq === null;
    if (route.seq === null) this.#drawNothing();
    else if (known) this.#draw(known.event, known.raw);
    else this.#drawMissing(route.seq);
  }

  copyEvent() {
    this.update(); // the event may have been selected in this frame
    this.#copy.copyEvent();
  }

  copyRun() {
    this.update();
    this.#copy.copyRun();
  }

  focusSelected() {
    this.#opened(true);
  }

  #head() {
    const icon = (label, text, run) =>
      button(text, run, { className: "icon-button", "aria-label": label, title: label });
    return h("div", { className: "details__head" },
      h("div", { className: "details__names" }, this.#title, this.#state),
      this.#expand,
      icon("Previous event", "‹", () => this.#go(-1)),
      icon("Next event", "›", () => this.#go(1)),
      icon("Close the details", "✕", () => this.#close()));
  }

  #draw(event, raw) {
    const { session, route } = this.#context;
    setText(this.#title, oneLine(anyText(event.type), 80) || "event");
    const status = statusOf(event);
    this.#state.className = `state state--${status}`;
    setText(this.#state, status);
    this.#state.hidden = status === "running"; // as most are: it says nothing
    const time = timeOf(event);
    const start = timeOf(session.log.at(0));
    replaceChildren(this.#facts,
      this.#fact("Event", `${event.seq}`),
      this.#fact("Time", `${day(time)} ${clock(time)}`),
      this.#fact("Since start", sinceStart(time - start)),
      this.#fact("Scope", scopeOf(event)),
      this.#fact("Agent", event.agent),
      this.#fact("Run", event.run_id, { run: anyText(event.run_id) }),
      this.#fact("Turn", event.turn),
      this.#fact("Model", event.model_id),
      this.#fact("Span", event.span_id),
      this.#fact("Parent span", event.parent_span_id),
      this.#fact("Size", bytes(sizeOf(raw))));
    this.#copy.show(event, raw);
    this.#drawTree(event, route.filter?.text ?? "");
  }

  #drawTree(event, search) {
    const { data, ...envelope } = event;
    const whole = h("details", { className: "details__envelope" },
      h("summary", {}, "Envelope"), jsonTree(envelope, search));
    const members = data && typeof data === "object" && Object.keys(data).length > 0;
    replaceChildren(this.#tree,
      h("h3", { className: "details__heading" }, "Data"),
      members || typeof data === "string" ? jsonTree(data, search) :
        h("p", { className: "details__none" }, "The event holds no more than its type."),
      whole);
    this.#body.scrollTop = 0;
  }

  #drawMissing(seq) {
    const { log } = this.#context.session;
    setText(this.#title, `Event ${seq}`);
    this.#state.hidden = true;
    replaceChildren(this.#facts);
    this.#copy.show(null, "");
    const later = seq > log.last_seq;
    replaceChildren(this.#tree, h("p", { className: "details__none" },
      later ? "This event has not come yet." : "This event is missing here: it was never seen."));
  }

  #drawNothing() {
    this.#copy.show(null, "");
    this.#shut();
  }

  #fact(name, value, filter) {
    if (value === undefined || value === null || value === "") return null;
    const text = oneLine(anyText(value), 200);
    const only = filter && button("only this", () => this.#only(filter), {
      className: "details__only",
      "aria-label": `Show only this ${name.toLowerCase()}`,
    });
    return [h("dt", {}, name), h("dd", { title: text }, h("span", {}, text), only)];
  }

  #only(change) {
    const { route, go } = this.#context;
    go({ filter: { ...route.filter, ...change } });
  }

  #go(step) {
    const { route, session, go } = this.#context;
    const matches = matchesOf(session.log);
    matches.setFilter(route.filter);
    matches.advance(Infinity);
    const seq = matches.neighbour(route.seq, step);
    if (seq !== null) go({ seq });
  }

  // The style sheet says whether the panel lies over the page.
  get #overlay() {
    return getComputedStyle(this.element).getPropertyValue("--details-overlay").trim() === "yes";
  }

  #opened(focus) {
    if (this.#context.route.seq === null) return;
    // The selection may be drawn in the next frame only.
    this.element.hidden = false;
    const overlay = this.#overlay;
    if (!this.element.contains(document.activeElement)) this.#cameFrom = document.activeElement;
    if (overlay) this.#setOpen(true);
    if (overlay || focus) this.#title.focus({ preventScroll: true });
  }

  #setOpen(open) {
    this.#open = open;
    this.element.classList.toggle("details--open", open);
    this.#expand.setAttribute("aria-expanded", String(open));
    this.element.setAttribute("role", open ? "dialog" : "complementary");
    if (open) this.element.setAttribute("aria-modal", "true");
    else this.element.removeAttribute("aria-modal");
  }

  #shut() {
    const inside = this.element.contains(document.activeElement);
    if (this.#open) this.#setOpen(false);
    if (inside || document.activeElement === document.body) this.#cameFrom?.focus?.();
    this.#cameFrom = null;
  }

  #close() {
    this.#shut();
    this.#context.go({ seq: null });
  }

  #key(event) {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      if (this.#open) this.#shut();
      else this.#close();
    } else if (event.key === "Tab" && this.#open) {
      this.#keepInside(event);
    }
  }

  #keepInside(event) {
    const stops = [...this.element.querySelectorAll("button, summary, [tabindex='0']")]
      .filter((one) => one.checkVisibility?.() ?? one.offsetParent !== null);
    const edge = event.shiftKey ? stops[0] : stops.at(-1);
    const outside = event.shiftKey && document.activeElement === this.#title;
    if (document.activeElement !== edge && !outside) return;
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops[0])?.focus();
  }
}
