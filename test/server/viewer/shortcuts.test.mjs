// Which binding a key belongs to: keys alone, sequences, and where keys belong to an element.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  isOwnKey, isTyping, keyNames, KeySequence,
} from "../../../src/server/viewer/view/key_sequence.js";

function sequence(...keys) {
  return new KeySequence(keys.map((one) => (typeof one === "string" ? { keys: one } : one)));
}

function press(keys, typed, step_ms = 10) {
  return [...typed].map((key, i) => keys.press(key, 1000 + i * step_ms)).map(
    ({ binding, pending }) => binding?.keys ?? (pending ? "…" : "-"));
}

test("a key alone", () => {
  assert.deepEqual(press(sequence("j", "k", "G"), "jkGg"), ["j", "k", "G", "-"]);
});

test("a sequence waits for its end", () => {
  assert.deepEqual(press(sequence("g g", "G"), "gggG"), ["…", "g g", "…", "G"]);
});

test("a sequence that goes nowhere gives the key its own meaning", () => {
  assert.deepEqual(press(sequence("g g", "j"), "gjgxg"), ["…", "j", "…", "-", "…"]);
});

test("who waits too long begins anew", () => {
  assert.deepEqual(press(sequence("g g"), "ggg", 1500), ["…", "…", "…"]);
});

test("space and named keys", () => {
  const keys = sequence(" ", "Escape", "Enter");
  assert.equal(keys.press(" ", 0).binding.keys, " ");
  assert.equal(keys.press("Escape", 0).binding.keys, "Escape");
  assert.deepEqual(keys.press("Tab", 0), {});
});

test("a binding that does not hold now is none", () => {
  let on = false;
  const keys = sequence({ keys: "p", when: () => on }, { keys: "p p" });
  assert.deepEqual(press(keys, "pp"), ["…", "p p"]);
  on = true;
  assert.deepEqual(press(keys, "p"), ["p"]);
});

test("keys belong to fields that text is written into", () => {
  for (const element of [{ tagName: "TEXTAREA" }, { tagName: "INPUT", type: "search" },
    { tagName: "SELECT" }, { tagName: "DIV", isContentEditable: true }]) {
    assert.ok(isTyping(element));
    assert.ok(isOwnKey(element, "j"));
  }
  const box = { tagName: "INPUT", type: "checkbox" };
  for (const element of [{ tagName: "BUTTON" }, box, undefined]) {
    assert.ok(!isTyping(element));
    assert.ok(!isOwnKey(element, "j"));
  }
});

test("Enter and Space belong to what they press", () => {
  for (const tagName of ["BUTTON", "SUMMARY", "A"]) {
    assert.ok(isOwnKey({ tagName }, "Enter"));
    assert.ok(isOwnKey({ tagName }, " "));
  }
  assert.ok(!isOwnKey({ tagName: "DIV", getAttribute: () => null }, "Enter"));
  assert.ok(isOwnKey({ tagName: "DIV", getAttribute: () => "button" }, "Enter"));
});

test("keys as people read them", () => {
  assert.deepEqual(keyNames("g g"), ["g", "g"]);
  assert.deepEqual(keyNames(" "), ["Space"]);
  assert.deepEqual(keyNames("Escape"), ["Esc"]);
});
