// The runs of a session as the top of the page offers them. Pure functions.
import { clock, count, oneLine } from "../model/format.js";

const AGENT_LENGTH = 40;

function nameOfRun(run, number) {
  const agent = oneLine(run.agent, AGENT_LENGTH) || "agent";
  const parts = [run.depth > 0 ? `${agent} (nested)` : agent, oneLine(run.state, 20)];
  if (run.started) parts.push(clock(Date.parse(run.started)));
  return `${count(number)}: ${parts.join(", ")}`;
}

/// The runs of a session state to choose from, in the order of their start, those inside of others
/// too: {label, runs: [{run_id, name}]}. The label counts all that there were.
export function runChoices({ ended_runs, ended_runs_dropped, runs }) {
  const known = [...ended_runs, ...runs];
  known.sort((a, b) => (Date.parse(a.started) || 0) - (Date.parse(b.started) || 0));
  const all = count(known.length + ended_runs_dropped);
  return {
    label: ended_runs_dropped > 0 ? `${count(known.length)} of ${all} runs…` : `${all} runs…`,
    runs: known.map((run, index) => ({
      run_id: String(run.run_id),
      name: nameOfRun(run, ended_runs_dropped + index + 1),
    })),
  };
}
