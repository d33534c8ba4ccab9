// Which rows the transcript shows when blocks are folded or hidden by the filter.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ancestorsOf, groupOf, lastBelow, rowsOf,
} from "../../../src/server/viewer/view/transcript_rows.js";

const block = (id, depth = 0) => ({ id, depth, seq: 1, last_seq: 1, kind: "text" });
const never = () => false;

// "a" is a block, "3" is a row that says that three are hidden.
function shown(blocks, options) {
  const rows = rowsOf(blocks, { matches: null, isFolded: never, isRevealed: never, ...options });
  return rows.map((row) => (row.kind === "hidden" ? String(row.hidden) : row.id)).join(" ");
}

const letters = [..."abcdefg"].map((id) => block(id));
const tree = [block("a"), block("b"), block("c", 1), block("d", 2), block("e", 1), block("f")];

test("without filter and folds everything is shown", () => {
  assert.equal(shown(letters), "a b c d e f g");
  assert.equal(shown([]), "");
});

test("what does not match is counted in its place", () => {
  const matches = ({ id }) => "bf".includes(id);
  assert.equal(shown(letters, { matches }), "1 b 3 f 1");
  assert.equal(shown(letters, { matches: never }), "7");
});

test("a revealed group is shown, the others stay hidden", () => {
  const matches = ({ id }) => "bf".includes(id);
  assert.equal(shown(letters, { matches, isRevealed: (id) => id === "c" }), "1 b c d e f 1");
});

test("the id of a hidden row is that of its first block, so it stays while the group grows", () => {
  const options = { matches: never, isFolded: never, isRevealed: never };
  assert.equal(rowsOf(letters.slice(0, 2), options)[0].id, rowsOf(letters, options)[0].id);
});

test("what is below a folded block is not shown", () => {
  assert.equal(shown(tree, { isFolded: (one) => one.id === "b" }), "a b f");
  assert.equal(shown(tree, { isFolded: (one) => one.id === "c" }), "a b c e f");
  assert.equal(shown(tree, { isFolded: (one) => one.id === "f" }), "a b c d e f");
});

test("lastBelow finds the end of what is nested", () => {
  assert.deepEqual(tree.map((_, i) => lastBelow(tree, i)), [0, 4, 3, 3, 4, 5]);
});

test("groupOf finds the first of the hidden blocks around one", () => {
  const matches = ({ id }) => "bf".includes(id);
  assert.equal(groupOf(letters, 4, matches), "c");
  assert.equal(groupOf(letters, 0, matches), "a");
});

test("ancestorsOf gives the blocks around one, innermost first", () => {
  assert.deepEqual(ancestorsOf(tree, 3).map(({ id }) => id), ["c", "b"]);
  assert.deepEqual(ancestorsOf(tree, 4).map(({ id }) => id), ["b"]);
  assert.deepEqual(ancestorsOf(tree, 5), []);
});
