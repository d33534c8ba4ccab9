// What is worth saying aloud to who cannot see the page: ends of runs, approvals, the connection.
// Not what was there already when the page was opened.
import { oneLine, visible } from "../model/format.js";

export class News {
  #say;
  #approvals = new Set();
  #ended = null; // runs that had ended when it was last looked
  #feed = "";

  constructor(say) {
    this.#say = say;
  }

  look(session, feed) {
    const { state } = session;
    const first = this.#ended === null || feed.state === "loading";
    const news = first ? [] : [...this.#newApprovals(state), ...this.#newEnds(state)];
    this.#approvals = new Set(state.pending_approvals.map((one) => one.approval_id));
    this.#ended = this.#count(state);
    if (feed.state !== this.#feed) {
      if (feed.state === "reconnecting") news.push("The connection was cut, trying again");
      if (feed.state === "live" && this.#feed === "reconnecting") news.push("Connected again");
      this.#feed = feed.state;
    }
    if (news.length > 0) this.#say(news.join(". "));
  }

  #count(state) {
    return state.ended_runs.length + (state.ended_runs_dropped ?? 0);
  }

  #newApprovals(state) {
    return state.pending_approvals
      .filter((one) => !this.#approvals.has(one.approval_id))
      .map((one) => `${oneLine(visible(String(one.tool_name)), 60)} waits for approval`);
  }

  #newEnds(state) {
    const news = this.#count(state) - this.#ended;
    if (news <= 0) return [];
    return state.ended_runs
      .slice(-news)
      .filter((run) => !run.depth)
      .map((run) => `Run ${run.state}`);
  }
}
