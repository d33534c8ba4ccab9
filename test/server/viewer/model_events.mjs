// Makes up events as a bus would have stamped them, for the tests of the viewer's model.

const START = Date.UTC(2026, 10, 20, 15, 4, 5);

export class Trace {
  constructor(envelope = {}) {
    this.envelope = { session_id: "s1", run_id: "r1", agent: "coder", ...envelope };
    this.events = [];
    this.seq = 0;
    this.ms = 0;
  }

  /// What follows belongs to this run; undefined members are left out.
  in(envelope) {
    this.envelope = { ...this.envelope, ...envelope };
    return this;
  }

  after(ms) {
    this.ms += ms;
    return this;
  }

  skip(count) {
    this.seq += count;
    return this;
  }

  add(type, data = {}, envelope = {}) {
    ++this.seq;
    const ts = new Date(START + this.ms).toISOString().replace("Z", "000000Z");
    const id = `01900000-0000-7000-8000-${String(this.seq).padStart(12, "0")}`;
    const event = { schema: 1, seq: this.seq, id, ts, type, ...this.envelope, ...envelope, data };
    this.events.push(JSON.parse(JSON.stringify(event)));
    return this;
  }
}

export const at = (ms) => START + ms;

export function feed(session, events) {
  for (const event of events) session.apply(event, JSON.stringify(event));
  return session;
}

const usage = (prompt, completion) => ({ prompt, completion, total: prompt + completion });

function request(trace, turn, message_id, pieces, calls, used) {
  trace.add("model_started", {
    provider: "scripted",
    model: "gpt-4o",
    iteration: turn,
    attempt: 1,
  });
  for (const text of pieces) trace.after(50).add("token_delta", { text, message_id });
  for (const { call_id, tool_name, arguments: json } of calls) {
    trace.after(20).add("tool_call_begin", { call_id, tool_name, index: 0 });
    trace.add("tool_call_delta", { call_id, delta: JSON.stringify(json) });
    trace.add("tool_call_ready", { call_id, tool_name, arguments: json });
  }
  trace.add("model_completed", {
    finish_reason: calls.length > 0 ? "tool_calls" : "stop",
    content: pieces.join(""),
    usage: used,
    time_to_first_token_ms: 50,
    duration_ms: 220,
    tool_calls: calls,
  });
  trace.add("message_committed", {
    message: { id: message_id, role: "assistant", content: pieces.join("") },
  });
}

/// "Calculate 2+2": one run, two turns, one tool call.
export function goldenRun(trace = new Trace()) {
  const call = { call_id: "tc1", tool_name: "calculator", arguments: { expr: "2+2" } };
  trace.add("run_started", { provider: "scripted", model: "gpt-4o", max_rounds: 50, tools: [] });
  trace.add("user_message", { message_id: "m1", content: "Calculate 2+2", role: "user" });
  trace.add("message_committed", { message: { id: "m1", role: "user", content: "Calculate 2+2" } });
  trace.in({ turn: 1 }).after(5).add("turn_started", { turn: 1, max_turns: 50 });
  trace.add("context_built", { message_count: 1, estimated_tokens: 70, tools_count: 1 });
  trace.add("status_update", { status: "thinking", detail: "Waiting for LLM response" });
  request(trace, 1, "m2", ["I'll", " use", " the", " calculator"], [call], usage(70, 15));
  trace.add("tool_call_started", call);
  trace.after(15).add("tool_call_completed", {
    ...call,
    arguments: undefined,
    success: true,
    output: "4",
    duration_ms: 15,
    files_changed: [],
  });
  trace.add("message_committed", {
    message: { id: "m3", role: "tool", content: "4", tool_call_id: "tc1" },
  });
  trace.add("turn_ended", {
    turn: 1,
    stop_reason: "tool_calls",
    usage: usage(70, 15),
    duration_ms: 240,
  });
  trace.in({ turn: 2 }).after(5).add("turn_started", { turn: 2, max_turns: 50 });
  request(trace, 2, "m4", ["The", " answer", " is", " 4"], [], usage(80, 10));
  trace.add("assistant_message", {
    message_id: "m4",
    content: "The answer is 4",
    metadata: { rounds: 2, input_tokens: 150, output_tokens: 25, total_tokens: 175, cost: 0.00035 },
  });
  trace.add("turn_ended", { turn: 2, stop_reason: "stop", usage: usage(80, 10), duration_ms: 210 });
  trace.in({ turn: undefined }).add("status_update", { status: "idle", detail: "Completed" });
  trace.add("usage_update", { usage: usage(150, 25), cost: 0.00035 });
  trace.add("run_completed", {
    finish_reason: "stop",
    iterations: 2,
    output: "The answer is 4",
    usage: usage(150, 25),
    llm_calls: 2,
    tool_calls: 1,
    duration_ms: 500,
    cost: 0.00035,
  });
  return trace;
}

/// A step inside of a step, a workflow in that one, a run in its step: only the spans tell it all.
export function nestedWork(trace = new Trace({ run_id: undefined, workflow_id: "w1" })) {
  const add = (type, data, span_id, parent_span_id, envelope = {}) =>
    trace.add(type, data, { span_id, parent_span_id, ...envelope });
  const inner = { workflow_id: "w2", parent_workflow_id: "w1" };
  const release = (step, step_name) => ({ workflow: "release", step, step_name });
  const news = { workflow: "news", step: 0, step_name: "draft" };
  add("workflow_started", { workflow: "release" }, "01");
  add("workflow_step_started", release(0, "gate"), "02", "01");
  add("workflow_step_started", release(1, "announce"), "03", "02");
  add("workflow_started", { workflow: "news" }, "04", "03", inner);
  add("workflow_step_started", news, "05", "04", inner);
  add("run_started", {}, "06", "05", { ...inner, run_id: "r1" });
  trace.after(5);
  add("run_completed", { usage: {}, duration_ms: 5 }, "06", "05", { ...inner, run_id: "r1" });
  add("workflow_step_completed", news, "05", "04", inner);
  add("workflow_completed", { workflow: "news" }, "04", "03", inner);
  add("workflow_step_completed", release(1, "announce"), "03", "02");
  add("workflow_step_completed", release(0, "gate"), "02", "01");
  add("workflow_step_started", release(2, "close"), "07", "01");
  add("workflow_step_completed", release(2, "close"), "07", "01");
  add("workflow_completed", { workflow: "release" }, "01");
  return trace;
}
