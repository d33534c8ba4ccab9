// Spans with explicit parents. A span begins within its parent, and a parent that ends ends what is
// still open in it, so every span is enclosed by its parent.
//
// Time never runs backwards here: a time before the last one counts as the last one.

export class SpanTree {
  #byId = new Map();
  #children = new Map(); // span -> Set of those open in it
  #seqs = [];
  #owners = [];
  #ids = 0;
  #openRoots = 0;
  #since = 0; // the first of these was opened
  #spent = 0;

  constructor() {
    this.all = [];
    this.roots = [];
    this.version = 0;
    this.now = 0;
    this.seq = 0;
    this.type = "";
    this.owner = null;
    this.onEnd = () => {};
  }

  byId(id) {
    return this.#byId.get(id);
  }

  /// For how long anything was open, in ms up to now.
  get open_ms() {
    return this.#spent + (this.#openRoots > 0 ? this.now - this.#since : 0);
  }

  /// What follows happens at this time, in the event with this seq.
  begin(seq, type, ts) {
    if (Number.isFinite(ts)) this.now = Math.max(this.now, ts);
    this.seq = seq;
    this.type = type;
    this.owner = null;
  }

  /// Notes which span the event belongs to.
  finish(fallback) {
    const owner = this.owner ?? fallback;
    if (!owner) return;
    this.touch(owner);
    if (this.seq <= (this.#seqs[this.#seqs.length - 1] ?? 0)) return;
    this.#seqs.push(this.seq);
    this.#owners.push(owner);
  }

  /// The span of exactly this event; undefined if it belongs to none.
  spanOfSeq(seq) {
    let low = 0;
    let high = this.#seqs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#seqs[middle] < seq) low = middle + 1;
      else high = middle;
    }
    return this.#seqs[low] === seq ? this.#owners[low] : undefined;
  }

  open(kind, name, parent, members) {
    const around = parent && parent.end === null ? parent : null;
    const span = {
      id: `s${++this.#ids}`,
      parent: around ? around.id : null,
      kind,
      name,
      run_id: "",
      depth: around ? around.depth + 1 : 0,
      start: this.now,
      end: null,
      status: "running",
      seq: this.seq,
      last_seq: this.seq,
      agent: "",
      tokens: { prompt: 0, completion: 0, total: 0, cached: 0 },
      cost: null,
      cost_about: false,
      ttft_ms: null,
      types: new Set(),
      ...members,
    };
    this.#byId.set(span.id, span);
    this.all.push(span);
    if (around) this.#openIn(around).add(span);
    else this.#addRoot(span);
    this.touch(span);
    return span;
  }

  /// Changes figures of a span; the event at hand need not belong to it.
  change(span, members) {
    Object.assign(span, members);
    ++this.version;
  }

  /// Ends a span and what is open in it; one that has ended stays as it is.
  close(span, status, members) {
    if (span.end !== null) return;
    const open = [span];
    for (let i = 0; i < open.length; ++i) open.push(...(this.#children.get(open[i]) ?? []));
    const clipped = status === "failed" ? "failed" : "cancelled";
    for (let i = open.length - 1; i > 0; --i) this.#end(open[i], clipped, {});
    this.#end(span, status, members);
    this.touch(span);
  }

  touch(span) {
    span.last_seq = Math.max(span.last_seq, this.seq);
    if (this.type !== "") span.types.add(this.type);
    this.owner ??= span;
    ++this.version;
  }

  #end(span, status, members) {
    Object.assign(span, { end: this.now, status, ...members });
    this.#children.delete(span);
    if (span.parent) this.#children.get(this.#byId.get(span.parent))?.delete(span);
    else if (--this.#openRoots === 0) this.#spent += this.now - this.#since;
    this.onEnd(span);
  }

  #addRoot(span) {
    this.roots.push(span);
    if (this.#openRoots++ === 0) this.#since = this.now;
  }

  #openIn(span) {
    let open = this.#children.get(span);
    if (!open) this.#children.set(span, (open = new Set()));
    return open;
  }
}
