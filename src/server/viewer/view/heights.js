// Heights of the rows of a long list: where a row lies and which row lies at a place, each in
// O(log n), by a binary indexed tree (Fenwick). Heights are whole numbers, so that nothing drifts.

export class Heights {
  #values = [];
  #tree = [0]; // #tree[k] is the sum of the lowbit(k) values that end with value k - 1

  get size() {
    return this.#values.length;
  }

  get total() {
    return this.offset(this.size);
  }

  height(index) {
    return this.#values[index] ?? 0;
  }

  // The sum of the heights before this row.
  offset(index) {
    let sum = 0;
    for (let k = Math.min(index, this.size); k > 0; k -= k & -k) sum += this.#tree[k];
    return sum;
  }

  // Whether something changed.
  set(index, height) {
    const difference = height - this.#values[index];
    if (!(index >= 0 && index < this.size) || difference === 0) return false;
    this.#values[index] = height;
    for (let k = index + 1; k <= this.size; k += k & -k) this.#tree[k] += difference;
    return true;
  }

  // The row that holds this place; the first or the last one beyond the ends; -1 without rows.
  indexAt(place) {
    let step = 1;
    while (step * 2 <= this.size) step *= 2;
    let index = 0;
    let rest = place;
    for (; step > 0; step >>= 1) {
      if (index + step <= this.size && this.#tree[index + step] <= rest) {
        index += step;
        rest -= this.#tree[index];
      }
    }
    return Math.min(index, this.size - 1);
  }

  // Puts `heights` in the place of `removed` rows; costs what lies behind `start`.
  splice(start, removed, heights) {
    const behind = this.#values.slice(start + removed);
    this.#values.length = start;
    this.#tree.length = start + 1;
    for (const height of heights) this.#append(height);
    for (const height of behind) this.#append(height);
  }

  #append(height) {
    const k = this.#values.push(height);
    let sum = height;
    for (let step = 1; step < (k & -k); step *= 2) sum += this.#tree[k - step];
    this.#tree[k] = sum;
  }
}

// How two lists of rows differ: the first row that is another one, and how many in the end are the
// same. `same(a, b)` tells whether two rows are one.
export function difference(before, after, same = Object.is) {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && same(before[start], after[start])) ++start;
  let end = 0;
  while (
    end < shorter - start &&
    same(before[before.length - 1 - end], after[after.length - 1 - end])
  ) {
    ++end;
  }
  return { start, removed: before.length - start - end, added: after.length - start - end };
}

const ABOVE_PX = 16; // free above and below a row that was gone to
const BELOW_PX = 52;

// Where the view begins, seen from the row that is to be seen. before: where it begins now; room:
// what the row leaves of the view, negative for a row that is higher. align: "start", "center", or
// "nearest", which moves no more than needed.
export function viewFrom(align, before, room) {
  if (align === "center") return -Math.max(Math.floor(room / 2), ABOVE_PX);
  if (align === "start" || room < ABOVE_PX + BELOW_PX) return -ABOVE_PX;
  return Math.min(Math.max(before, BELOW_PX - room), -ABOVE_PX);
}
