// Sums of tokens and of money. A usage is {prompt, completion, total, cached?, cache_write?,
// reasoning?}; absent plus absent stays absent. Money is a number of US dollars; it is added in
// billionths, so that sums do not drift.

import { numberOf, numberOrNull, objectOf } from "./values.js";

const NANOS = 1e9;

export function noUsage() {
  return { prompt: 0, completion: 0, total: 0 };
}

/// A copy that holds numbers only.
export function usageOf(json) {
  const given = objectOf(json);
  const usage = {
    prompt: numberOf(given.prompt),
    completion: numberOf(given.completion),
    total: numberOf(given.total),
  };
  for (const member of ["cached", "cache_write", "reasoning"]) {
    const value = numberOrNull(given[member]);
    if (value !== null) usage[member] = value;
  }
  return usage;
}

/// A new usage.
export function addUsage(a, b) {
  const sum = {
    prompt: a.prompt + b.prompt,
    completion: a.completion + b.completion,
    total: a.total + b.total,
  };
  if (a.cached !== undefined || b.cached !== undefined)
    sum.cached = (a.cached ?? 0) + (b.cached ?? 0);
  if (a.cache_write !== undefined || b.cache_write !== undefined) {
    sum.cache_write = (a.cache_write ?? 0) + (b.cache_write ?? 0);
  }
  if (a.reasoning !== undefined || b.reasoning !== undefined) {
    sum.reasoning = (a.reasoning ?? 0) + (b.reasoning ?? 0);
  }
  return sum;
}

/// Dollars, exact to the billionth.
export function addCost(a, b) {
  return (Math.round(a * NANOS) + Math.round(b * NANOS)) / NANOS;
}

/// Dollars, or null where none are said.
export function costOf(value) {
  const usd = numberOrNull(value);
  return usd === null ? null : Math.round(usd * NANOS) / NANOS;
}
