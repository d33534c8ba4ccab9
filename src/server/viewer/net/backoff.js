// How long to wait before the next attempt to connect, and for whom waiting is no use.

const FIRST_MS = 250;
const MOST_MS = 8000;

// `failures` attempts in a row have failed; `random` is in [0, 1): not everybody comes back at once.
export function delayBefore(failures, random) {
  const ceiling = Math.min(MOST_MS, FIRST_MS * 2 ** Math.max(0, failures - 1));
  return Math.round(ceiling * (0.5 + random / 2));
}

// What a refused request means for who wants to follow a session.
export function verdict(status) {
  if (status === 401 || status === 403) return "unauthorized";
  if (status === 404) return "gone";
  return "retry";
}
