// What is put on the clipboard: an event as JSON, events as a JSON array or as JSON Lines, a command
// that gets them.

function parsed(raw) {
  try {
    return JSON.parse(raw);
  } catch {
    return undefined;
  }
}

/// One event, pretty; its line as it is where it cannot be read.
export function asJson(raw) {
  const text = typeof raw === "string" ? raw : (JSON.stringify(raw) ?? "");
  const event = parsed(text);
  return event === undefined ? text : JSON.stringify(event, null, 2);
}

/// An array with a line for each; every event as it came, so that no digit of a number changes.
export function asJsonArray(raws) {
  const lines = Array.from(raws);
  return lines.length === 0 ? "[]\n" : `[\n${lines.join(",\n")}\n]\n`;
}

/// One line for each.
export function asJsonl(raws) {
  return Array.from(raws, (raw) => `${raw}\n`).join("");
}

/// The text as one word of a POSIX shell, whatever it holds but NUL, which no word can hold.
function shellQuoted(text) {
  return `'${text.replaceAll("\0", "").replaceAll("'", "'\\''")}'`;
}

function wellFormed(text) {
  return text.replace(/\p{Surrogate}/gu, "\uFFFD");
}

/// A command that gets the events of a session; the token is taken from the variable TOKEN.
/// `after`: only what came later than this seq; `run`: only what belongs to this run.
export function asCurl(origin, session_id, { after, run } = {}) {
  const query = [];
  if (Number.isSafeInteger(after)) query.push(`after=${after}`);
  if (run) query.push(`run=${encodeURIComponent(wellFormed(String(run)))}`);
  const id = encodeURIComponent(wellFormed(String(session_id)));
  const url =
    `${origin}/v1/sessions/${id}/events.jsonl${query.length > 0 ? "?" : ""}` + query.join("&");
  return (
    `curl --fail --silent --show-error --header "Authorization: Bearer $TOKEN" ` + shellQuoted(url)
  );
}

/// The lines of all events of a run, without those of its sub-agents.
export function eventsOfRun(log, run_id) {
  const raws = [];
  for (let i = 0; i < log.size; ++i) {
    if (log.at(i).run_id === run_id) raws.push(log.rawAt(i));
  }
  return raws;
}
