// How numbers, times and texts are shown.

import { strict as assert } from "node:assert";
import { test } from "node:test";

import {
  bytes,
  clock,
  cost,
  count,
  counted,
  day,
  duration,
  oneLine,
  tokens,
  visible,
} from "../../../src/server/viewer/model/format.js";

function table(format, rows) {
  for (const [value, text] of rows) assert.equal(format(value), text, String(value));
}

test("durations", () =>
  table(duration, [
    [0, "0 ms"],
    [0.4, "0 ms"],
    [999.9, "999 ms"],
    [1000, "1.0 s"],
    [1290, "1.2 s"],
    [59999, "59.9 s"],
    [60000, "1 min 0 s"],
    [125000, "2 min 5 s"],
    [3600000, "1 h 0 min"],
    [90061000, "25 h 1 min"],
    [-5, "0 ms"],
  ]));

test("counts", () =>
  table(count, [
    [0, "0"],
    [999, "999"],
    [1000, "1,000"],
    [12345, "12,345"],
    [1234567, "1,234,567"],
    [-1234, "-1,234"],
    [1e21, "1e+21"],
  ]));

test("one of something is one, not ones", () => {
  assert.equal(counted(1, "line", "lines"), "1 line");
  assert.equal(counted(0, "line", "lines"), "0 lines");
  assert.equal(counted(1200, "line", "lines"), "1,200 lines");
  assert.equal(counted(NaN, "line", "lines"), "");
});

test("tokens", () =>
  table(tokens, [
    [0, "0"],
    [950, "950"],
    [999, "999"],
    [1000, "1k"],
    [1234, "1.2k"],
    [9949, "9.9k"],
    [9960, "10k"],
    [35400, "35k"],
    [999499, "999k"],
    [999500, "1M"],
    [1500000, "1.5M"],
    [2e9, "2,000M"],
  ]));

test("costs", () =>
  table(cost, [
    [0, "$0"],
    [0.00035, "$0.00035"],
    [0.000000001, "$0.000000001"],
    [1e-12, "<$0.000000001"],
    [0.5, "$0.50"],
    [0.125, "$0.13"],
    [0.999, "$1.00"],
    [1.2, "$1.20"],
    [1234.5, "$1,234.50"],
    [-0.5, "-$0.50"],
  ]));

test("bytes", () =>
  table(bytes, [
    [0, "0 B"],
    [512, "512 B"],
    [1023, "1,023 B"],
    [1024, "1 KiB"],
    [1536, "1.5 KiB"],
    [1048575, "1 MiB"],
    [36700160, "35 MiB"],
  ]));

test("the day and the time of day are local", () => {
  const local = new Date(2026, 10, 22, 14, 3, 21, 123).getTime();
  assert.equal(clock(local + 0.9), "14:03:21.123");
  assert.equal(day(local), "2026-11-22");
});

test("what is no number is not shown", () => {
  for (const format of [duration, count, tokens, cost, bytes, clock, day]) {
    for (const value of [NaN, Infinity, -Infinity, null, undefined, "7", {}]) {
      assert.equal(format(value), "", `${format.name} ${String(value)}`);
    }
  }
  assert.equal(clock(1e300), "");
});

// By code, so that no reader of this file is fooled.
const of = (...codes) => String.fromCodePoint(...codes);

test("hidden characters are made visible", () => {
  assert.equal(visible(`a${of(0x202e)}b`), "a⟦U+202E⟧b");
  assert.equal(visible(of(0)), "⟦U+0000⟧");
  assert.equal(visible(of(0x1b) + "[31m"), "⟦U+001B⟧[31m");
  assert.equal(visible("a\r\nb\tc"), "a⟦U+000D⟧\nb\tc");
  assert.equal(visible(of(0xe0041)), "⟦U+E0041⟧");
  assert.equal(visible("\ud800x"), "⟦U+D800⟧x");
  assert.equal(visible("\udc00"), "⟦U+DC00⟧");
  const hidden = [
    0x7f, 0x80, 0x9f, 0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x17b4, 0x180e, 0x200b, 0x200c, 0x200d,
    0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202d, 0x2060, 0x2066, 0x2069, 0x206f, 0x2800, 0x3164,
    0xfeff, 0xffa0, 0xfff9, 0xe0001, 0xe007f, 0x1d173,
  ];
  for (const code of hidden) {
    assert.equal(visible(of(code)), `⟦U+${code.toString(16).toUpperCase().padStart(4, "0")}⟧`);
  }
});

test("what is seen stays as it is", () => {
  for (const text of ["", "plain", "größer 四 😀 é", "עברית", "❤️", "a\nb\tc"]) {
    assert.equal(visible(text), text);
  }
  assert.equal(visible(undefined), "");
  assert.equal(visible(12), "12");
});

test("no control, direction or surrogate is left", () => {
  let all = "";
  for (let code = 0; code < 0x3000; ++code) all += of(code);
  assert.doesNotMatch(visible(all), /[\p{Bidi_C}\p{Zl}\p{Zp}]|[\0-\x08\x0b-\x1f\x7f-\x9f]/u);
});

test("one line is cut and says so", () => {
  assert.equal(oneLine("a\n  b\tc"), "a b c");
  assert.equal(oneLine("abcdef", 4), "abc…");
  assert.equal(oneLine("abcd", 4), "abcd");
  assert.equal(oneLine("ab😀cd", 4), "ab…");
  assert.equal(oneLine("x".repeat(1e6), 10), "xxxxxxxxx…");
  assert.equal(oneLine(null), "");
  assert.equal(oneLine(`a${of(0x202e)}`), "a⟦U+202E⟧");
});
