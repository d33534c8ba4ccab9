// The way to the end of the transcript, with just enough of a page for two buttons.
import assert from "node:assert/strict";
import { test } from "node:test";
import { JumpBar } from "../../../src/server/viewer/view/jump_bar.js";

class FakeElement {
  children = [];
  textContent = "";

  append(child) {
    this.children.push(child);
  }

  addEventListener() {}
}

globalThis.Node = FakeElement;
globalThis.document = { createElement: () => new FakeElement() };

function jumpBar() {
  const bar = new JumpBar({ onEnd() {}, onApproval() {} });
  const [, end] = bar.element.children;
  const draw = (rows, atEnd, endInView) => {
    const inView = { firstInView: () => 0, lastInView: () => rows - 1 };
    const list = { rows: new Array(rows), atEnd, endInView, indexOf: () => -1, ...inView };
    bar.draw(list, { waiting: null, others: 0, loading: false });
    return end.hidden ? null : end.textContent;
  };
  return draw;
}

test("the way to the end is there where the end is out of sight", () => {
  const draw = jumpBar();
  assert.equal(draw(9, false, false), "To the end ↓");
  assert.equal(draw(9, true, true), null);
});

test("where everything is in sight there is no way to the end", () => {
  const draw = jumpBar();
  assert.equal(draw(3, false, true), null);
});

test("what came since the end was in sight is counted", () => {
  const draw = jumpBar();
  draw(3, false, true);
  assert.equal(draw(5, false, false), "2 new below ↓");
  assert.equal(draw(5, false, true), null);
  assert.equal(draw(5, false, false), "To the end ↓");
});
