// Talks to the service as an application does that uses @ag-ui/client, with its verifier.
// node ag_ui.mjs MODULES URL TOKEN SCENARIO
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modulesPath, url, token, scenario] = process.argv.slice(2);
const { HttpAgent, buildResumeArray } = createRequire(pathToFileURL(modulesPath + "/"))("@ag-ui/client");

// The client warns of what it does not know, and leaves it out: there must be nothing of that kind.
const warnings = [];
console.warn = (...texts) => warnings.push(texts.join(" "));

const agent = new HttpAgent({
  url: `${url}/ag-ui`,
  headers: { Authorization: `Bearer ${token}` },
  threadId: `thread-${scenario}`,
});

let messages = 0;
async function run({ say, ...parameters } = {}) {
  if (say) agent.addMessage({ id: `said-${++messages}`, role: "user", content: say });
  const events = [];
  const { result, newMessages } = await agent.runAgent(parameters, {
    onEvent: ({ event }) => void events.push(event),
  });
  const last = events.at(-1);
  assert.equal(events[0].type, "RUN_STARTED");
  assert.equal(events[0].threadId, agent.threadId);
  assert.equal(last.runId ?? events[0].runId, events[0].runId);
  return { result, newMessages, events, last, types: events.map((event) => event.type) };
}

const texts = (list) => list.filter((m) => m.role === "assistant" && m.content).map((m) => m.content);

const color = {
  name: "pick_color",
  description: "Asks the person for a colour",
  parameters: { type: "object", properties: { kind: { type: "string" } }, required: ["kind"] },
};

