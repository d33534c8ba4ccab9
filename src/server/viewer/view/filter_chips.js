// The filters that are on, one by one: what each says and the filter without it. Pure functions.
import { timeOf } from "../model/event.js";
import { oneLine } from "../model/format.js";
import { sinceStart } from "./time_scale.js";

const LENGTH = 40;

/// The lists of a filter: member -> its name for people.
export const LISTS = [
  ["types", "Type"],
  ["scopes", "Scope"],
  ["statuses", "Status"],
  ["agents", "Agent"],
  ["tools", "Tool"],
];

/// The filter with the value put into the list, or taken out where it is in already.
export function toggled(filter, list, value) {
  const values = filter[list] ?? [];
  const others = values.filter((one) => one !== value);
  return { ...filter, [list]: others.length < values.length ? others : [...values, value] };
}

function timeText(ms, log) {
  return sinceStart(ms - timeOf(log.at(0))) || new Date(ms).toISOString();
}

/// [{name, text, without}]; the search is not among them, it is in its own field.
export function chipsOf(filter, log) {
  const chips = [];
  for (const [list, name] of LISTS) {
    for (const value of filter[list] ?? []) {
      chips.push({ name, text: oneLine(value, LENGTH), without: toggled(filter, list, value) });
    }
  }
  if (filter.run) {
    chips.push({ name: "Run", text: oneLine(filter.run, 16), without: { ...filter, run: "" } });
  }
  for (const [member, name] of [["from", "From"], ["to", "To"]]) {
    if (typeof filter[member] !== "number") continue;
    const text = timeText(filter[member], log);
    chips.push({ name, text, without: { ...filter, [member]: null } });
  }
  return chips;
}
