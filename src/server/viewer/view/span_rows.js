// Spans as the rows of the timeline: in the order of the tree, without what is folded away or does
// not pass the filter. Pure functions.

function childrenOf(spans) {
  const known = new Set(spans.map((span) => span.id));
  const children = new Map([[null, []]]);
  for (const span of spans) {
    const parent = known.has(span.parent) && span.parent !== span.id ? span.parent : null;
    if (!children.has(parent)) children.set(parent, []);
    children.get(parent).push(span);
  }
  return children;
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
  const children = childrenOf(shown);
  const rows = [];
  const rest = [];
  const add = (list, level) => {
    for (let i = list.length - 1; i >= 0; --i) {
      rest.push({ span: list[i], level, position: i + 1, siblings: list.length });
    }
  };
  add(children.get(null), 1);
  while (rest.length > 0) {
    const row = rest.pop();
    const below = children.get(row.span.id) ?? [];
    const shut = folded.has(row.span.id);
    const waits = row.span.kind === "tool" ? below.filter((one) => one.kind === "approval") : [];
    rows.push({ ...row, foldable: below.length > 0, folded: shut && below.length > 0, waits });
    if (!shut) add(below, row.level + 1);
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
