// The heights of the rows of a long list: like a plain array of numbers, but quick.
import assert from "node:assert/strict";
import { test } from "node:test";
import { difference, Heights, viewFrom } from "../../../src/server/viewer/view/heights.js";

class Plain {
  values = [];
  offset(index) {
    return this.values.slice(0, index).reduce((sum, value) => sum + value, 0);
  }
  indexAt(place) {
    let sum = 0;
    for (let i = 0; i < this.values.length; ++i) {
      sum += this.values[i];
      if (place < sum) return i;
    }
    return this.values.length - 1;
  }
}

function randomFrom(seed) {
  let state = seed >>> 0;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

function assertSame(heights, plain, message) {
  assert.equal(heights.size, plain.values.length, message);
  const total = plain.offset(plain.values.length);
  assert.equal(heights.total, total, message);
  for (let i = 0; i <= plain.values.length; ++i) {
    assert.equal(heights.offset(i), plain.offset(i), `${message}: offset of ${i}`);
  }
  for (let place = -5; place <= total + 5; place += 7) {
    const expected = plain.indexAt(Math.max(place, 0));
    assert.equal(heights.indexAt(place), expected, `${message}: at ${place}`);
  }
}

test("no rows: nothing is anywhere", () => {
  const heights = new Heights();
  assert.equal(heights.total, 0);
  assert.equal(heights.indexAt(0), -1);
  assert.equal(heights.offset(3), 0);
  assert.equal(heights.set(0, 5), false);
});

test("a place on the border of two rows belongs to the lower one", () => {
  const heights = new Heights();
  heights.splice(0, 0, [10, 20, 30]);
  assert.deepEqual([0, 9, 10, 29, 30, 59, 60, 1000].map((place) => heights.indexAt(place)),
    [0, 0, 1, 1, 2, 2, 2, 2]);
  assert.deepEqual([0, 1, 2, 3].map((index) => heights.offset(index)), [0, 10, 30, 60]);
});

test("set says whether something changed", () => {
  const heights = new Heights();
  heights.splice(0, 0, [10, 20]);
  assert.equal(heights.set(1, 20), false);
  assert.equal(heights.set(1, 25), true);
  assert.equal(heights.total, 35);
  assert.equal(heights.height(1), 25);
  assert.equal(heights.set(2, 5), false);
  assert.equal(heights.set(-1, 5), false);
});

test("random changes give what a plain array gives", () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1e9);
  const random = randomFrom(seed);
  const heights = new Heights();
  const plain = new Plain();
  for (let step = 0; step < 300; ++step) {
    const size = plain.values.length;
    if (random(3) === 0 && size > 0) {
      const index = random(size);
      const height = 1 + random(40);
      heights.set(index, height);
      plain.values[index] = height;
    } else {
      const start = random(2) === 0 ? size : random(size + 1);
      const removed = random(Math.min(size - start, 6) + 1);
      const added = Array.from({ length: random(8) }, () => 1 + random(40));
      heights.splice(start, removed, added);
      plain.values.splice(start, removed, ...added);
    }
    assertSame(heights, plain, `SEED=${seed} step ${step}`);
  }
});

test("the cost of a look-up does not grow with the rows", () => {
  const time = (size) => {
    const heights = new Heights();
    heights.splice(0, 0, Array.from({ length: size }, (_, i) => 20 + (i % 50)));
    const begin = performance.now();
    let sum = 0;
    for (let i = 0; i < 20000; ++i) {
      const index = heights.indexAt((i * 7919) % heights.total);
      heights.set(index, 20 + (i % 60));
      sum += heights.offset(index);
    }
    assert.ok(sum > 0);
    return performance.now() - begin;
  };
  time(1000); // warm
  const few = time(1000);
  const many = time(300000);
  assert.ok(many < few * 30 + 50, `300 times the rows: ${few} ms became ${many} ms`);
});

test("a row that is whole in view is not moved, another one no more than needed", () => {
  assert.equal(viewFrom("nearest", -100, 400), -100);
  assert.equal(viewFrom("nearest", 30, 400), -16, "it was above: to the top");
  assert.equal(viewFrom("nearest", -900, 400), -348, "it was below: to the bottom");
  assert.equal(viewFrom("nearest", 500, -200), -16, "higher than the view: its head");
  assert.equal(viewFrom("start", -100, 400), -16);
  assert.equal(viewFrom("center", 0, 400), -200);
  assert.equal(viewFrom("center", 0, -50), -16);
});

test("difference finds what was put in, taken out and appended", () => {
  assert.deepEqual(difference([], [1, 2]), { start: 0, removed: 0, added: 2 });
  assert.deepEqual(difference([1, 2], [1, 2]), { start: 2, removed: 0, added: 0 });
  assert.deepEqual(difference([1, 2], [1, 2, 3]), { start: 2, removed: 0, added: 1 });
  assert.deepEqual(difference([1, 2, 3], [1, 9, 8, 3]), { start: 1, removed: 1, added: 2 });
  assert.deepEqual(difference([1, 1, 1], [1, 1]), { start: 2, removed: 1, added: 0 });
  assert.deepEqual(difference([1, 2], []), { start: 0, removed: 2, added: 0 });
});
