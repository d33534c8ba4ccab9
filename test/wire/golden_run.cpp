#include "wire/event_list.hpp"

#include <boost/json/object.hpp>

#include <initializer_list>
#include <string_view>

namespace strandbus::testing {
namespace {

using namespace std::chrono_literals;

const json::value arguments = json::object{{"expr", "2+2"}};

// The spans: 1 is the run, 16 and 32 are its turns, 17 and 33 their requests, 18 the call.
constexpr SpanId run_span = 1;
constexpr SpanId span_of_turn(std::int32_t turn) { return static_cast<SpanId>(turn) * 16; }

void in_turn(EventList& list, std::int32_t turn) { list.span(span_of_turn(turn), run_span); }
void in_request(EventList& list, std::int32_t turn) {
  list.span(span_of_turn(turn) + 1, span_of_turn(turn));
}

void begin_turn(EventList& list, std::int32_t turn, std::int64_t messages) {
  in_turn(list, turn);
  list.turn(turn).after(5ms).add(TurnStarted{.turn = turn, .max_turns = 50});
  list.add(ContextBuilt{.message_count = messages, .estimated_tokens = 70, .tools_count = 1});
  list.add(StatusUpdate{.status = AgentStatus::thinking, .detail = "Waiting for LLM response"});
  in_request(list, turn);
  list.add(ModelStarted{.provider = "scripted",
                        .model = "gpt-4o",
                        .iteration = turn,
                        .message_count = messages,
                        .request_digest = "digest"});
}

void stream_text(EventList& list, std::string_view message_id,
                 std::initializer_list<std::string_view> pieces) {
  for (const std::string_view piece : pieces) {
    list.after(50ms).add(
        TokenDelta{.text = std::string(piece), .message_id = std::string(message_id)});
  }
}

void commit(EventList& list, Message message) {
  list.add(MessageCommitted{.message = std::move(message)});
}

void first_turn(EventList& list) {
  begin_turn(list, 1, 1);
  stream_text(list, "m2", {"I'll", " use", " the", " calculator"});
  list.after(20ms).add(ToolCallBegin{.call_id = "tc1", .tool_name = "calculator"});
  list.add(ToolCallDelta{.call_id = "tc1", .delta = R"({"expr":)"});
  list.add(ToolCallDelta{.call_id = "tc1", .delta = R"("2+2"})"});
  list.add(ToolCallReady{.call_id = "tc1", .tool_name = "calculator", .arguments = arguments});
  list.add(ModelCompleted{.finish_reason = FinishReason::tool_calls,
                          .content = "I'll use the calculator",
                          .tool_calls = {{"tc1", "calculator", arguments}},
                          .usage = {70, 15, 85},
                          .time_to_first_token_ms = 50,
                          .duration_ms = 220});
  in_turn(list, 1);
  commit(list,
         {"m2", Role::assistant, "I'll use the calculator", {{"tc1", "calculator", arguments}}});
  list.span(span_of_turn(1) + 2, span_of_turn(1));
  list.add(ToolCallStarted{.tool_name = "calculator", .call_id = "tc1", .arguments = arguments});
  list.after(15ms).add(ToolCallCompleted{.tool_name = "calculator",
                                         .call_id = "tc1",
                                         .success = true,
                                         .output = "4",
                                         .duration_ms = 15});
  in_turn(list, 1);
  commit(list, {"m3", Role::tool, "4", {}, "tc1"});
  list.add(TurnEnded{.turn = 1,
                     .stop_reason = FinishReason::tool_calls,
                     .usage = {70, 15, 85},
                     .duration_ms = 240});
}

void second_turn(EventList& list) {
  begin_turn(list, 2, 3);
  stream_text(list, "m4", {"The", " answer", " is", " 4"});
  list.add(ModelCompleted{.finish_reason = FinishReason::stop,
                          .content = "The answer is 4",
                          .usage = {80, 10, 90},
                          .time_to_first_token_ms = 50,
                          .duration_ms = 200});
  in_turn(list, 2);
  commit(list, {"m4", Role::assistant, "The answer is 4"});
  list.add(AssistantMessage{.message_id = "m4",
                            .content = "The answer is 4",
                            .metadata = {2, 150, 25, 175, NanoUsd{350'000}}});
  list.add(TurnEnded{
      .turn = 2, .stop_reason = FinishReason::stop, .usage = {80, 10, 90}, .duration_ms = 205});
}

}  // namespace

EventList golden_run() {
  EventList list;
  list.span(run_span, 0);
  list.add(RunStarted{
      .provider = "scripted", .model = "gpt-4o", .max_rounds = 50, .tools = {"calculator"}});
  list.add(UserMessage{.message_id = "m1", .content = "Calculate 2+2"});
  commit(list, {"m1", Role::user, "Calculate 2+2"});
  first_turn(list);
  second_turn(list);
  list.span(run_span, 0);
  list.turn(0).add(StatusUpdate{.status = AgentStatus::idle, .detail = "Completed"});
  list.add(UsageUpdate{.usage = {150, 25, 175}, .cost = NanoUsd{350'000}});
  list.add(RunCompleted{.finish_reason = FinishReason::stop,
                        .iterations = 2,
                        .output = "The answer is 4",
                        .usage = {150, 25, 175},
                        .cost = NanoUsd{350'000},
                        .llm_calls = 2,
                        .tool_calls = 1,
                        .duration_ms = 455});
  return list;
}

}  // namespace strandbus::testing
