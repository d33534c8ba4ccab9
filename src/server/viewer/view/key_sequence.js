// Which binding a key belongs to. Keys are written as the browser names them, parts of a sequence
// apart: "j", "Escape", "g g"; the space bar is " ".

const PATIENCE_MS = 1000;

function partsOf(keys) {
  return keys === " " ? [" "] : keys.split(" ");
}

export class KeySequence {
  #bindings;
  #typed = [];
  #at = 0;

  constructor(bindings) {
    this.#bindings = bindings.map((binding) => ({ binding, parts: partsOf(binding.keys) }));
  }

  /// The first keys of a sequence that is not finished yet.
  get pending() {
    return this.#typed;
  }

  /// {binding} when the key ends one, {pending: true} while a sequence goes on, {} otherwise.
  press(key, now_ms) {
    if (now_ms - this.#at > PATIENCE_MS) this.#typed = [];
    this.#at = now_ms;
    const typed = this.#typed;
    this.#typed = [];
    const found = this.#match([...typed, key]);
    // A sequence that goes nowhere: the key may still mean something alone.
    return found ?? (typed.length > 0 ? this.#match([key]) : null) ?? {};
  }

  #match(typed) {
    const begins = this.#bindings.filter(
      ({ binding, parts }) =>
        typed.every((key, i) => parts[i] === key) && (binding.when?.() ?? true),
    );
    const whole = begins.find(({ parts }) => parts.length === typed.length);
    if (whole) return { binding: whole.binding };
    if (begins.length === 0) return null;
    this.#typed = typed;
    return { pending: true };
  }
}

const TYPING = new Set(["INPUT", "TEXTAREA", "SELECT"]);
const NOT_TYPED_IN = new Set(["button", "checkbox", "radio", "range", "reset", "submit"]);

/// Whether keys belong to the element itself: text is written into it.
export function isTyping(element) {
  if (element?.isContentEditable) return true;
  if (!TYPING.has(element?.tagName)) return false;
  return !(element.tagName === "INPUT" && NOT_TYPED_IN.has(element.type));
}

const PRESSED_BY_KEYS = new Set(["BUTTON", "SUMMARY", "A", "INPUT", "SELECT"]);

/// Whether this key does something with the element by itself, as Enter with a button.
export function isOwnKey(element, key) {
  if (isTyping(element)) return true;
  if (key !== "Enter" && key !== " ") return false;
  return PRESSED_BY_KEYS.has(element?.tagName) || element?.getAttribute?.("role") === "button";
}

const NAMES = new Map([
  [" ", "Space"],
  ["Escape", "Esc"],
]);

/// The keys as they are written for people: ["g", "g"], ["Esc"].
export function keyNames(keys) {
  return partsOf(keys).map((part) => NAMES.get(part) ?? part);
}
