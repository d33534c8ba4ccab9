// The runs of a session as far as their spans and sums are concerned.

import { TimeAccount } from "./time_account.js";
import { TurnCosts } from "./turn_costs.js";
import { addCost, addUsage, noUsage } from "./usage.js";
import { textOf } from "./values.js";

class Run {
  constructor(run_id, span, parent) {
    this.run_id = run_id;
    this.span = span;
    this.account = new TimeAccount();
    // That of the whole tree of runs; only the outermost run has one of its own.
    this.tree_account = parent ? parent.tree_account : new TimeAccount();
    this.root = !parent;
    this.start = span.start;
    this.ended = false;
    this.turn = null;
    this.model = null;
    this.tools = new Map(); // call_id -> span
    this.working = new Set(); // spans of tools that were started
    this.turns = 0;
    this.llm_calls = 0;
    this.tool_calls = 0;
    this.usage = noUsage(); // of what has ended
    this.settled = noUsage(); // of turns that have ended
    this.cost = null; // as it was told last
    this.costs = new TurnCosts();
    this.duration_ms = null; // as its end said
    this.ttft = { sum: 0, count: 0 };
  }
}

function noTotals() {
  return {
    runs: 0,
    turns: 0,
    llm_calls: 0,
    tool_calls: 0,
    prompt: 0,
    completion: 0,
    total: 0,
    cached: 0,
    cost: null,
    unpriced: 0,
    open: 0,
    duration_ms: 0,
    model_ms: 0,
    tool_ms: 0,
    waiting_ms: 0,
    ttft_ms: null,
  };
}

export class RunBook {
  #tree;
  #runs = new Map(); // run_id -> its newest Run
  #all = [];
  #open = new Set();
  #byRun = new Map(); // run_id -> all of them
  #kept = null;

  constructor(tree) {
    this.#tree = tree;
    this.hosts = new Map(); // child_run_id -> {span, run}: the tool call or task it came from
    this.approvals = new Map(); // approval_id -> span
    this.tasks = new Map(); // task_id -> span
    this.works = new Map(); // workflows and steps
    this.work_spans = new Map(); // span_id of a workflow or step -> span
    this.counted = new Map(); // span -> what ends in the accounts when it ends
    tree.onEnd = (span) => this.#uncount(span);
  }

  /// The run of an event; one whose start was missed begins with its first event. Undefined for
  /// what belongs to none, null for what comes after the end of its run.
  runOf(event, run_id, type) {
    if (run_id === "") return undefined;
    const run = this.#runs.get(run_id);
    if (!run || (run.ended && type === "run_started")) return this.#start(event, run_id);
    if (run.ended) return null;
    if (run.span.end !== null) this.#continue(run);
    return run;
  }

  run(run_id) {
    return this.#runs.get(run_id);
  }

  /// Nothing more will come of the run.
  end(run) {
    run.ended = true;
    this.#open.delete(run);
  }

  openRuns() {
    return [...this.#open];
  }

  /// From now on the span counts as time of this kind, until it ends.
  count(span, run, kind) {
    this.uncount(span);
    const accounts =
      run.account === run.tree_account ? [run.account] : [run.account, run.tree_account];
    for (const account of accounts) account.change(kind, 1, this.#tree.now);
    this.counted.set(span, { accounts, kind });
  }

  /// The span goes on but is only around others, whose time counts.
  countInside(span, run) {
    const counted = this.counted.get(span);
    if (!counted || counted.accounts.length === 0) return;
    const left = counted.accounts.filter((account) => account !== run.tree_account);
    if (left.length < counted.accounts.length) {
      run.tree_account.change(counted.kind, -1, this.#tree.now);
    }
    counted.accounts = left;
  }

  uncount(span) {
    this.#uncount(span);
  }

  totals() {
    if (this.#kept?.version !== this.#tree.version) {
      this.#kept = { version: this.#tree.version, totals: this.#sum(this.#all, true) };
    }
    return { ...this.#kept.totals };
  }

  runTotals(run_id) {
    return this.#sum(this.#byRun.get(run_id) ?? [], false);
  }

  #start(event, run_id) {
    const host = this.hosts.get(run_id);
    const parent = host?.run ?? this.#runs.get(textOf(event.parent_run_id));
    const open = parent && parent.span.end === null ? parent : undefined;
    const work = this.work_spans.get(textOf(event.parent_span_id));
    const workflow = this.works.get(textOf(event.workflow_id));
    const places = [host?.span, work, open?.span, workflow];
    const place = places.find((span) => span && span.end === null);
    const agent = textOf(event.agent);
    const span = this.#tree.open("run", agent || "agent", place, { run_id, agent });
    // A task works beside its parent, so its time is its own.
    const run = new Run(run_id, span, host?.beside ? undefined : open);
    if (host && !host.beside && host.span && open) this.countInside(host.span, open);
    this.#runs.set(run_id, run);
    this.#all.push(run);
    this.#open.add(run);
    const same = this.#byRun.get(run_id);
    if (same) same.push(run);
    else this.#byRun.set(run_id, [run]);
    return run;
  }

  /// The run goes on although the one around it has ended: beside it, then.
  #continue(run) {
    const { name, run_id, agent } = run.span;
    run.span = this.#tree.open("run", name, null, { run_id, agent });
    run.turn = null;
    run.model = null;
    run.tools.clear();
    run.working.clear();
  }

  #uncount(span) {
    const counted = this.counted.get(span);
    if (!counted) return;
    this.counted.delete(span);
    for (const account of counted.accounts) account.change(counted.kind, -1, this.#tree.now);
  }

  /// `whole`: time is that of the trees of runs and of the session, else that of each run.
  #sum(runs, whole) {
    const sum = noTotals();
    if (whole) sum.duration_ms = this.#tree.open_ms;
    let usage = noUsage();
    let ttft = 0;
    let answers = 0;
    for (const run of runs) {
      usage = addUsage(usage, run.usage);
      sum.runs += 1;
      sum.turns += run.turns;
      sum.llm_calls += run.llm_calls;
      sum.tool_calls += run.tool_calls;
      if (run.cost !== null) sum.cost = addCost(sum.cost ?? 0, run.cost);
      else if (run.span.end !== null && run.usage.total > 0) sum.unpriced += 1;
      if (run.span.end === null) sum.open += 1;
      ttft += run.ttft.sum;
      answers += run.ttft.count;
      if (!whole || run.root) this.#addTime(sum, whole ? run.tree_account : run.account);
      if (!whole) sum.duration_ms += this.#durationOf(run);
    }
    const { prompt, completion, total, cached = 0 } = usage;
    return {
      ...sum,
      prompt,
      completion,
      total,
      cached,
      ttft_ms: answers > 0 ? ttft / answers : null,
    };
  }

  #addTime(sum, account) {
    const spent = account.until(this.#tree.now);
    sum.model_ms += spent.model;
    sum.tool_ms += spent.tool;
    sum.waiting_ms += spent.waiting;
  }

  #durationOf(run) {
    return run.duration_ms ?? (run.span.end ?? this.#tree.now) - run.start;
  }
}
