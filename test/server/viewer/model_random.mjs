// Random values from a seed, for property tests: STRANDBUS_TEST_SEED where that is set.

export function seedOf() {
  return Number(process.env.STRANDBUS_TEST_SEED ?? 20261120);
}

const PIECES = [
  "a",
  "hello ",
  '"',
  "\\",
  "/",
  "\n",
  "\r",
  "\t",
  "\u0001",
  "\u007f",
  "\0",
  "é",
  "\u2028",
  "€",
  "\uffff",
  "😀",
  "\u202e",
  ",",
  "%",
  "&",
  "=",
  "#",
  "+",
  "'",
  "$(x)",
  "`",
  "</script>",
  "__proto__",
  "constructor",
  "0",
  "{}",
];

/// A generator of numbers (mulberry32) with what is made from them.
export function randomOf(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const random = {
    below: (bound) => Math.floor(next() * bound),
    chance: (percent) => next() * 100 < percent,
    pick: (list) => list[Math.floor(next() * list.length)],
    text: () => Array.from({ length: random.below(6) }, () => random.pick(PIECES)).join(""),
  };
  return random;
}
