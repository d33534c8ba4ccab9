// Which events, blocks and spans are shown. Empty lists, texts and bounds do not restrict; several
// values of one criterion mean any of them, several criteria all of them. `text` is found in any
// letter case. In the URL a list is one value with commas; a comma or percent sign within an
// element is percent-encoded.

import { EVENT_TYPES, scopeOf, scopeOfType, statusOf, timeOf, typeOf } from "./event.js";
import { objectOf, textOf } from "./values.js";

const LISTS = [
  ["type", "types"],
  ["scope", "scopes"],
  ["status", "statuses"],
  ["agent", "agents"],
  ["tool", "tools"],
];

export function emptyFilter() {
  return {
    types: [],
    scopes: [],
    statuses: [],
    agents: [],
    tools: [],
    run: "",
    text: "",
    from: null,
    to: null,
  };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function listFrom(values) {
  const elements = values.flatMap((value) => value.split(",")).map(decoded);
  return [...new Set(elements.filter((element) => element !== ""))];
}

function timeFrom(text) {
  if (text === null || text.trim() === "") return null;
  const ms = Number(text);
  return Number.isFinite(ms) ? ms : null;
}

/// From the parameters of a URL; what cannot be understood does not restrict.
export function parseFilter(params) {
  const filter = emptyFilter();
  for (const [key, member] of LISTS) filter[member] = listFrom(params.getAll(key));
  filter.run = params.get("run") ?? "";
  filter.text = params.get("q") ?? "";
  filter.from = timeFrom(params.get("from"));
  filter.to = timeFrom(params.get("to"));
  return filter;
}

function escaped(element) {
  return element.replaceAll("%", "%25").replaceAll(",", "%2C");
}

/// As parameters [[key, value]…]; nothing for what does not restrict.
export function formatFilter(filter) {
  const params = [];
  for (const [key, member] of LISTS) {
    if (filter[member].length > 0) params.push([key, filter[member].map(escaped).join(",")]);
  }
  if (filter.run !== "") params.push(["run", filter.run]);
  if (filter.text !== "") params.push(["q", filter.text]);
  if (filter.from !== null) params.push(["from", String(filter.from)]);
  if (filter.to !== null) params.push(["to", String(filter.to)]);
  return params;
}

export function isEmpty(filter) {
  return formatFilter(filter).length === 0;
}

const PATTERNS = new WeakMap(); // filter -> {text, pattern, raw}

function patternOf(text) {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"), "iu");
}

function wellFormed(text) {
  return text.replace(/\p{Surrogate}/gu, "\uFFFD");
}

/// `pattern` finds the text as it is, `raw` as it stands within a line of JSON.
function patternsOf(filter) {
  let known = PATTERNS.get(filter);
  if (known?.text !== filter.text) {
    const text = wellFormed(filter.text);
    known = {
      text: filter.text,
      pattern: patternOf(text),
      raw: patternOf(JSON.stringify(text).slice(1, -1)),
    };
    PATTERNS.set(filter, known);
  }
  return known;
}

function allows(list, value) {
  return list.length === 0 || list.includes(value);
}

/// Whether any of the types is wanted, and any has a wanted scope.
function allowsTypes(filter, types) {
  if (filter.types.length > 0 && !filter.types.some((type) => types.has(type))) return false;
  if (filter.scopes.length === 0) return true;
  for (const type of types) {
    if (filter.scopes.includes(scopeOfType(type))) return true;
  }
  return false;
}

function allowsTime(filter, start, end) {
  return (
    (filter.from === null || end === null || end >= filter.from) &&
    (filter.to === null || start <= filter.to)
  );
}

/// `raw` is the event's line, in which the text is looked for.
export function matchesEvent(filter, event, raw) {
  if (
    !allows(filter.types, typeOf(event)) ||
    !allows(filter.scopes, scopeOf(event)) ||
    !allows(filter.statuses, statusOf(event)) ||
    !allows(filter.agents, textOf(event.agent))
  ) {
    return false;
  }
  if (filter.run !== "" && event.run_id !== filter.run) return false;
  if (filter.tools.length > 0) {
    const data = objectOf(event.data);
    if (!filter.tools.includes(textOf(data.tool_name))) return false;
  }
  if (filter.from !== null || filter.to !== null) {
    const ts = timeOf(event);
    if (!allowsTime(filter, ts, ts)) return false;
  }
  return filter.text === "" || patternsOf(filter).raw.test(raw);
}

function matchesPlace(filter, one, start, end) {
  return (
    allowsTypes(filter, one.types) &&
    allows(filter.statuses, one.status) &&
    allows(filter.agents, one.agent) &&
    allows(filter.tools, one.tool_name ?? "") &&
    (filter.run === "" || one.run_id === filter.run) &&
    allowsTime(filter, start, end)
  );
}

export function matchesBlock(filter, block) {
  return (
    matchesPlace(filter, block, block.ts, block.end) &&
    (filter.text === "" || patternsOf(filter).pattern.test(block.text()))
  );
}

/// The text is looked for in the name, the tool and the agent.
export function matchesSpan(filter, span) {
  return (
    matchesPlace(filter, span, span.start, span.end) &&
    (filter.text === "" ||
      patternsOf(filter).pattern.test(`${span.name}\n${span.tool_name ?? ""}\n${span.agent}`))
  );
}

/// The types of a scope, for menus.
export function typesOfScope(scope) {
  return [...EVENT_TYPES].filter(([, about]) => about.scope === scope).map(([type]) => type);
}
