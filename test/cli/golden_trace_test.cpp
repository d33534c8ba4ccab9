#include "cli/program.hpp"
#include "cli/trace.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

namespace strandbus::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

std::vector<std::string> keys_of(const json::value& value) {
  std::vector<std::string> keys;
  for (const auto& member : value.as_object()) keys.emplace_back(member.key());
  return keys;
}

/// What is fixed of a golden event: its type and its data, of which free members are "*".
struct Expected {
  std::string type;
  std::string data;
};

json::value without_free_members(json::value data) {
  for (const char* name : {"message_id", "duration_ms"}) {
    if (data.as_object().contains(name)) data.as_object()[name] = "*";
  }
  return data;
}

/// Compares names, order and data, keys and values alike.
void expect_data(const json::value& found, const std::string& expected, std::size_t index) {
  const json::value data = without_free_members(found);
  EXPECT_EQ(data, json::parse(expected)) << index << ": " << json::serialize(data);
  EXPECT_EQ(keys_of(data), keys_of(json::parse(expected))) << index;
}

const std::vector<Expected> agent_runner_events{
    {"user_message", R"({"message_id":"*","content":"Calculate 2+2"})"},
    {"status_update", R"({"status":"thinking","detail":"Waiting for LLM response"})"},
    {"token_delta", R"({"text":"I'll"})"},
    {"token_delta", R"({"text":" use"})"},
    {"token_delta", R"({"text":" the"})"},
    {"token_delta", R"({"text":" calculator"})"},
    {"tool_call_started",
     R"({"tool_name":"calculator","call_id":"tc1","arguments":{"expr":"2+2"}})"},
    {"tool_call_completed",
     R"({"tool_name":"calculator","call_id":"tc1","success":true,"output":"4",)"
     R"("duration_ms":"*","files_changed":[]})"},
    {"status_update", R"({"status":"thinking","detail":"Waiting for LLM response"})"},
    {"token_delta", R"({"text":"The"})"},
    {"token_delta", R"({"text":" answer"})"},
    {"token_delta", R"({"text":" is"})"},
    {"token_delta", R"({"text":" 4"})"},
    {"assistant_message",
     R"({"message_id":"*","content":"The answer is 4","metadata":{"rounds":2,"input_tokens":150,)"
     R"("output_tokens":25,"total_tokens":175,"cost":0.00035}})"},
    {"status_update", R"({"status":"idle","detail":"Completed"})"},
    {"usage_update", R"({"usage":{"prompt":150,"completion":25,"total":175}})"},
};

TEST(GoldenTrace, OfTheAgentRunnerDialectHasExactlyItsSixteenEvents) {
  const Finished run = run_program({"run", "Calculate 2+2", "--json", "--dialect", "agent-runner"});
  EXPECT_EQ(run.exit_code, 0);
  const auto events = json_lines(run.out);
  ASSERT_EQ(events.size(), 16U);
  std::string last_ts;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const json::object& event = events[i].as_object();
    EXPECT_THAT(keys_of(events[i]), ElementsAre("type", "data", "model_id", "ts", "id"));
    EXPECT_EQ(event.at("type").as_string(), agent_runner_events[i].type) << i;
    expect_data(event.at("data"), agent_runner_events[i].data, i);
    EXPECT_EQ(event.at("model_id").as_string(), "gpt-4o");
    const std::string ts(event.at("ts").as_string());
    EXPECT_THAT(ts, ::testing::MatchesRegex("....-..-..T..:..:..\\....Z"));
    EXPECT_GE(ts, last_ts);
    last_ts = ts;
  }
}

struct ExpectedChunk {
  std::string kind;
  int turn;
  std::string data;
};

