// Traces of an agent outside, as `POST /v1/sessions/ID/events` takes them. The same calls give the
// same events, but for the time at which they begin.

const NO_USAGE = { prompt: 0, completion: 0, total: 0 };

export class Trace {
  #number = 0;
  #at;
  #runs = [];
  events = [];

  // start: when the first event happens, in ms since 1970; `name` tells the ids of traces apart.
  constructor({ start = Date.now(), name = "a" } = {}) {
    this.#at = start;
    this.name = name;
  }

  get length() {
    return this.events.length;
  }

  // The time goes on by so many ms before the next event.
  wait(ms) {
    this.#at += ms;
    return this;
  }

  // One event, of the run that was begun last and has not ended.
  add(type, data, more = {}) {
    const number = ++this.#number;
    const run = this.#runs.at(-1);
    const event = {
      schema: 1,
      seq: number,
      id: `0192f0c1-2345-7abc-8def-${number.toString(16).padStart(12, "0")}`,
      ts: new Date(this.#at).toISOString().replace("Z", "000000Z"),
      type,
      ...run,
      ...more,
      data,
    };
    this.events.push(event);
    return event;
  }

  begin(run_id, { agent = "assistant", model = "gpt-4o", provider = "scripted", tools = [], more = {} } = {}) {
    const parent = this.#runs.at(-1);
    this.#runs.push({
      run_id,
      ...(parent ? { parent_run_id: parent.run_id, depth: this.#runs.length } : {}),
      agent,
      model_id: model,
      ...more,
    });
    return this.add("run_started", { provider, model, max_rounds: 20, tools });
  }

  // A terminal event: the run is over.
  end(type, data) {
    const event = this.add(type, data);
    this.#runs.pop();
    return event;
  }

  #end(type, data, usage) {
    const rest = { iterations: 1, usage: { ...NO_USAGE, ...usage }, llm_calls: 1, tool_calls: 0, duration_ms: 1000 };
    return this.end(type, { ...data, ...rest });
  }

  complete(output = "done", usage = {}, cost = undefined) {
    return this.#end("run_completed", { finish_reason: "stop", output, ...(cost ? { cost } : {}) }, usage);
  }

  fail(error, error_code = "server_error") {
    return this.#end("run_failed", { error, error_code }, {});
  }

  cancel(reason) {
    return this.#end("run_cancelled", { reason }, {});
  }

  user(content) {
    return this.add("user_message", { message_id: `u${this.#number}`, content, role: "user" });
  }

  // A request to the model that answers with this text, token by token.
  answer(text, { turn = 1, reasoning = "", finish_reason = "stop", tool_calls = [], token_ms = 20 } = {}) {
    const message_id = `${this.name}m${this.#number}`;
    const more = { turn };
    const span_id = (this.#number + 1).toString(16).padStart(16, "0");
    this.add("model_started", {
      provider: "scripted", model: "gpt-4o", iteration: turn, attempt: 1, message_count: turn,
      stream: true, request_digest: "0".repeat(64),
    }, { ...more, span_id });
    for (const word of reasoning.match(/\S+\s*/g) ?? []) {
      this.wait(token_ms).add("reasoning_delta", { text: word, message_id }, more);
    }
    for (const word of text.match(/\S+\s*/g) ?? []) {
      this.wait(token_ms).add("token_delta", { text: word, message_id }, more);
    }
    for (const call of tool_calls) {
      this.wait(token_ms).add("tool_call_begin", { call_id: call.call_id, tool_name: call.tool_name, index: 0 }, more);
      this.wait(token_ms).add("tool_call_ready", call, more);
    }
    const usage = { prompt: 100 * turn, completion: 20, total: 100 * turn + 20 };
    return this.wait(token_ms).add("model_completed", {
      finish_reason, content: text, ...(reasoning ? { reasoning } : {}),
      ...(tool_calls.length ? { tool_calls } : {}), usage, time_to_first_token_ms: token_ms,
      duration_ms: 500,
    }, { ...more, span_id });
  }

  // A tool call that runs, says something and ends well.
  tool(call_id, tool_name, args, { output = "ok", lines = [], ms = 100, more = {} } = {}) {
    const span_id = (this.#number + 1).toString(16).padStart(16, "0");
    this.add("tool_call_started", { tool_name, call_id, arguments: args }, { span_id });
    for (const text of lines) {
      this.wait(ms / (lines.length + 1)).add("tool_output", { call_id, tool_name, stream: "stdout", text: `${text}\n` });
    }
    return this.wait(ms).add("tool_call_completed", {
      tool_name, call_id, success: true, output, duration_ms: ms, files_changed: [], ...more,
    }, { span_id });
  }
}

// Numbers that look random and are the same every time.
export function numbers(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

// A long session: turns with answers, reasoning and tools, until there are `wanted` events or some more.
export function longTrace(wanted, { start, runs = 50, seed = 1 } = {}) {
  const trace = new Trace({ start });
  const below = numbers(seed);
  const words = "the agent reads a file and writes what it has found into the report of this day".split(" ");
  const sentence = (size) => Array.from({ length: size }, () => words[below(words.length)]).join(" ");
  for (let run = 1; trace.length < wanted - 10; ++run) {
    trace.begin(`run-${run}`, { tools: ["bash", "read_file"] });
    trace.user(`Question ${run}: ${sentence(8)}`);
    for (let turn = 1; trace.length < Math.min(wanted - 10, (run * wanted) / runs); ++turn) {
      const more = { turn };
      trace.add("turn_started", { turn, max_turns: 200 }, more);
      const calls = Array.from({ length: below(3) }, (_, index) => ({
        call_id: `c${trace.length}-${index}`, tool_name: "bash", arguments: { command: `ls ${sentence(2)}` },
      }));
      trace.answer(sentence(20 + below(60)), {
        turn, tool_calls: calls, token_ms: 5, reasoning: below(3) === 0 ? sentence(20) : "",
        finish_reason: calls.length ? "tool_calls" : "stop",
      });
      for (const call of calls) {
        trace.tool(call.call_id, call.tool_name, call.arguments, {
          lines: Array.from({ length: below(20) }, (_, line) => `${line}: ${sentence(6)}`),
          output: sentence(12), ms: 200,
        });
      }
      trace.add("turn_ended", {
        turn, stop_reason: calls.length ? "tool_calls" : "stop",
        usage: { prompt: 100, completion: 20, total: 120 }, duration_ms: 800,
      }, more);
    }
    trace.complete(`Answer ${run}`, { prompt: 1000, completion: 200, total: 1200 }, 0.01);
  }
  while (trace.length < wanted - 1) trace.add("system_notice", { subsystem: "other", message: "A notice" });
  trace.add("system_notice", { subsystem: "other", message: "The very last event" });
  return trace.events;
}
