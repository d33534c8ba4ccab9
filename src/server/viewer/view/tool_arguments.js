// The arguments of a tool call as people read them: texts as they are and not as escaped JSON.
import { oneLine, visible } from "../model/format.js";
import { h } from "./dom.js";
import { countLines } from "./plain_output.js";

const BRIEF_LENGTH = 120;
const BRIEF_ENTRIES = 3;
// The argument that says most, where a call has one of these names.
const MAIN = ["command", "cmd", "expression", "query", "path", "file_path", "url", "code", "name"];

function isObject(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

export function textOfValue(value) {
  if (typeof value === "string") return value;
  return value === undefined ? "" : JSON.stringify(value, null, 2);
}

function entriesOf(given) {
  return isObject(given) ? Object.entries(given) : [["", given]];
}

// Whether one line says all of the arguments.
export function isBrief(given) {
  if (given === undefined || given === null) return true;
  const entries = entriesOf(given);
  const texts = entries.map(([key, value]) => key + textOfValue(value));
  return entries.length <= BRIEF_ENTRIES && texts.join("").length <= BRIEF_LENGTH &&
    texts.every((text) => !/[\n\r]/.test(text));
}

// One line of them: all when that is brief, else the one that says most.
export function briefArguments(given) {
  if (given === undefined || given === null) return [];
  let entries = entriesOf(given);
  if (!isBrief(given)) {
    const main = MAIN.find((key) => isObject(given) && Object.hasOwn(given, key));
    entries = main ? [[main, given[main]]] : entries.slice(0, 1);
  }
  const alone = entries.length === 1 && (entries[0][0] === "" || MAIN.includes(entries[0][0]));
  return entries.map(([key, value]) =>
    h(
      "span",
      { className: "arguments__brief" },
      !alone && h("span", { className: "arguments__key" }, `${visible(key)} `),
      oneLine(textOfValue(value), BRIEF_LENGTH),
    ));
}

// All of them, each with its name; whole, every character visible.
export function fullArguments(given) {
  return h("dl", { className: "arguments" }, entriesOf(given).map(([key, value]) => [
    h("dt", { className: "arguments__key" }, key === "" ? "value" : visible(key)),
    h("dd", { className: "arguments__value" }, visible(textOfValue(value)) || "(empty)"),
  ]));
}

// Whether a number in them may not be what was written: beyond 2^53 a page cannot tell them apart.
export function hasInexactNumber(value) {
  const open = [value];
  while (open.length > 0) {
    const one = open.pop();
    if (typeof one === "number" && Math.abs(one) > Number.MAX_SAFE_INTEGER) return true;
    if (one === null || typeof one !== "object") continue;
    for (const part of Object.values(one)) open.push(part);
  }
  return false;
}

export function argumentLines(given) {
  if (given === undefined || given === null) return 0;
  return entriesOf(given).reduce(
    (sum, [, value]) => sum + Math.max(countLines(textOfValue(value)), 1), 0);
}
