// Which rows the transcript shows: its blocks without what is folded, and one row that says how
// many in the place of those that the filter hides. Pure.

// matches(block), isFolded(block): what lies deeper below it is not shown; isRevealed(id) of the
// first block of a hidden group.
export function rowsOf(blocks, { matches, isFolded, isRevealed }) {
  const rows = [];
  let hidden = null;
  for (let i = 0; i < blocks.length; ++i) {
    const block = blocks[i];
    if (!matches || matches(block)) {
      hidden = null;
      rows.push(block);
    } else if (hidden) {
      hidden.take(rows, block);
    } else {
      hidden = isRevealed(block.id) ? new RevealedGroup() : new HiddenGroup(rows, block);
      hidden.take(rows, block);
    }
    if (isFolded?.(block)) i = lastBelow(blocks, i);
  }
  return rows;
}

class HiddenGroup {
  #row;
  constructor(rows, block) {
    this.#row = { id: `hidden:${block.id}`, kind: "hidden", first: block.id, depth: block.depth,
      seq: block.seq, last_seq: block.last_seq, hidden: 0 };
    rows.push(this.#row);
  }

  take(rows, block) {
    ++this.#row.hidden;
    this.#row.depth = Math.min(this.#row.depth, block.depth);
    this.#row.last_seq = block.last_seq;
  }
}

class RevealedGroup {
  take(rows, block) {
    rows.push(block);
  }
}

// The index of the last block that lies deeper than the one at `index`, right behind it.
export function lastBelow(blocks, index) {
  const depth = blocks[index].depth;
  let last = index;
  while (last + 1 < blocks.length && blocks[last + 1].depth > depth) ++last;
  return last;
}

// The first block of the hidden group that the block at `index` belongs to.
export function groupOf(blocks, index, matches) {
  let first = index;
  while (first > 0 && !matches(blocks[first - 1])) --first;
  return blocks[first].id;
}

// The blocks around this one that hide it when they are folded, innermost first.
export function ancestorsOf(blocks, index) {
  const ancestors = [];
  let depth = blocks[index].depth;
  for (let i = index - 1; i >= 0 && depth > 0; --i) {
    if (blocks[i].depth >= depth) continue;
    depth = blocks[i].depth;
    ancestors.push(blocks[i]);
  }
  return ancestors;
}
