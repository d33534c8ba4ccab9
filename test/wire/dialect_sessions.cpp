#include "wire/dialect_sessions.hpp"

#include <boost/json/object.hpp>

#include <string_view>

namespace strandbus::testing {
namespace {

using namespace std::chrono_literals;

constexpr SpanId run_span = 1;
constexpr SpanId turn_span = 0x10;
constexpr SpanId call_span = 0x16;
constexpr SpanId agent_call_span = 0x19;
constexpr SpanId subagent_span = 0x1a;
constexpr SpanId child_span = 0x100;
constexpr SpanId child_turn_span = 0x110;

const json::value list_files = json::object{{"command", "ls"}};
const json::value remove_files = json::object{{"command", "rm -r src"}};
const json::value ask_researcher = json::object{{"task", "look it up"}};

void begin_run(EventList& list, std::string_view question) {
  list.span(run_span, 0);
  list.add(RunStarted{.provider = "scripted",
                      .model = "gpt-4o",
                      .max_rounds = 50,
                      .tools = {"bash", "researcher"}});
  list.add(UserMessage{.message_id = "m1", .content = std::string(question)});
  list.add(MessageCommitted{.message = {"m1", Role::user, std::string(question)}});
}

void begin_turn(EventList& list, std::int32_t turn, SpanId span, SpanId parent) {
  list.span(span, parent).turn(turn).after(5ms);
  list.add(TurnStarted{.turn = turn, .max_turns = 50});
  list.add(ContextBuilt{.message_count = turn, .estimated_tokens = 90, .tools_count = 2});
  list.add(StatusUpdate{.status = AgentStatus::thinking, .detail = "Waiting for LLM response"});
}

void begin_request(EventList& list, std::int64_t turn, std::int64_t attempt) {
  list.after(1ms).add(ModelStarted{.provider = "scripted",
                                   .model = "gpt-4o",
                                   .iteration = turn,
                                   .attempt = attempt,
                                   .message_count = turn,
                                   .request_digest = "digest"});
}

void add_call(EventList& list, const char* id, const char* tool, std::int64_t index,
              const json::value& arguments, std::string_view text) {
  list.after(2ms).add(ToolCallBegin{.call_id = id, .tool_name = tool, .index = index});
  const std::size_t half = text.size() / 2;
  list.add(ToolCallDelta{.call_id = id, .delta = std::string(text.substr(0, half))});
  list.add(ToolCallDelta{.call_id = id, .delta = std::string(text.substr(half))});
  list.add(ToolCallReady{.call_id = id, .tool_name = tool, .arguments = arguments});
}

void answer_call(EventList& list, const char* message, const char* call, const char* output) {
  list.add(MessageCommitted{.message = {message, Role::tool, output, {}, call}});
}

/// A request that breaks off after its first words, and is made again.
void ask_twice(EventList& list) {
  list.span(turn_span + 1, turn_span);
  begin_request(list, 1, 1);
  list.after(20ms).add(TokenDelta{.text = "Let me", .message_id = "m2"});
  list.after(9ms).add(ModelFailed{
      .error = "the connection was lost", .error_code = ErrorCode::network, .duration_ms = 30});
  list.span(turn_span, run_span);
  list.add(MessageDiscarded{.message_id = "m2", .attempt = 1, .reason = "the connection was lost"});
  list.add(Retry{.attempt = 2,
                 .max_attempts = 3,
                 .delay_ms = 100,
                 .reason = "the connection was lost",
                 .error_code = ErrorCode::network,
                 .provider = "scripted"});
  list.after(100ms).span(turn_span + 2, turn_span);
  begin_request(list, 1, 2);
  list.after(10ms).add(ReasoningDelta{.text = "Three things", .message_id = "m2"});
  list.after(10ms).add(TokenDelta{.text = "I will", .message_id = "m2"});
  list.after(10ms).add(TokenDelta{.text = " look", .message_id = "m2"});
  add_call(list, "c1", "bash", 0, list_files, R"({"command":"ls"})");
  add_call(list, "c2", "bash", 1, remove_files, R"({"command":"rm -r src"})");
  add_call(list, "c3", "researcher", 2, ask_researcher, R"({"task":"look it up"})");
  const std::vector<ToolCall> calls = {{"c1", "bash", list_files},
                                       {"c2", "bash", remove_files},
                                       {"c3", "researcher", ask_researcher}};
  list.after(1ms).add(ModelCompleted{.finish_reason = FinishReason::tool_calls,
                                     .content = "I will look",
                                     .reasoning = "Three things",
                                     .tool_calls = calls,
                                     .usage = {100, 20, 120},
                                     .response_id = "r1",
                                     .time_to_first_token_ms = 10,
                                     .duration_ms = 38});
  list.span(turn_span, run_span);
  list.add(MessageCommitted{.message = {"m2", Role::assistant, "I will look", calls}});
}

void approved_call(EventList& list) {
  list.span(turn_span + 5, turn_span)
      .add(ApprovalRequested{.approval_id = "a1",
                             .call_id = "c1",
                             .tool_name = "bash",
                             .arguments = list_files,
                             .reason = "it runs a command"});
  list.span(turn_span, run_span);
  list.add(StatusUpdate{.status = AgentStatus::waiting_approval, .detail = "bash"});
  list.after(900ms).span(turn_span + 5, turn_span);
  list.add(ApprovalResolved{
      .approval_id = "a1", .call_id = "c1", .decision = ApprovalDecision::approved, .by = "user"});
  list.span(call_span, turn_span);
  list.add(ToolCallStarted{.tool_name = "bash", .call_id = "c1", .arguments = list_files});
  list.add(BashStarted{.call_id = "c1", .command = "ls", .cwd = "/w"});
  list.after(3ms).add(ToolOutput{.call_id = "c1", .tool_name = "bash", .text = "src\n"});
  list.after(1ms).add(BashExecuted{.call_id = "c1",
                                   .command = "ls",
                                   .cwd = "/w",
                                   .stdout_ = "src\n",
                                   .duration_ms = 4,
                                   .success = true});
  list.add(ToolCallCompleted{
      .tool_name = "bash", .call_id = "c1", .success = true, .output = "src\n", .duration_ms = 4});
}

void denied_call(EventList& list) {
  list.span(turn_span + 7, turn_span)
      .add(ApprovalRequested{.approval_id = "a2",
                             .call_id = "c2",
                             .tool_name = "bash",
                             .arguments = remove_files,
                             .reason = "it runs a command"});
  list.after(700ms).add(ApprovalResolved{.approval_id = "a2",
                                         .call_id = "c2",
                                         .decision = ApprovalDecision::denied,
                                         .by = "user",
                                         .reason = "not now"});
  list.span(turn_span + 8, turn_span);
  list.add(ToolCallDenied{.tool_name = "bash",
                          .call_id = "c2",
                          .error_code = ErrorCode::E_CONFIRMED_DENY,
                          .reason = "not now"});
}

/// What a sub-agent does, from its start to its end.
void child_run(EventList& list) {
  list.in(EventList::nested_context("child", "researcher")).turn(0).span(child_span, subagent_span);
  list.add(RunStarted{.provider = "scripted", .model = "gpt-4o", .max_rounds = 9});
  list.add(UserMessage{.message_id = "n1", .content = "look it up"});
  list.add(MessageCommitted{.message = {"n1", Role::user, "look it up"}});
  begin_turn(list, 1, child_turn_span, child_span);
  list.span(child_turn_span + 1, child_turn_span);
  begin_request(list, 1, 1);
  list.after(30ms).add(TokenDelta{.text = "found", .message_id = "n2"});
  list.add(ModelCompleted{.finish_reason = FinishReason::stop,
                          .content = "found",
                          .usage = {30, 5, 35},
                          .time_to_first_token_ms = 30,
                          .duration_ms = 30});
  list.span(child_turn_span, child_span);
  list.add(MessageCommitted{.message = {"n2", Role::assistant, "found"}});
  list.add(AssistantMessage{
      .message_id = "n2", .content = "found", .metadata = {1, 30, 5, 35, NanoUsd{70'000}}});
  list.add(TurnEnded{
      .turn = 1, .stop_reason = FinishReason::stop, .usage = {30, 5, 35}, .duration_ms = 31});
  list.span(child_span, subagent_span).turn(0);
  list.add(StatusUpdate{.status = AgentStatus::idle, .detail = "Completed"});
  list.add(UsageUpdate{.usage = {30, 5, 35}, .cost = NanoUsd{70'000}});
  list.add(RunCompleted{.finish_reason = FinishReason::stop,
                        .iterations = 1,
                        .output = "found",
                        .usage = {30, 5, 35},
                        .cost = NanoUsd{70'000},
                        .llm_calls = 1,
                        .duration_ms = 36});
}

void subagent_call(EventList& list) {
  list.span(agent_call_span, turn_span);
  list.add(
      ToolCallStarted{.tool_name = "researcher", .call_id = "c3", .arguments = ask_researcher});
  list.span(subagent_span, agent_call_span);
  list.add(SubagentStarted{
      .agent = "researcher", .child_run_id = "child", .call_id = "c3", .input = "look it up"});
  child_run(list);
  list.in(EventList::run_context()).turn(1).span(subagent_span, agent_call_span);
  list.add(SubagentFinished{.agent = "researcher",
                            .child_run_id = "child",
                            .outcome = Outcome::completed,
                            .output = "found"});
  list.span(agent_call_span, turn_span);
  list.add(ToolCallCompleted{.tool_name = "researcher",
                             .call_id = "c3",
                             .success = true,
                             .output = "found",
                             .duration_ms = 37});
}

void last_turn(EventList& list) {
  constexpr SpanId second_turn_span = 0x20;
  begin_turn(list, 2, second_turn_span, run_span);
  list.span(second_turn_span + 1, second_turn_span);
  begin_request(list, 2, 1);
  list.after(30ms).add(TokenDelta{.text = "Done", .message_id = "m6"});
  list.add(ModelCompleted{.finish_reason = FinishReason::stop,
                          .content = "Done",
                          .usage = {150, 8, 158},
                          .time_to_first_token_ms = 30,
                          .duration_ms = 30});
  list.span(second_turn_span, run_span);
  list.add(MessageCommitted{.message = {"m6", Role::assistant, "Done"}});
  list.add(AssistantMessage{
      .message_id = "m6", .content = "Done", .metadata = {2, 250, 28, 278, NanoUsd{556'000}}});
  list.add(TurnEnded{
      .turn = 2, .stop_reason = FinishReason::stop, .usage = {150, 8, 158}, .duration_ms = 31});
}

}  // namespace

EventList eventful_run() {
  EventList list;
  begin_run(list, "Do three things");
  begin_turn(list, 1, turn_span, run_span);
  ask_twice(list);
  approved_call(list);
  denied_call(list);
  subagent_call(list);
  list.span(turn_span, run_span);
  answer_call(list, "m3", "c1", "src\n");
  answer_call(list, "m4", "c2", "E_CONFIRMED_DENY: not now");
  answer_call(list, "m5", "c3", "found");
  list.add(TurnEnded{.turn = 1,
                     .stop_reason = FinishReason::tool_calls,
                     .usage = {100, 20, 120},
                     .duration_ms = 1900});
  last_turn(list);
  list.turn(0).span(run_span, 0);
  list.add(StatusUpdate{.status = AgentStatus::idle, .detail = "Completed"});
  list.add(UsageUpdate{.usage = {250, 28, 278}, .cost = NanoUsd{556'000}});
  list.add(RunCompleted{.finish_reason = FinishReason::stop,
                        .iterations = 2,
                        .output = "Done",
                        .usage = {250, 28, 278},
                        .cost = NanoUsd{556'000},
                        .llm_calls = 3,
                        .tool_calls = 2,
                        .duration_ms = 1950});
  return list;
}

EventList stopped_run() {
  EventList list;
  begin_run(list, "List everything");
  begin_turn(list, 1, turn_span, run_span);
  list.span(turn_span + 1, turn_span);
  begin_request(list, 1, 1);
  list.after(15ms).add(TokenDelta{.text = "I look", .message_id = "m2"});
  add_call(list, "c1", "bash", 0, list_files, R"({"command":"ls"})");
  list.after(1ms).add(ModelCompleted{.finish_reason = FinishReason::tool_calls,
                                     .content = "I look",
                                     .tool_calls = {{"c1", "bash", list_files}},
                                     .usage = {40, 9, 49},
                                     .time_to_first_token_ms = 15,
                                     .duration_ms = 19});
  list.span(turn_span, run_span);
  list.add(
      MessageCommitted{.message = {"m2", Role::assistant, "I look", {{"c1", "bash", list_files}}}});
  list.span(call_span, turn_span);
  list.add(ToolCallStarted{.tool_name = "bash", .call_id = "c1", .arguments = list_files});
  list.add(BashStarted{.call_id = "c1", .command = "ls", .cwd = "/w"});
  list.after(50ms).add(ToolOutput{.call_id = "c1", .tool_name = "bash", .text = "a\nb\n"});
  list.after(7ms).add(ToolCallCancelled{
      .tool_name = "bash", .call_id = "c1", .reason = "enough", .duration_ms = 57});
  list.span(turn_span, run_span);
  answer_call(list, "m3", "c1", "cancelled: enough");
  list.add(TurnEnded{
      .turn = 1, .stop_reason = FinishReason::cancelled, .usage = {40, 9, 49}, .duration_ms = 84});
  list.turn(0).span(run_span, 0);
  list.add(RunCancelled{.reason = "enough",
                        .iterations = 1,
                        .usage = {40, 9, 49},
                        .llm_calls = 1,
                        .tool_calls = 1,
                        .duration_ms = 90});
  return list;
}

std::vector<DialectSession> dialect_sessions() {
  return {{"golden", golden_run().events()},
          {"eventful", eventful_run().events()},
          {"stopped", stopped_run().events()}};
}

}  // namespace strandbus::testing
