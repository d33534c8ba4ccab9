// The blocks of a transcript in reading order, and which of them changed since when. A group holds
// the blocks of one run, and the groups of the runs inside it behind the blocks they belong to; so
// runs that go on at the same time stay each together.

const MAX_DEPTH = 32; // what is nested deeper stays at that depth
const MAX_JOURNAL = 65536;

export class Group {
  constructor(parent, depth) {
    this.parent = parent;
    this.depth = depth;
    this.entries = []; // Block or Group
  }
}

export class BlockTree {
  #flat = [];
  #stale = false;
  #byId = new Map();
  #journal = []; // the blocks that changed, the newest last
  #versions = []; // when
  #forgotten = 0; // changes up to this version are no longer in the journal
  #structure = 0; // version of the newest change of what there is
  #ids = 0;

  constructor() {
    this.root = new Group(null, 0);
    this.version = 0;
  }

  get items() {
    if (this.#stale) this.#flatten();
    return this.#flat;
  }

  nextId() {
    return `b${++this.#ids}`;
  }

  find(id) {
    return this.#byId.get(id);
  }

  /// Appends a block to a group.
  add(group, block) {
    block.depth = group.depth;
    group.entries.push(block);
    this.#byId.set(block.id, block);
    if (!this.#stale && this.#isLast(group)) this.#flat.push(block);
    else this.#stale = true;
    this.touch(block);
    this.#structure = this.version;
  }

  /// A group inside another one, behind a block of it or at its end; indented or at the same depth.
  addGroup(parent, host, indented) {
    const around = parent.depth < MAX_DEPTH || !parent.parent ? parent : parent.parent;
    const group = new Group(around, around.depth + (indented && around === parent ? 1 : 0));
    const at = host && around === parent ? around.entries.lastIndexOf(host) + 1 : 0;
    if (at === 0) {
      around.entries.push(group);
      return group;
    }
    let place = at;
    while (around.entries[place] instanceof Group) ++place;
    around.entries.splice(place, 0, group);
    return group;
  }

  /// The block has changed.
  touch(block) {
    block.version = ++this.version;
    const last = this.#journal.length - 1;
    if (this.#journal[last] === block) {
      this.#versions[last] = this.version;
      return;
    }
    this.#journal.push(block);
    this.#versions.push(this.version);
    if (this.#journal.length > MAX_JOURNAL) this.#forget();
  }

  changedSince(version) {
    const structure = this.#structure > version;
    if (version < this.#forgotten) return { structure, blocks: new Set(this.items) };
    const blocks = new Set();
    for (let i = this.#journal.length - 1; i >= 0 && this.#versions[i] > version; --i) {
      blocks.add(this.#journal[i]);
    }
    return { structure, blocks };
  }

  #forget() {
    const half = MAX_JOURNAL / 2;
    this.#forgotten = this.#versions[half - 1];
    this.#journal = this.#journal.slice(half);
    this.#versions = this.#versions.slice(half);
  }

  /// Whether nothing comes behind the last block of this group.
  #isLast(group) {
    for (let one = group; one.parent; one = one.parent) {
      const siblings = one.parent.entries;
      if (siblings[siblings.length - 1] !== one) return false;
    }
    return true;
  }

  #flatten() {
    const flat = [];
    const open = [{ group: this.root, next: 0 }];
    while (open.length > 0) {
      const place = open[open.length - 1];
      const entry = place.group.entries[place.next++];
      if (entry === undefined) open.pop();
      else if (entry instanceof Group) open.push({ group: entry, next: 0 });
      else flat.push(entry);
    }
    this.#flat = flat;
    this.#stale = false;
  }
}
