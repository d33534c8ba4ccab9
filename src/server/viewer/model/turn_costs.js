// What each turn of a run has cost. Events tell only what the run has cost so far: the difference
// between two tellings is that of the turns between them. One turn has all of it; several share it
// by their tokens, and each such part is marked as `about`.

import { addCost, costOf } from "./usage.js";

// What most models take for a token of output, and for one of input from the cache, where a token of
// input is 1.
const OUTPUT_WEIGHT = 4;
const CACHED_WEIGHT = 0.25;

function weightOf({ prompt, completion, cached = 0 }) {
  return Math.max(prompt - cached * (1 - CACHED_WEIGHT) + completion * OUTPUT_WEIGHT, 0);
}

function sumOf(turns, value) {
  return turns.reduce((sum, turn) => sum + value(turn), 0);
}

export class TurnCosts {
  #told = { cost: 0, total: 0 };
  #waiting = null; // what was told while a turn was under way
  #open = null;
  #turns = []; // [{key, usage}] that have ended since then

  /// A turn of the run begins; the one before has ended.
  begin(key) {
    this.#open = key;
  }

  /// The turn under way has ended and used so much. Gives the costs that are known now.
  end(usage) {
    if (this.#open === null) return [];
    this.#turns.push({ key: this.#open, usage });
    this.#open = null;
    const waiting = this.#waiting;
    this.#waiting = null;
    return waiting ? this.#share(waiting) : [];
  }

  /// The run has cost `cost` dollars so far (null: not known) and has used `total` tokens. Gives
  /// [{key, cost, about}] of the turns whose cost is known now.
  tell(cost, total) {
    const told = { cost: costOf(cost), total };
    if (told.cost === null) return [];
    if (this.#open === null) return this.#share(told);
    this.#waiting = told;
    return [];
  }

  #share({ cost, total }) {
    const turns = this.#turns;
    const spent = addCost(cost, -this.#told.cost);
    const used = total - this.#told.total;
    this.#told = { cost, total };
    this.#turns = [];
    const seen = sumOf(turns, ({ usage }) => usage.total);
    if (!(spent >= 0)) return [];
    if (turns.length === 1 && used === seen) {
      return [{ key: turns[0].key, cost: spent, about: false }];
    }
    const whole = sumOf(turns, ({ usage }) => weightOf(usage));
    if (!(whole > 0)) return [];
    // Some of it is that of turns that were missed.
    const part = used > seen ? seen / used : 1;
    return turns.map(({ key, usage }) => {
      const share = costOf((spent * part * weightOf(usage)) / whole);
      return { key, cost: share, about: true };
    });
  }
}
