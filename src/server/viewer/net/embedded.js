// The session that an exported file carries: {"session": {…}, "events": […]}, one event in a line.

// null when the page was served; {session, lines} otherwise.
export function embeddedSession() {
  const element = document.getElementById("strandbus-data");
  if (element === null) return null;
  const { session, events } = JSON.parse(element.textContent);
  return { session: session ?? {}, events: Array.isArray(events) ? events : [] };
}
