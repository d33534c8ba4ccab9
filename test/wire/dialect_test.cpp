#include "strandbus/wire/dialect.hpp"

#include "strandbus/event/json_codec.hpp"
#include "wire/dialect_lines.hpp"
#include "wire/event_list.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace strandbus::testing {
namespace {

using namespace std::chrono_literals;

/// One line of agent-runner; the id ends in `seq`.
std::string agent_runner_line(std::string_view type, std::string_view data, std::string_view time,
                              std::string_view seq) {
  std::string line = R"({"type":")";
  line.append(type).append(R"(","data":)").append(data);
  line.append(R"(,"model_id":"gpt-4o","ts":"2026-11-20T15:04:)").append(time).append("Z");
  line.append(R"(","id":"01900000-0000-7000-8000-0000000000)").append(seq).append("\"}\n");
  return line;
}

TEST(AgentRunnerDialect, WritesTheGoldenRunAsItsSixteenEvents) {
  const std::string thinking = R"({"status":"thinking","detail":"Waiting for LLM response"})";
  const std::string expected =
      agent_runner_line("user_message", R"({"message_id":"m1","content":"Calculate 2+2"})",
                        "05.000", "02") +
      agent_runner_line("status_update", thinking, "05.005", "06") +
      agent_runner_line("token_delta", R"({"text":"I'll"})", "05.055", "08") +
      agent_runner_line("token_delta", R"({"text":" use"})", "05.105", "09") +
      agent_runner_line("token_delta", R"({"text":" the"})", "05.155", "0a") +
      agent_runner_line("token_delta", R"({"text":" calculator"})", "05.205", "0b") +
      agent_runner_line("tool_call_started",
                        R"({"tool_name":"calculator","call_id":"tc1","arguments":{"expr":"2+2"}})",
                        "05.225", "12") +
      agent_runner_line("tool_call_completed",
                        R"({"tool_name":"calculator","call_id":"tc1","success":true,)"
                        R"("output":"4","duration_ms":15,"files_changed":[]})",
                        "05.240", "13") +
      agent_runner_line("status_update", thinking, "05.245", "18") +
      agent_runner_line("token_delta", R"({"text":"The"})", "05.295", "1a") +
      agent_runner_line("token_delta", R"({"text":" answer"})", "05.345", "1b") +
      agent_runner_line("token_delta", R"({"text":" is"})", "05.395", "1c") +
      agent_runner_line("token_delta", R"({"text":" 4"})", "05.445", "1d") +
      agent_runner_line("assistant_message",
                        R"({"message_id":"m4","content":"The answer is 4","metadata":{"rounds":2,)"
                        R"("input_tokens":150,"output_tokens":25,"total_tokens":175,)"
                        R"("cost":0.00035}})",
                        "05.445", "20") +
      agent_runner_line("status_update", R"({"status":"idle","detail":"Completed"})", "05.445",
                        "22") +
      agent_runner_line("usage_update", R"({"usage":{"prompt":150,"completion":25,"total":175}})",
                        "05.445", "23");
  EXPECT_EQ(encode("agent-runner", golden_run().events()), expected);
}

std::string rollouts_line(std::string_view kind, std::string_view data, std::string_view time,
                          std::string_view turn) {
  std::string line = R"({"kind":")";
  line.append(kind).append(R"(","data":)").append(data);
  line.append(R"(,"timestamp":17951870)").append(time);
  return line.append(R"(,"turn":)").append(turn).append("}\n");
}