const std::vector<ExpectedChunk> rollouts_chunks{
    {"turn_start", 0, R"({"turn":0,"max_turns":50})"},
    {"status_update", 0, R"({"status":"thinking"})"},
    {"token", 0, R"({"text":"I'll"})"},
    {"token", 0, R"({"text":" use"})"},
    {"token", 0, R"({"text":" the"})"},
    {"token", 0, R"({"text":" calculator"})"},
    {"tool_call_complete", 0, R"({"name":"calculator","args":{"expr":"2+2"}})"},
    {"tool_result", 0, R"({"name":"calculator","ok":true,"content":"4"})"},
    {"usage_update", 0, R"({"prompt_tokens":70,"completion_tokens":15,"total_tokens":85})"},
    {"turn_end", 0, R"({"turn":0,"stop_reason":"tool_calls"})"},
    {"turn_start", 1, R"({"turn":1,"max_turns":50})"},
    {"status_update", 1, R"({"status":"thinking"})"},
    {"token", 1, R"({"text":"The"})"},
    {"token", 1, R"({"text":" answer"})"},
    {"token", 1, R"({"text":" is"})"},
    {"token", 1, R"({"text":" 4"})"},
    {"usage_update", 1, R"({"prompt_tokens":80,"completion_tokens":10,"total_tokens":90})"},
    {"turn_end", 1, R"({"turn":1,"stop_reason":"stop"})"},
};

TEST(GoldenTrace, OfTheRolloutsDialectHasExactlyItsEighteenChunks) {
  const Finished run = run_program({"run", "Calculate 2+2", "--json", "--dialect", "rollouts"});
  EXPECT_EQ(run.exit_code, 0);
  const auto chunks = json_lines(run.out);
  ASSERT_EQ(chunks.size(), 18U);
  double last_timestamp = 0;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    const json::object& chunk = chunks[i].as_object();
    EXPECT_THAT(keys_of(chunks[i]), ElementsAre("kind", "data", "timestamp", "turn"));
    EXPECT_EQ(chunk.at("kind").as_string(), rollouts_chunks[i].kind) << i;
    EXPECT_EQ(chunk.at("turn").as_int64(), rollouts_chunks[i].turn) << i;
    expect_data(chunk.at("data"), rollouts_chunks[i].data, i);
    ASSERT_TRUE(chunk.at("timestamp").is_double());
    EXPECT_GE(chunk.at("timestamp").get_double(), last_timestamp);
    last_timestamp = chunk.at("timestamp").get_double();
  }
}

TEST(GoldenTrace, InNativeFormHasTheWholeOrderAndEverySeq) {
  const Finished run = run_program({"run", "Calculate 2+2", "--json"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.err, "strandbus: scripted model gpt-4o (built-in script)\n");
  const auto events = events_of(run.out);
  std::vector<std::string> types = types_of(events);
  // One or more pieces of arguments: taken together.
  types.erase(std::unique(types.begin(), types.end(),
                          [](const std::string& a, const std::string& b) {
                            return a == b && a == "tool_call_delta";
                          }),
              types.end());
  EXPECT_THAT(types, ElementsAre("run_started", "user_message", "message_committed", "turn_started",
                                 "context_built", "status_update", "model_started", "token_delta",
                                 "token_delta", "token_delta", "token_delta", "tool_call_begin",
                                 "tool_call_delta", "tool_call_ready", "model_completed",
                                 "message_committed", "tool_call_started", "tool_call_completed",
                                 "message_committed", "turn_ended", "turn_started", "context_built",
                                 "status_update", "model_started", "token_delta", "token_delta",
                                 "token_delta", "token_delta", "model_completed",
                                 "message_committed", "assistant_message", "turn_ended",
                                 "status_update", "usage_update", "run_completed"));
  for (std::size_t i = 0; i < events.size(); ++i) EXPECT_EQ(events[i].seq(), i + 1);
  EXPECT_TRUE(unbalanced(events).empty());
}

TEST(GoldenTrace, AnswersAPromptFromStandardInput) {
  const Finished run = run_program({"run", "-"}, {.input = "Calculate 2+2\n"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.out, "The answer is 4\n");
}

TEST(GoldenTrace, KeepsEverythingButTheAnswerOffStandardOutput) {
  const Finished run = run_program({"run", "Calculate 2+2"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.out, "The answer is 4\n");
  EXPECT_NE(run.err.find("✓ calculator 2+2"), std::string::npos) << run.err;
  EXPECT_EQ(run.err.find('\x1b'), std::string::npos);
}

TEST(GoldenTrace, RunsThreeToolsAtOnce) {
  const Finished run = run_program({"run", "go", "--approve", "auto", "--json", "--script",
                                    source_file("examples/scripts/parallel_tools.json")});
  EXPECT_EQ(run.exit_code, 0);
  const auto events = events_of(run.out);
  EXPECT_TRUE(unbalanced(events).empty());
  std::vector<std::string> outputs;
  for (const StreamEvent& event : events) {
    if (const auto* end = event.get_if<ToolCallCompleted>()) outputs.push_back(end->output);
  }
  EXPECT_THAT(outputs, UnorderedElementsAre("42", "42", "42\n"));
}

}  // namespace
}  // namespace strandbus::testing
