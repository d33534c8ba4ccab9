// What a reader can tell the agent. Each gives {ok, error}: the error is in words for people.
import { giveCommand, startRun } from "./api.js";

async function attempt(action) {
  try {
    await action();
    return { ok: true, error: "" };
  } catch (failure) {
    return { ok: false, error: failure.message };
  }
}

// isRunning() tells whether a root run of our agent is under way.
export function commandsOf(id, isRunning) {
  const give = (command) => attempt(() => giveCommand(id, command));
  return {
    approve(approval_id, changed) {
      const command = { type: "approve", approval_id };
      return give(changed === undefined ? command : { ...command, arguments: changed });
    },
    deny(approval_id, reason) {
      const command = { type: "deny", approval_id };
      return give(reason ? { ...command, reason } : command);
    },
    stop(when = "now") {
      return give({ type: "cancel", when, reason: "stopped in the browser" });
    },
    // To the run that is under way, behind it (queue), or as the beginning of a run.
    send(text, { queue = false } = {}) {
      if (isRunning() && !queue) return give({ type: "user_message", text });
      return attempt(() => startRun(id, text, queue));
    },
  };
}