const scenarios = {
  async answer() {
    const { last, newMessages, result } = await run({ say: "hello" });
    assert.equal(last.outcome.type, "success");
    assert.deepEqual(texts(newMessages), ["Hi there"]);
    assert.equal(result, "Hi there");
    assert.deepEqual(last.usage, [
      { provider: "scripted", model: "test-model", inputTokens: 5, outputTokens: 2, totalTokens: 7 },
    ]);
  },

  async server_tool() {
    const { last, newMessages } = await run({ say: "Calculate 2+2" });
    assert.equal(last.outcome.type, "success");
    const [call, result, answer] = newMessages;
    assert.equal(call.content, "I'll use the calculator");
    assert.deepEqual(JSON.parse(call.toolCalls[0].function.arguments), { expr: "2+2" });
    assert.equal(result.role, "tool");
    assert.equal(result.toolCallId, call.toolCalls[0].id);
    assert.equal(result.content, "4");
    assert.equal(answer.content, "The answer is 4");
  },

  async client_tool() {
    const first = await run({ say: "color?", tools: [color] });
    assert.equal(first.last.type, "RUN_FINISHED");
    assert.deepEqual(first.last.outcome, { type: "success", pendingToolCallIds: ["pick1"] });
    agent.addMessage({ id: "r1", role: "tool", toolCallId: "pick1", content: "blue" });
    const second = await run({ tools: [color] });
    assert.deepEqual(second.last.outcome, { type: "success" });
    assert.deepEqual(texts(second.newMessages), ["You picked blue"]);
    assert.equal(agent.messages.filter((m) => m.role === "tool").length, 1);
    const third = await run({ say: "hello", tools: [color] });
    assert.deepEqual(texts(third.newMessages), ["Hi there"]);
  },

  // Nobody answers the call: the next message begins anew.
  async unanswered_tool() {
    const first = await run({ say: "color?", tools: [color] });
    assert.deepEqual(first.last.outcome.pendingToolCallIds, ["pick1"]);
    const second = await run({ say: "hello", tools: [color] });
    assert.deepEqual(texts(second.newMessages), ["Hi there"]);
  },

  async approve() {
    const first = await run({ say: "delete" });
    assert.equal(first.last.outcome.type, "interrupt");
    const [interrupt] = agent.pendingInterrupts;
    assert.equal(interrupt.reason, "tool_call");
    assert.equal(interrupt.toolCallId, "del1");
    assert.deepEqual(interrupt.metadata, { toolName: "remove", arguments: { name: "a.txt" } });
    await assert.rejects(run({ say: "hello" }), /not addressed by resume/);
    agent.setMessages(agent.messages.filter((m) => m.content !== "hello"));
    const resume = buildResumeArray(agent.pendingInterrupts, {
      [interrupt.id]: { status: "resolved", payload: { approved: true } },
    });
    const second = await run({ resume });
    assert.deepEqual(second.last.outcome, { type: "success" });
    assert.deepEqual(second.newMessages.map((m) => m.content), ["removed a.txt", "It is gone"]);
  },

  async approve_with_other_arguments() {
    await run({ say: "delete" });
    const payload = { approved: true, arguments: { name: "b.txt" } };
    const resume = [{ interruptId: agent.pendingInterrupts[0].id, status: "resolved", payload }];
    const { newMessages } = await run({ resume });
    assert.equal(newMessages[0].content, "removed b.txt");
  },

  async deny() {
    await run({ say: "delete" });
    const resume = [{ interruptId: agent.pendingInterrupts[0].id, status: "cancelled" }];
    const { last, newMessages } = await run({ resume });
    assert.deepEqual(last.outcome, { type: "success" });
    assert.match(newMessages[0].content, /^E_CONFIRMED_DENY/);
    assert.deepEqual(texts(newMessages), ["I left it"]);
  },

  // Two approvals and a call for the client at once; the client answers one after the other.
  async several_at_once() {
    const first = await run({ say: "everything", tools: [color] });
    assert.equal(first.last.outcome.type, "interrupt");
    assert.equal(agent.pendingInterrupts.length, 2);
    const resume = agent.pendingInterrupts.map(({ id }) => ({
      interruptId: id,
      status: "resolved",
      payload: true,
    }));
    const second = await run({ resume, tools: [color] });
    assert.deepEqual(second.last.outcome, { type: "success", pendingToolCallIds: ["p"] });
    agent.addMessage({ id: "r1", role: "tool", toolCallId: "p", content: "blue" });
    const third = await run({ tools: [color] });
    assert.deepEqual(texts(third.newMessages), ["All done"]);
  },

  // More calls than run at the same time: the fifth one is asked about when there is room for it.
  async more_than_at_once() {
    const approvals = () =>
      agent.pendingInterrupts.map(({ id }) => ({ interruptId: id, status: "resolved", payload: true }));
    await run({ say: "five" });
    assert.equal(agent.pendingInterrupts.length, 4);
    await run({ resume: approvals() });
    assert.equal(agent.pendingInterrupts.length, 1);
    const { newMessages } = await run({ resume: approvals() });
    assert.deepEqual(texts(newMessages), ["All done"]);
    assert.equal(agent.messages.filter((m) => m.role === "tool").length, 5);
  },

  async subagent_asks() {
    const first = await run({ say: "delegate the removal" });
    assert.equal(first.last.outcome.type, "interrupt");
    const [interrupt] = agent.pendingInterrupts;
    const suspended = first.events.find((event) => event.type === "SUBAGENT_FINISHED");
    assert.deepEqual(suspended.outcome, { type: "suspended", interruptIds: [interrupt.id] });
    assert.equal(interrupt.subagentRunId, suspended.subagentRunId);
    const resume = [{ interruptId: interrupt.id, status: "resolved", payload: { approved: true } }];
    const { last, newMessages } = await run({ resume });
    assert.deepEqual(last.outcome, { type: "success" });
    assert.ok(newMessages.some((m) => m.content === "removed a.txt" && m.subagentRunId));
    assert.deepEqual(texts(newMessages), ["It is gone", "The helper says so"]);
  },

  async error() {
    const { last, types } = await run({ say: "fail" });
    assert.equal(last.type, "RUN_ERROR");
    assert.equal(last.code, "authentication");
    assert.equal(types.filter((type) => type === "RUN_FINISHED").length, 0);
    const again = await run({ say: "hello" });
    assert.deepEqual(texts(again.newMessages), ["Hi there"]);
  },

  async subagent() {
    const { last, newMessages, types } = await run({ say: "delegate" });
    assert.equal(last.outcome.type, "success");
    assert.ok(types.includes("SUBAGENT_STARTED") && types.includes("SUBAGENT_FINISHED"));
    const inner = newMessages.find((m) => m.role === "assistant" && m.content === "Looked it up");
    assert.ok(inner.subagentRunId);
    assert.deepEqual(texts(newMessages).at(-1), "The helper says so");
  },

  async turns() {
    assert.deepEqual(texts((await run({ say: "hello" })).newMessages), ["Hi there"]);
    assert.deepEqual(texts((await run({ say: "Calculate 2+2" })).newMessages).at(-1), "The answer is 4");
    assert.deepEqual(texts((await run({ say: "what did I say first?" })).newMessages), ["hello"]);
  },

  // A thread that began elsewhere.
  async history() {
    agent.setMessages([
      { id: "1", role: "user", content: "my name is Ada" },
      { id: "2", role: "assistant", content: "Hello Ada" },
    ]);
    const { newMessages } = await run({ say: "what did I say first?" });
    assert.deepEqual(texts(newMessages), ["my name is Ada"]);
  },

  async context() {
    const context = [{ description: "The page", value: "inbox" }];
    const { newMessages } = await run({ say: "what do you know?", context });
    assert.deepEqual(texts(newMessages), ["Context from the application:\n- The page: inbox"]);
  },

  async refused_tool() {
    const tools = [{ ...color, name: "calculator" }];
    await assert.rejects(run({ say: "hello", tools }), /HTTP 400.*calculator/);
  },
};

console.error = () => {};  // the client says there what it throws too
await scenarios[scenario]();
assert.deepEqual(warnings, []);
console.log("well done");
