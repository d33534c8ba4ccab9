// Buttons that copy the selected event and its run: as JSON, JSON Lines, a curl command or a link.
import { asCurl, asJson, asJsonArray, asJsonl, eventsOfRun } from "../model/copy.js";
import { button, h } from "./dom.js";

/// {element, show(event | null, raw), copyEvent(), copyRun()}
export function copyMenu(context) {
  let event = null;
  let raw = "";
  const small = (label, what, text) =>
    button(label, () => context.copy(text(), what), {
      className: "button details__copy",
      "aria-label": `Copy ${what}`,
    });
  const curl = (options) => asCurl(location.origin, context.session.id, options);
  const copyEvent = () => {
    if (event) context.copy(asJson(raw), "the event as JSON");
    else context.toast("No event is selected");
  };
  const hasRun = () => typeof event?.run_id === "string";
  const runLines = () => eventsOfRun(context.session.log, event.run_id);
  const copyRun = () => {
    if (hasRun()) context.copy(asJsonArray(runLines()), "the run as JSON");
    else context.toast(event ? "The selected event belongs to no run" : "No event is selected");
  };
  const ofEvent = [
    button("JSON", copyEvent, {
      className: "button details__copy",
      "aria-label": "Copy the event as JSON",
    }),
    small("JSON line", "the event as a JSON line", () => asJsonl([raw])),
  ];
  const ofRun = [
    button("JSON", copyRun, {
      className: "button details__copy",
      "aria-label": "Copy the run as JSON",
    }),
    small("JSONL", "the run as JSONL", () => asJsonl(runLines())),
  ];
  if (context.feed.state !== "file") {
    ofEvent.push(small("curl", "a curl command that gets the event", () =>
      `${curl({ after: event.seq - 1 })} | head -n 1`));
    ofRun.push(small("curl", "a curl command that gets the run", () =>
      curl({ run: event.run_id })));
  }
  ofEvent.push(small("Link", "a link to the event", () => context.address()));
  const runLine = h("div", { className: "details__copies" },
    h("span", { className: "details__label" }, "Copy the run"), ofRun);
  const element = h("div", {},
    h("div", { className: "details__copies" },
      h("span", { className: "details__label" }, "Copy the event"), ofEvent),
    runLine);
  const show = (selected, line) => {
    event = selected;
    raw = line;
    element.hidden = event === null;
    runLine.hidden = !hasRun();
  };
  return { element, show, copyEvent, copyRun };
}
