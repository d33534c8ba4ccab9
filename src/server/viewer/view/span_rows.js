// Spans as the rows of the timeline: in the order of the tree, without what is folded away or does
// not pass the filter. Pure functions.

const NONE = Object.freeze([]);

// {roots, below: span id -> its children}
function treeOf(spans) {
  const below = new Map();
  const known = new Set();
  for (const span of spans) known.add(span.id);
  const roots = [];
  for (const span of spans) {
    const { parent } = span;
    if (parent === null || parent === span.id || !known.has(parent)) {
      roots.push(span);
      continue;
    }
    const list = below.get(parent);
    if (list) list.push(span);
    else below.set(parent, [span]);
  }
  return { roots, below };
}

// Those that pass, and everything above them.
function keptSpans(spans, passes) {
  const byId = new Map(spans.map((span) => [span.id, span]));
  const kept = new Set();
  for (const span of spans) {
    if (!passes(span)) continue;
    for (let one = span; one && !kept.has(one.id); one = byId.get(one.parent)) kept.add(one.id);
  }
  return kept;
}

/// {rows, hidden}: rows = [{span, level (from 1), position (from 1), siblings, foldable, folded,
/// waits (the approvals of a tool)}]; hidden = how many spans the filter left out.
/// folded: Set of ids; passes: null, or a function of a span.
export function spanRows(spans, folded, passes = null) {
  const kept = passes ? keptSpans(spans, passes) : null;
  const shown = kept ? spans.filter((span) => kept.has(span.id)) : spans;
  const { roots, below } = treeOf(shown);
  const rows = [];
  const rest = [];
  const add = (list, level) => {
    for (let i = list.length - 1; i >= 0; --i) {
      rest.push({ span: list[i], level, position: i + 1, siblings: list.length,
        foldable: false, folded: false, waits: NONE });
    }
  };
  add(roots, 1);
  while (rest.length > 0) {
    const row = rest.pop();
    rows.push(row);
    const children = below.get(row.span.id);
    if (!children) continue;
    row.foldable = true;
    row.folded = folded.has(row.span.id);
    if (row.span.kind === "tool") row.waits = children.filter((one) => one.kind === "approval");
    if (!row.folded) add(children, row.level + 1);
  }
  return { rows, hidden: spans.length - shown.length };
}

/// {start, end} of all spans; open ones reach to `now`. Null without spans.
export function timeBounds(spans, now) {
  let start = Infinity;
  let end = -Infinity;
  for (const span of spans) {
    if (!Number.isFinite(span.start)) continue;
    if (span.start < start) start = span.start;
    const until = Number.isFinite(span.end) ? span.end : Math.max(now, span.start);
    if (until > end) end = until;
  }
  return start <= end ? { start, end } : null;
}

/// The ids of everything above a span, the nearest first.
export function ancestorsOf(span, byId) {
  const ids = [];
  for (let one = byId(span?.parent); one && !ids.includes(one.id); one = byId(one.parent)) {
    ids.push(one.id);
  }
  return ids;
}
