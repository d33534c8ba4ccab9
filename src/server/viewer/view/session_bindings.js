// The keys of a session's page and what they do.
import { toggleTheme } from "./theme.js";

export function sessionBindings(page) {
  const call = (name, ...values) => page.view?.[name]?.(...values);
  return [
    { keys: "j", label: "Next block or row", group: "Move", run: () => call("next") },
    { keys: "k", label: "Previous block or row", group: "Move", run: () => call("previous") },
    { keys: "g g", label: "To the beginning", group: "Move", run: () => call("top") },
    { keys: "G", label: "To the end", group: "Move", run: () => call("end") },
    { keys: "Enter", label: "Open or fold", group: "Move", run: () => call("toggle") },
    { keys: "Escape", label: "Close the details", group: "Move",
      run: () => page.context.go({ seq: null }) },
    { keys: "1", label: "Transcript", group: "Views", run: () => page.choose("transcript") },
    { keys: "2", label: "Timeline", group: "Views", run: () => page.choose("timeline") },
    { keys: "3", label: "Events", group: "Views", run: () => page.choose("events") },
    { keys: "/", label: "Search", group: "Find", run: () => page.parts.filter.focusSearch() },
    { keys: "f", label: "Filter", group: "Find", run: () => page.parts.filter.focusFilter() },
    { keys: "n", label: "Next match", group: "Find", run: () => call("nextMatch", 1) },
    { keys: "N", label: "Previous match", group: "Find", run: () => call("nextMatch", -1) },
    { keys: "m", label: "Write a message", group: "Steer", run: () => page.parts.composer?.focus?.() },
    { keys: "s", label: "Stop the run", group: "Steer", run: () => page.parts.composer?.focusStop?.() },
    { keys: "a", label: "To Approve of the call that waits", group: "Steer",
      run: () => page.focusApproval("approve") },
    { keys: "d", label: "To Deny of the call that waits", group: "Steer",
      run: () => page.focusApproval("deny") },
    { keys: "c", label: "Copy the selected event", group: "Other",
      run: () => page.parts.details.copyEvent() },
    { keys: "C", label: "Copy its run", group: "Other", run: () => page.parts.details.copyRun() },
    { keys: "+", label: "Zoom in", group: "Timeline", run: () => call("zoom", 1) },
    { keys: "-", label: "Zoom out", group: "Timeline", run: () => call("zoom", -1) },
    { keys: "0", label: "Show all of it", group: "Timeline", run: () => call("zoom", 0) },
    { keys: "r", label: "Replay, or end it", group: "Replay", run: () => page.toggleReplay() },
    { keys: " ", label: "Play or pause", group: "Replay", run: () => page.player?.toggle(),
      when: () => page.player !== null },
    { keys: "t", label: "Light or dark", group: "Other", run: () => toggleTheme() },
    { keys: "?", label: "This list", group: "Other", run: () => page.toggleSheet() },
  ];
}
