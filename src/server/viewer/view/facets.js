// What there is to filter by: the values that occur in a log, with how often. Looks at each event
// once.
import { scopeOf, statusOf } from "../model/event.js";

function add(counts, value) {
  if (typeof value !== "string" || value === "") return;
  counts.set(value, (counts.get(value) ?? 0) + 1);
}

export class Facets {
  #log;
  #first;
  #next = 0;
  #counts = new Map();

  constructor(log) {
    this.#log = log;
    this.#clear();
  }

  #clear() {
    this.#next = 0;
    this.#first = this.#log.at(0);
    for (const name of ["types", "scopes", "statuses", "agents", "tools"]) {
      this.#counts.set(name, new Map());
    }
  }

  /// [[value, count]…] of types, scopes, statuses, agents or tools, the most frequent first.
  values(name) {
    this.#look();
    const counts = [...(this.#counts.get(name) ?? [])];
    return counts.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  }

  #look() {
    const log = this.#log;
    if (log.size < this.#next || log.at(0) !== this.#first) this.#clear();
    for (; this.#next < log.size; ++this.#next) {
      const event = log.at(this.#next);
      add(this.#counts.get("types"), event.type);
      add(this.#counts.get("scopes"), scopeOf(event));
      add(this.#counts.get("statuses"), statusOf(event));
      add(this.#counts.get("agents"), event.agent);
      add(this.#counts.get("tools"), event.data?.tool_name);
    }
  }
}
