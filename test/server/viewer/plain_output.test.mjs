// What programs write to a terminal, as plain text; parts of long texts; lines of diffs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { diffKinds, diffWords } from "../../../src/server/viewer/view/diff_view.js";
import { searchPattern } from "../../../src/server/viewer/view/marks.js";
import {
  countLines, firstLines, lastLines, plainOutput, wholeLength,
} from "../../../src/server/viewer/view/plain_output.js";
import {
  argumentLines, hasInexactNumber, isBrief, textOfValue,
} from "../../../src/server/viewer/view/tool_arguments.js";

test("colours, titles and other escapes are left out", () => {
  assert.equal(plainOutput("\u001b[1;32mgreen\u001b[0m \u001b[38;5;9mred\u001b[K"), "green red");
  assert.equal(plainOutput("\u001b]0;title\u0007a\u001b]8;;http://x\u001b\\b"), "ab");
  assert.equal(plainOutput("\u001b(Ba\u001b7b\u001bMc"), "abc");
});

test("a carriage return begins a line", () => {
  assert.equal(plainOutput("a\r\nb\r\r\nc"), "a\nb\nc");
  assert.equal(plainOutput("10 %\r20 %\r"), "10 %\n20 %\n");
});

test("text without escapes stays the same", () => {
  for (const text of ["", "a", "[32m", "tab\there\n", "ünï 🎉"]) {
    assert.equal(plainOutput(text), text);
  }
});

test("an escape cut by the end of what has come is kept back, wherever it is cut", () => {
  const text = "a\u001b[1;32mb\u001b]0;some title\u0007c\r\nd\u001b[0m";
  for (let cut = 0; cut <= text.length; ++cut) {
    const head = text.slice(0, cut);
    const whole = head.slice(0, wholeLength(head));
    const both = plainOutput(whole) + plainOutput(text.slice(whole.length));
    assert.equal(both, "abc\nd", `cut at ${cut}`);
  }
});

test("lines are counted as people count them", () => {
  assert.deepEqual(["", "a", "a\n", "a\nb", "\n", "\n\n"].map(countLines), [0, 1, 1, 2, 1, 2]);
});

test("the first and the last lines of a text", () => {
  assert.equal(firstLines("a\nb\nc\n", 2), "a\nb");
  assert.equal(firstLines("a\nb", 5), "a\nb");
  assert.equal(lastLines("a\nb\nc\n", 2), "b\nc\n");
  assert.equal(lastLines("a\nb\nc", 1), "c");
  assert.equal(lastLines("a\nb", 5), "a\nb");
  assert.equal(lastLines("\n", 1), "\n");
  assert.equal(lastLines("\n\na\n", 2), "\na\n");
});

test("lines of a diff: file names only before the first hunk", () => {
  const lines = ["--- a/x", "+++ b/x", "@@ -1 +1 @@", "--- was a list", "+++ is one", " same"];
  assert.deepEqual(diffKinds(lines), ["file", "file", "hunk", "remove", "add", ""]);
});

test("short arguments fit in one line, texts stay as they are", () => {
  assert.equal(isBrief({ command: "git status" }), true);
  assert.equal(isBrief({ command: "a\nb" }), false);
  assert.equal(isBrief({ text: "x".repeat(200) }), false);
  assert.equal(isBrief(undefined), true);
  assert.equal(textOfValue('say "hi"\n'), 'say "hi"\n');
  assert.equal(textOfValue({ a: [1] }), '{\n  "a": [\n    1\n  ]\n}');
  assert.equal(argumentLines({ a: "x\ny", b: 1 }), 3);
  assert.equal(argumentLines(undefined), 0);
});

test("numbers that a page cannot hold exactly are known", () => {
  assert.equal(hasInexactNumber(JSON.parse('{"a":[{"id":9007199254740993}]}')), true);
  assert.equal(hasInexactNumber({ a: [1, -5, 0.1, "9007199254740993"], b: null }), false);
  assert.equal(hasInexactNumber(undefined), false);
});

test("what is searched for is text, not a pattern", () => {
  const found = (needle, text) => text.match(searchPattern(needle));
  assert.deepEqual(found("a.c", "abc a.c A.C"), ["a.c", "A.C"]);
  assert.equal(found("[(", "x"), null);
  assert.equal(searchPattern(""), null);
});

test("the words of a diff say one line of one", () => {
  assert.equal(diffWords(1, 0), "1 line added, 0 removed");
  assert.equal(diffWords(2, 1), "2 lines added, 1 removed");
});
