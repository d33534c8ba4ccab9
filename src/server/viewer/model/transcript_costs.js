// The part of the transcript for what runs and their turns cost.

import { usageOf } from "./usage.js";

/// So much is known now of turns, which are not those of the event at hand.
export function setTurnCosts(scribe, costs) {
  for (const { key, cost, about } of costs) {
    Object.assign(key, { cost, cost_about: about });
    scribe.tree.touch(key);
  }
}

/// The run has cost so much up to now, for so many tokens.
export function tellCost(scribe, cost, total) {
  setTurnCosts(scribe, scribe.run.costs.tell(cost, total));
}

export const COST_HANDLERS = [
  ["usage_update", (scribe, p) => tellCost(scribe, p.cost, usageOf(p.usage).total)],
];
