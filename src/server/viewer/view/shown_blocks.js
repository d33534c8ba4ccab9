// Which blocks of a transcript are shown: what the reader has folded, what the filter hides, and
// which of that the reader wants to see all the same.
import { isEmpty, matchesBlock } from "../model/filter.js";
import { ancestorsOf, groupOf, lastBelow, rowsOf } from "./transcript_rows.js";

export class ShownBlocks {
  #filter = null;
  #key = "";
  #results = new WeakMap(); // block -> {version, key, matches}
  #folded = new Set();
  #revealed = new Set(); // hidden groups that are shown, by their first block
  stale = true; // rows() has to be asked again

  // Whether it is another one than before.
  setFilter(filter) {
    const key = JSON.stringify(filter ?? null);
    if (key === this.#key) return false;
    this.#key = key;
    this.#filter = filter && !isEmpty(filter) ? filter : null;
    this.#revealed.clear();
    this.stale = true;
    return true;
  }

  rows(blocks) {
    this.stale = false;
    if (!this.#filter && this.#folded.size === 0) return blocks.slice();
    return rowsOf(blocks, {
      matches: this.#filter && ((block) => this.#matches(block)),
      isFolded: this.#filter ? null : (block) => this.#folded.has(block.id),
      isRevealed: (id) => this.#revealed.has(id),
    });
  }

  // The block has changed: it may be shown or hidden now.
  look(block) {
    if (!this.#filter) return;
    const before = this.#results.get(block)?.matches;
    if (before !== undefined && before !== this.#matches(block)) this.stale = true;
  }

  isFolded(id) {
    return this.#folded.has(id);
  }

  toggleFold(id) {
    if (!this.#folded.delete(id)) this.#folded.add(id);
    this.stale = true;
  }

  countBelow(blocks, block) {
    const index = blocks.indexOf(block);
    return index < 0 ? 0 : lastBelow(blocks, index) - index;
  }

  revealGroup(first) {
    this.#revealed.add(first);
    this.stale = true;
  }

  // Makes this block shown, whatever hides it.
  reveal(blocks, block) {
    const index = blocks.indexOf(block);
    if (index < 0) return;
    for (const around of ancestorsOf(blocks, index)) this.#folded.delete(around.id);
    if (this.#filter && !this.#matches(block)) {
      this.#revealed.add(groupOf(blocks, index, (one) => this.#matches(one)));
    }
    this.stale = true;
  }

  #matches(block) {
    const known = this.#results.get(block);
    if (known && known.version === block.version && known.key === this.#key) return known.matches;
    const matches = matchesBlock(this.#filter, block);
    this.#results.set(block, { version: block.version, key: this.#key, matches });
    return matches;
  }
}
