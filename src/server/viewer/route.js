// What the part of the address behind # says, and how it is written:
//   #/                                   the list of sessions
//   #/s/SESSION?view=timeline&seq=12&…   one session; the rest is the filter
// The address never holds a secret, so it can be given to others.
import { emptyFilter, formatFilter, parseFilter } from "./model/filter.js";

export const VIEWS = ["transcript", "timeline", "events"];

function parseSeq(text) {
  return /^[1-9][0-9]{0,15}$/.test(text ?? "") ? Number(text) : null;
}

export function parseRoute(hash) {
  const [path, query] = hash.replace(/^#/, "").split(/\?(.*)/s);
  const parts = path.split("/").filter(Boolean);
  if (parts[0] !== "s" || parts.length !== 2) return { page: "sessions" };
  let session = "";
  try {
    session = decodeURIComponent(parts[1]);
  } catch {
    return { page: "sessions" };
  }
  const parameters = new URLSearchParams(query ?? "");
  const view = parameters.get("view");
  return {
    page: "session",
    session,
    view: VIEWS.includes(view) ? view : "transcript",
    seq: parseSeq(parameters.get("seq")),
    filter: parseFilter(parameters),
  };
}

export function formatRoute(route) {
  if (route.page !== "session") return "#/";
  const parameters = new URLSearchParams();
  if (route.view && route.view !== "transcript") parameters.set("view", route.view);
  if (route.seq) parameters.set("seq", String(route.seq));
  for (const [key, value] of formatFilter(route.filter ?? emptyFilter())) {
    parameters.set(key, value);
  }
  const query = parameters.toString();
  return `#/s/${encodeURIComponent(route.session)}${query ? `?${query}` : ""}`;
}