TEST(RolloutsDialect, WritesTheGoldenRunAsItsEighteenChunks) {
  const std::string expected =
      rollouts_line("turn_start", R"({"turn":0,"max_turns":50})", "45.005000", "0") +
      rollouts_line("status_update", R"({"status":"thinking"})", "45.005000", "0") +
      rollouts_line("token", R"({"text":"I'll"})", "45.055000", "0") +
      rollouts_line("token", R"({"text":" use"})", "45.105000", "0") +
      rollouts_line("token", R"({"text":" the"})", "45.155000", "0") +
      rollouts_line("token", R"({"text":" calculator"})", "45.205000", "0") +
      rollouts_line("tool_call_complete", R"({"name":"calculator","args":{"expr":"2+2"}})",
                    "45.225000", "0") +
      rollouts_line("tool_result", R"({"name":"calculator","ok":true,"content":"4"})", "45.240000",
                    "0") +
      rollouts_line("usage_update",
                    R"({"prompt_tokens":70,"completion_tokens":15,"total_tokens":85})", "45.240000",
                    "0") +
      rollouts_line("turn_end", R"({"turn":0,"stop_reason":"tool_calls"})", "45.240000", "0") +
      rollouts_line("turn_start", R"({"turn":1,"max_turns":50})", "45.245000", "1") +
      rollouts_line("status_update", R"({"status":"thinking"})", "45.245000", "1") +
      rollouts_line("token", R"({"text":"The"})", "45.295000", "1") +
      rollouts_line("token", R"({"text":" answer"})", "45.345000", "1") +
      rollouts_line("token", R"({"text":" is"})", "45.395000", "1") +
      rollouts_line("token", R"({"text":" 4"})", "45.445000", "1") +
      rollouts_line("usage_update",
                    R"({"prompt_tokens":80,"completion_tokens":10,"total_tokens":90})", "45.445000",
                    "1") +
      rollouts_line("turn_end", R"({"turn":1,"stop_reason":"stop"})", "45.445000", "1");
  EXPECT_EQ(encode("rollouts", golden_run().events()), expected);
}

TEST(NativeDialect, WritesEachEventAsTheCodecDoes) {
  std::string expected;
  const EventList run = golden_run();
  for (const StreamEvent& event : run.events()) expected += to_json(event) + "\n";
  EXPECT_EQ(encode("native", run.events()), expected);
}

TEST(Dialect, IsFoundByEachOfItsNamesAndByNoOther) {
  ASSERT_EQ(dialect_names().size(), 7U);
  for (const std::string_view name : dialect_names())
    EXPECT_NE(make_dialect(name), nullptr) << name;
  EXPECT_EQ(dialect_names()[0], "native");
  EXPECT_EQ(make_dialect("nativ"), nullptr);
  EXPECT_EQ(make_dialect(""), nullptr);
}

TEST(AgentRunnerDialect, WritesDeniedAndCancelledCallsAsFailedOnes) {
  EventList list;
  list.add(ToolCallDenied{.tool_name = "bash",
                          .call_id = "a",
                          .error_code = ErrorCode::E_CONFIRMED_DENY,
                          .reason = "not now"});
  list.add(ToolCallCancelled{
      .tool_name = "bash", .call_id = "b", .reason = "stopped", .duration_ms = 12});
  EXPECT_EQ(encode("agent-runner", list.events()),
            agent_runner_line("tool_call_completed",
                              R"({"tool_name":"bash","call_id":"a","success":false,)"
                              R"("output":"not now","duration_ms":0,"files_changed":[]})",
                              "05.000", "01") +
                agent_runner_line("tool_call_completed",
                                  R"({"tool_name":"bash","call_id":"b","success":false,)"
                                  R"("output":"stopped","duration_ms":12,"files_changed":[]})",
                                  "05.000", "02"));
}

TEST(AgentRunnerDialect, GivesTheErrorAsOutputOfAFailedCall) {
  EventList list;
  list.add(ToolCallCompleted{.tool_name = "bash", .call_id = "a", .error = "no such file"});
  EXPECT_NE(encode("agent-runner", list.events()).find(R"("output":"no such file")"),
            std::string::npos);
}

TEST(AgentRunnerDialect, SaysADeletedFileAsAChangeOfTheTree) {
  EventList list;
  list.add(FileDeleted{.path = "old.txt"});
  EXPECT_EQ(encode("agent-runner", list.events()),
            agent_runner_line("file_tree_update", R"({"deleted":["old.txt"]})", "05.000", "01"));
}

TEST(AgentRunnerDialect, KeepsTheLastModelForEventsThatNameNone) {
  EventList list{RunContext{}};
  list.add(SessionCreated{});
  list.in(EventList::run_context()).add(TokenDelta{.text = "a"});
  list.in(RunContext{}).add(WorkspaceUpdated{.root = "w"});
  const std::string out = encode("agent-runner", list.events());
  EXPECT_NE(out.find(R"({"type":"session_created","data":{},"model_id":"unknown")"),
            std::string::npos);
  EXPECT_NE(out.find(R"("data":{"root":"w"},"model_id":"gpt-4o")"), std::string::npos);
}

TEST(RolloutsDialect, WritesOneChunkPerChangedFile) {
  EventList list;
  list.add(FileCreated{.path = "a"});
  list.add(FileTreeUpdate{.created = {"b"}, .modified = {"c"}, .deleted = {"d"}});
  EXPECT_EQ(
      encode("rollouts", list.events()),
      rollouts_line("file_changed", R"({"path":"a","change":"created"})", "45.000000", "null") +
          rollouts_line("file_changed", R"({"path":"b","change":"created"})", "45.000000", "null") +
          rollouts_line("file_changed", R"({"path":"c","change":"modified"})", "45.000000",
                        "null") +
          rollouts_line("file_changed", R"({"path":"d","change":"deleted"})", "45.000000", "null"));
}

TEST(RolloutsDialect, CountsTurnsOfTheNextRunFromZeroAgain) {
  EventList list;
  list.turn(3).add(TurnStarted{.turn = 3, .max_turns = 9});
  list.turn(0).add(RunStarted{}).add(Error{.error = "e"});
  EXPECT_EQ(encode("rollouts", list.events()),
            rollouts_line("turn_start", R"({"turn":2,"max_turns":9})", "45.000000", "2") +
                rollouts_line("error", R"({"error":"e"})", "45.000000", "null"));
}

TEST(RolloutsDialect, WritesTimesBefore1970AsNegativeSeconds) {
  StreamEvent event(TokenDelta{.text = "x"});
  event.set_stamp(1, EventId{}, Timestamp{-1'250'000us});
  EXPECT_EQ(
      encode("rollouts", {event}),
      "{\"kind\":\"token\",\"data\":{\"text\":\"x\"},\"timestamp\":-1.250000,\"turn\":null}\n");
}

TEST(Dialect, LeavesNestedRunsOutWhereNothingCouldSayWhoseTheyAre) {
  EventList list;
  list.in(EventList::nested_context("child", "researcher"));
  list.add(TurnStarted{.turn = 1, .max_turns = 2}).add(TokenDelta{.text = "inner"});
  list.add(AssistantMessage{.message_id = "m", .content = "inner"});
  EXPECT_EQ(encode("agent-runner", list.events()), "");
  EXPECT_EQ(encode("rollouts", list.events()), "");
  for (const std::string_view name : {"native", "agent-event", "lifecycle", "trace-event"})
    EXPECT_NE(encode(name, list.events()), "") << name;
}

}  // namespace
}  // namespace strandbus::testing
