// The requests of the page. Each gives what the server answered or throws an ApiError that says in
// words what went wrong. The browser's cookie is the key; the page itself knows no secret.

export class ApiError extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

async function refusal(response) {
  let code = "";
  let message = `the server answered ${response.status}`;
  try {
    const { error } = await response.json();
    code = String(error?.code ?? "");
    message = String(error?.message ?? message);
  } catch {
    // an answer without a body of ours keeps the words above
  }
  return new ApiError(response.status, code, message);
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, { credentials: "same-origin", cache: "no-store", ...options });
  } catch (failure) {
    if (failure.name === "AbortError") throw failure;
    throw new ApiError(0, "unreachable", "the server cannot be reached");
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

async function post(path, body) {
  const response = await ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return response.json();
}

export function sessionPath(id) {
  return `/v1/sessions/${encodeURIComponent(id)}`;
}

export async function listSessions(limit, signal) {
  const response = await ask(`/v1/sessions?limit=${limit}`, { signal });
  const { sessions } = await response.json();
  return Array.isArray(sessions) ? sessions : [];
}

export function createSession(wanted) {
  return post("/v1/sessions", wanted);
}

export async function findSession(id, signal) {
  return (await ask(sessionPath(id), { signal })).json();
}

export async function fetchSnapshot(id, signal) {
  return (await ask(`${sessionPath(id)}/snapshot`, { signal })).json();
}

export function startRun(id, message, queue) {
  return post(`${sessionPath(id)}/runs`, queue ? { message, queue: true } : { message });
}

// A command is tried again under its id when the connection failed: it takes effect once.
export async function giveCommand(id, command) {
  const body = { id: crypto.randomUUID(), ...command };
  try {
    return await post(`${sessionPath(id)}/commands`, body);
  } catch (failure) {
    if (failure.status !== 0) throw failure;
    return post(`${sessionPath(id)}/commands`, body);
  }
}

// Calls onLines(lines) with the events up to now, behind `after`, as they arrive.
export async function readHistory(id, after, onLines, signal) {
  const response = await ask(`${sessionPath(id)}/events.jsonl?after=${after}`, { signal });
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop();
    if (lines.length > 0) onLines(lines);
    if (done) break;
  }
}
