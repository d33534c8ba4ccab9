// A line that says what an event holds: its message for people, or else its first members. Pure.
import { messageOf } from "../model/event.js";
import { oneLine } from "../model/format.js";
import { anyText } from "../model/values.js";

const MEMBERS = 6;
const VALUE_LENGTH = 80;
const LENGTH = 300;
const UNTOLD = new Set(["call_id", "message_id", "approval_id", "request_digest"]);

function isObject(value) {
  return value !== null && typeof value === "object";
}

/// The first text or number within an object, "" where there is none: the path of {"path": …}.
export function firstOf(object) {
  if (!isObject(object)) return "";
  for (const key in object) {
    const value = object[key];
    if (typeof value === "string" || typeof value === "number") return String(value);
  }
  return "";
}

// What lies deep is only named by its first text: so this is quick, however much there is.
function valueText(key, value) {
  if (Array.isArray(value)) return value.length === 1 ? "1 item" : `${value.length} items`;
  if (key === "usage" && typeof value?.total === "number") return `${value.total} tokens`;
  return oneLine(isObject(value) ? firstOf(value) : anyText(value), VALUE_LENGTH);
}

function membersText(object) {
  const parts = [];
  for (const key in object) {
    if (UNTOLD.has(key)) continue;
    if (parts.length === MEMBERS) return `${parts.join(", ")}, …`;
    parts.push(`${oneLine(key, 40)}: ${valueText(key, object[key])}`);
  }
  return parts.join(", ");
}

/// One line without hidden characters; "" where the event holds nothing.
export function eventLine(event, length = LENGTH) {
  const message = messageOf(event);
  if (message) return oneLine(message, length);
  const { data } = event;
  return oneLine(isObject(data) ? membersText(data) : anyText(data), length);
}
