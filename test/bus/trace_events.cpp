#include "trace_events.hpp"

#include <initializer_list>
#include <string_view>

namespace strandbus::test {
namespace {

const json::value path_arguments = json::object{{"path", "a.txt"}};
const json::value task_arguments = json::object{{"task", "count"}};

ToolCall call_of(std::string id, std::string tool, json::value arguments) {
  ToolCall call;
  call.call_id = std::move(id);
  call.tool_name = std::move(tool);
  call.arguments = std::move(arguments);
  return call;
}

Message message_of(std::string id, Role role, std::string content, std::string call_id = {}) {
  Message message;
  message.id = std::move(id);
  message.role = role;
  message.content = std::move(content);
  message.tool_call_id = std::move(call_id);
  return message;
}

void say(const Publisher& request, std::string_view message_id,
         std::initializer_list<std::string_view> pieces) {
  for (const std::string_view piece : pieces)
    request.publish(TokenDelta{.text = std::string(piece), .message_id = std::string(message_id)});
}

/// One turn that answers with a text.
void answer(const Publisher& turn, std::int64_t number, const std::string& message_id) {
  turn.publish(TurnStarted{.turn = number, .max_turns = 9});
  const Publisher request = turn.span(Publisher::new_span());
  request.publish(ModelStarted{.provider = "p", .model = "m", .iteration = number});
  request.publish(ReasoningDelta{.text = "easy", .message_id = message_id});
  say(request, message_id, {"It is", " done"});
  request.publish(ModelCompleted{.content = "It is done",
                                 .reasoning = "easy",
                                 .usage = {.prompt = 5, .completion = 2, .total = 7}});
  turn.publish(MessageCommitted{.message = message_of(message_id, Role::assistant, "It is done")});
  turn.publish(TurnEnded{.turn = number, .usage = {.prompt = 5, .completion = 2, .total = 7}});
}

/// The run of a sub-agent: one turn.
void child_run(const Publisher& parent, std::string run_id) {
  RunContext context = parent.context();
  context.parent_run_id = context.run_id;
  context.run_id = std::move(run_id);
  context.agent = "counter";
  context.depth += 1;
  const Publisher run =
      parent.run(std::move(context)).span(Publisher::new_span(), parent.current_span());
  run.publish(RunStarted{.provider = "p", .model = "m", .max_rounds = 9});
  answer(run.turn(1).span(Publisher::new_span()), 1, "m5");
  const Usage usage{.prompt = 5, .completion = 2, .total = 7};
  run.publish(UsageUpdate{.usage = usage});
  run.publish(
      RunCompleted{.iterations = 1, .output = "It is done", .usage = usage, .llm_calls = 1});
}

void stream_calls(const Publisher& request) {
  request.publish(ToolCallBegin{.call_id = "c1", .tool_name = "read_file", .index = 0});
  request.publish(ToolCallDelta{.call_id = "c1", .delta = R"({"path":)"});
  request.publish(ToolCallDelta{.call_id = "c1", .delta = R"("a.txt"})"});
  request.publish(ToolCallBegin{.call_id = "c2", .tool_name = "task", .index = 1});
  request.publish(ToolCallDelta{.call_id = "c2", .delta = R"({"task":"count"})"});
  request.publish(
      ToolCallReady{.call_id = "c1", .tool_name = "read_file", .arguments = path_arguments});
  request.publish(ToolCallReady{.call_id = "c2", .tool_name = "task", .arguments = task_arguments});
}

/// A request that fails after its first words, and then succeeds.
void ask_for_tools(const Publisher& turn) {
  const Publisher request = turn.span(Publisher::new_span());
  request.publish(ModelStarted{.provider = "p", .model = "m", .iteration = 1});
  say(request, "m2", {"I'll", " try"});
  request.publish(ModelFailed{.error = "reset", .error_code = ErrorCode::network});
  request.publish(MessageDiscarded{.message_id = "m2", .attempt = 1, .reason = "reset"});
  request.publish(Retry{.attempt = 2, .max_attempts = 3, .reason = "reset"});
  request.publish(ModelStarted{.provider = "p", .model = "m", .iteration = 1, .attempt = 2});
  say(request, "m2", {"I'll", " look"});
  stream_calls(request);
  ModelCompleted completed;
  completed.finish_reason = FinishReason::tool_calls;
  completed.content = "I'll look";
  completed.tool_calls.push_back(call_of("c1", "read_file", path_arguments));
  completed.tool_calls.push_back(call_of("c2", "task", task_arguments));
  completed.usage = {.prompt = 10, .completion = 5, .total = 15};
  request.publish(completed);
  Message message = message_of("m2", Role::assistant, "I'll look");
  message.tool_calls = completed.tool_calls;
  turn.publish(MessageCommitted{.message = std::move(message)});
}

void run_tools(const Publisher& turn) {
  const Publisher approval = turn.span(Publisher::new_span());
  const Publisher reading = turn.span(Publisher::new_span());
  const Publisher task = turn.span(Publisher::new_span());
  const Publisher agent = task.span(Publisher::new_span());
  approval.publish(
      ApprovalRequested{.approval_id = "a1", .call_id = "c1", .tool_name = "read_file"});
  task.publish(ToolCallStarted{.tool_name = "task", .call_id = "c2", .arguments = task_arguments});
  agent.publish(SubagentStarted{.agent = "counter", .child_run_id = "r2", .call_id = "c2"});
  approval.publish(ApprovalResolved{
      .approval_id = "a1", .call_id = "c1", .decision = ApprovalDecision::approved});
  reading.publish(
      ToolCallStarted{.tool_name = "read_file", .call_id = "c1", .arguments = path_arguments});
  reading.publish(ToolOutput{.call_id = "c1", .tool_name = "read_file", .text = "line"});
  child_run(agent, "r2");
  reading.publish(ToolCallCompleted{.tool_name = "read_file", .call_id = "c1", .success = true});
  agent.publish(SubagentFinished{.agent = "counter", .child_run_id = "r2"});
  task.publish(ToolCallCompleted{.tool_name = "task", .call_id = "c2", .success = true});
  turn.publish(MessageCommitted{.message = message_of("m3", Role::tool, "line", "c1")});
  turn.publish(MessageCommitted{.message = message_of("m4", Role::tool, "done", "c2")});
}

void root_run(const Publisher& run) {
  run.publish(RunStarted{.provider = "p", .model = "m", .max_rounds = 9});
  run.publish(UserMessage{.message_id = "m1", .content = "go"});
  run.publish(MessageCommitted{.message = message_of("m1", Role::user, "go")});
  const Publisher turn = run.turn(1).span(Publisher::new_span());
  turn.publish(TurnStarted{.turn = 1, .max_turns = 9});
  ask_for_tools(turn);
  run_tools(turn);
  turn.publish(TurnEnded{.turn = 1, .usage = {.prompt = 12, .completion = 6, .total = 18}});
  answer(run.turn(2).span(Publisher::new_span()), 2, "m6");
  const Usage usage{.prompt = 17, .completion = 8, .total = 25};  // 3 of them of what failed
  run.publish(StatusUpdate{.status = AgentStatus::idle, .detail = "Completed"});
  run.publish(UsageUpdate{.usage = usage, .cost = NanoUsd{5}});
  RunCompleted completed;
  completed.iterations = 2;
  completed.output = "It is done";
  completed.usage = usage;
  completed.cost = NanoUsd{5};
  completed.llm_calls = 3;
  completed.tool_calls = 2;
  run.publish(completed);
}

}  // namespace

Trace full_trace() {
  Trace events;
  RunContext context;
  context.session_id = "s1";
  context.workflow_id = "w1";
  const Publisher session(context,
                          [&events](const StreamEvent& event) { events.push_back(event); });
  const Publisher workflow = session.span(Publisher::new_span());
  const Publisher step = workflow.span(Publisher::new_span());
  workflow.publish(WorkflowStarted{.workflow = "build"});
  step.publish(WorkflowStepStarted{.workflow = "build", .step = 0, .step_name = "count"});
  context.run_id = "r1";
  context.agent = "coder";
  const Publisher task = step.span(Publisher::new_span());
  task.publish(BackgroundTaskStarted{.task_id = "b1", .name = "watch", .child_run_id = "r9"});
  root_run(step.run(std::move(context)).span(Publisher::new_span(), step.current_span()));
  task.publish(BackgroundTaskFinished{.task_id = "b1", .name = "watch", .child_run_id = "r9"});
  step.publish(WorkflowStepCompleted{.workflow = "build", .step = 0, .step_name = "count"});
  workflow.publish(WorkflowCompleted{.workflow = "build"});
  return restamped(std::move(events));
}

}  // namespace strandbus::test
