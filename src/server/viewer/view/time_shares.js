// Where the time went: every moment in which a run or a workflow was under way counts once, for what
// was going on then. A model request goes before waiting for approval, that before tools, that before the rest.

const WEIGHTS = {
  model: "model",
  approval: "waiting",
  tool: "tool",
  run: "other",
  background: "other",
  workflow: "other",
  step: "other",
};

function boundaries(spans, now) {
  const points = [];
  for (const span of spans) {
    const share = WEIGHTS[span.kind];
    const start = span.start;
    const end = Number.isFinite(span.end) ? span.end : Math.max(now, start);
    if (!share || !(end > start)) continue;
    points.push({ at: start, share, step: 1 }, { at: end, share, step: -1 });
  }
  return points.sort((a, b) => a.at - b.at);
}

function shareOf(open) {
  if (open.model > 0) return "model";
  if (open.waiting > 0) return "waiting";
  if (open.tool > 0) return "tool";
  return open.other > 0 ? "other" : null;
}

/// {model, tool, waiting, other, total} in milliseconds.
export function timeShares(spans, now) {
  const shares = { model: 0, tool: 0, waiting: 0, other: 0, total: 0 };
  const open = { model: 0, tool: 0, waiting: 0, other: 0 };
  let last = 0;
  for (const point of boundaries(spans, now)) {
    const share = shareOf(open);
    if (share) {
      shares[share] += point.at - last;
      shares.total += point.at - last;
    }
    open[point.share] += point.step;
    last = point.at;
  }
  return shares;
}
