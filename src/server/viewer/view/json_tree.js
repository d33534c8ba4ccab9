// A JSON value as a tree that can be folded. What is inside of a branch is made when it is opened;
// long texts and long lists show their beginning and a button for the rest.
import { count, oneLine, visible } from "../model/format.js";
import { button, h } from "./dom.js";
import { marked } from "./text_marks.js";

const FIRST_ENTRIES = 100;
const FIRST_CHARACTERS = 4000;
const OPEN_DEPTH = 3;
const OPEN_ENTRIES = 30;
const DEEPEST_FOUND = 20; // branches are opened down to here for what was searched
const KEY_LENGTH = 200;

function kindOf(value) {
  if (value === null) return "null";
  return Array.isArray(value) ? "list" : typeof value;
}

function textNode(value, search) {
  const place = h("span", { className: value.includes("\n") ? "json__block" : "json__string" });
  const shown = value.slice(0, FIRST_CHARACTERS);
  place.append(...marked(visible(shown), search));
  if (shown.length === value.length) return place;
  const all = button(`Show all ${count(value.length)} characters`, () => {
    place.replaceChildren(...marked(visible(value), search));
    all.remove();
  }, { className: "button json__more" });
  return [place, all];
}

function leaf(value, search) {
  const kind = kindOf(value);
  if (kind === "string") {
    return value === "" ? h("span", { className: "json__null" }, "empty") : textNode(value, search);
  }
  const name = kind === "null" || kind === "boolean" ? "json__null" : "json__number";
  return h("span", { className: name }, marked(String(value), search));
}

function entriesOf(value) {
  return Array.isArray(value) ? value.map((one, i) => [String(i), one]) : Object.entries(value);
}

function summaryText(value, entries) {
  const size = entries.length;
  if (Array.isArray(value)) return size === 1 ? "1 item" : `${count(size)} items`;
  return size === 0 ? "empty" : oneLine(entries.map(([key]) => key).join(", "), 60);
}

function holds(value, search) {
  if (!search) return false;
  try {
    return JSON.stringify(value).toLowerCase().includes(search.toLowerCase());
  } catch {
    return false;
  }
}

function fill(inside, entries, search, depth, from) {
  for (const [key, value] of entries.slice(from, from + FIRST_ENTRIES)) {
    inside.append(node(key, value, search, depth));
  }
  const next = from + FIRST_ENTRIES;
  if (next >= entries.length) return;
  const more = button(`Show more (${count(entries.length - next)} left)`, () => {
    more.remove();
    fill(inside, entries, search, depth, next);
  }, { className: "button json__more" });
  inside.append(more);
}

function branch(key, value, search, depth) {
  const entries = entriesOf(value);
  const inside = h("div", { className: "json__inside" });
  const small = depth < OPEN_DEPTH && entries.length <= OPEN_ENTRIES;
  const found = depth < DEEPEST_FOUND && holds(value, search);
  const open = entries.length > 0 && (small || found);
  let filled = false;
  const make = () => {
    if (!filled) fill(inside, entries, search, depth + 1, 0);
    filled = true;
  };
  if (open) make();
  return h("details", { className: "json__branch", open, ontoggle: make },
    h("summary", { className: "json__summary" }, keyNode(key, search),
      h("span", { className: "json__size" }, summaryText(value, entries))),
    inside);
}

function keyNode(key, search) {
  return h("span", { className: "json__key" }, marked(oneLine(key, KEY_LENGTH), search));
}

function node(key, value, search, depth) {
  if (value !== null && typeof value === "object") return branch(key, value, search, depth);
  return h("div", { className: "json__line" }, keyNode(key, search), leaf(value, search));
}

/// The tree of an object's members. search: what is marked.
export function jsonTree(value, search) {
  const tree = h("div", { className: "json" });
  if (value === null || typeof value !== "object") tree.append(h("div", {}, leaf(value, search)));
  else fill(tree, entriesOf(value), search, 0, 0);
  return tree;
}
