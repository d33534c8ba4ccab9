// A line that says what an event holds: its message for people, or else its first members. Pure.
import { messageOf } from "../model/event.js";
import { oneLine } from "../model/format.js";

const MEMBERS = 6;
const VALUE_LENGTH = 80;
const LENGTH = 300;
const UNTOLD = new Set(["call_id", "message_id", "approval_id", "request_digest"]);

function valueText(value) {
  if (typeof value === "string") return oneLine(value, VALUE_LENGTH);
  if (Array.isArray(value)) return value.length === 1 ? "1 item" : `${value.length} items`;
  if (value !== null && typeof value === "object") return membersText(value);
  return String(value);
}

// Only the first members are looked at, however many there are.
function membersText(object) {
  const parts = [];
  for (const key in object) {
    if (parts.length === MEMBERS) return `${parts.join(", ")}, …`;
    if (!UNTOLD.has(key)) parts.push(`${oneLine(key, 40)}: ${valueText(object[key])}`);
  }
  return parts.length > 0 ? parts.join(", ") : "";
}

// Nested values are told one level deep: what lies deeper is only named.
function flat(data) {
  const told = {};
  let members = 0;
  for (const key in data) {
    if (++members > MEMBERS + UNTOLD.size + 1) break;
    const value = data[key];
    const deep = value !== null && typeof value === "object" && !Array.isArray(value);
    const shown = key === "usage" && deep ? `${value.total} tokens` : deep ? firstOf(value) : value;
    Object.defineProperty(told, key, { value: shown, enumerable: true });
  }
  return told;
}

/// The first text or number within an object, "" where there is none: the path of {"path": …}.
export function firstOf(object) {
  if (object === null || typeof object !== "object") return "";
  for (const key in object) {
    const value = object[key];
    if (typeof value === "string" || typeof value === "number") return String(value);
  }
  return "";
}

/// One line without hidden characters; "" where the event holds nothing.
export function eventLine(event, length = LENGTH) {
  const message = messageOf(event);
  if (message) return oneLine(message, length);
  const { data } = event;
  if (data === undefined) return "";
  if (data === null || typeof data !== "object") return oneLine(data, length);
  return oneLine(membersText(flat(data)), length);
}
