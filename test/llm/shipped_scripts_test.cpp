#include "llm/recording_sink.hpp"
#include "strandbus/llm/scripted_provider.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

namespace strandbus {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;

const std::filesystem::path source = STRANDBUS_SOURCE_DIR;

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The scripts of examples/scripts by file name.
std::map<std::string, Script> shipped_scripts() {
  std::map<std::string, Script> scripts;
  for (const auto& entry : std::filesystem::directory_iterator(source / "examples/scripts")) {
    ScriptResult script = load_script(entry.path().string());
    if (!script) throw std::invalid_argument(script.error().message);
    scripts.emplace(entry.path().filename().string(), *std::move(script));
  }
  return scripts;
}

/// Plays one conversation: each tool call is answered with `tool_output`. What the model said.
std::string play(const Script& script, const std::string& prompt, const std::string& tool_output) {
  ScriptedProvider provider(script, {.delays = ScriptedOptions::Delays::none});
  std::vector<Message> conversation{test::user_says(prompt)};
  for (std::int64_t turn = 1; turn < 10; ++turn) {
    test::RecordingSink sink;
    const ModelRequest request = test::request_for(conversation, turn);
    const test::Completion completion = test::complete(provider, request, sink);
    if (!completion.response) return std::string("failed: ") + completion.error().what();
    if (completion.response->tool_calls.empty()) return completion.response->content;

    Message message;
    message.role = Role::assistant;
    message.tool_calls = completion.response->tool_calls;
    conversation.push_back(message);
    for (const ToolCall& call : message.tool_calls)
      conversation.push_back(test::tool_says(call.call_id, tool_output));
  }
  return "no end";
}

TEST(ShippedScripts, AllLoadAndAnswerTheirPrompt) {
  const std::map<std::string, Script> scripts = shipped_scripts();
  std::vector<std::string> names;
  for (const auto& [name, script] : scripts) {
    names.push_back(name);
    EXPECT_TRUE(script.knows("Calculate 2+2")) << name;
  }
  EXPECT_THAT(names, ElementsAre("background.json", "calculator.json", "demo.json", "failing.json",
                                 "files.json", "long_bash.json", "parallel_tools.json",
                                 "reasoning.json", "tour.json"));
}

TEST(ShippedScripts, FilesWritesRunsAndEditsAProgram) {
  EXPECT_EQ(play(shipped_scripts().at("files.json"), "Write a program", "ok"),
            "hello.sh greets you now.");
}

TEST(ShippedScripts, TheBuiltInScriptIsTheCalculatorByteForByte) {
  EXPECT_EQ(default_script_text(), read_text(source / "examples/scripts/calculator.json"));
}

TEST(ShippedScripts, TheDefaultStreamsVisiblyAndInUnderASecond) {
  std::chrono::milliseconds total{};
  for (const ScriptedResponse& response : default_script().responses) {
    EXPECT_GE(response.token_delay, 20ms);
    std::size_t pieces = response.text.size();
    for (const ScriptedToolCall& call : response.tool_calls) pieces += 1 + call.fragments.size();
    total += response.delay + response.token_delay * static_cast<int>(pieces);
  }
  EXPECT_LT(total, 1s);
}

TEST(ShippedScripts, EachPlaysToItsEnd) {
  const std::map<std::string, Script> scripts = shipped_scripts();
  EXPECT_EQ(play(scripts.at("calculator.json"), "Calculate 2+2", "4"), "The answer is 4");
  EXPECT_EQ(play(scripts.at("long_bash.json"), "anything", "started"), "The command has ended.");
  EXPECT_EQ(play(scripts.at("parallel_tools.json"), "anything", "42"), "All three say 42.");
  EXPECT_EQ(play(scripts.at("reasoning.json"), "anything", ""),
            "Here is the answer, without any tool.");
  EXPECT_EQ(play(scripts.at("failing.json"), "anything", ""),
            "failed: the server had an error while processing the request");
}

TEST(ShippedScripts, LongBashSleepsLongEnoughToBeCancelled) {
  const Script script = shipped_scripts().at("long_bash.json");
  ASSERT_EQ(script.responses[0].tool_calls.size(), 1U);
  EXPECT_EQ(script.responses[0].tool_calls[0].tool_name, "bash");
  const json::value& command = script.responses[0].tool_calls[0].arguments.at("command");
  EXPECT_NE(std::string(command.as_string()).find("sleep 600"), std::string::npos);
}

TEST(ShippedScripts, ParallelToolsCallsThreeAtOnce) {
  EXPECT_EQ(shipped_scripts().at("parallel_tools.json").responses[0].tool_calls.size(), 3U);
}

TEST(ShippedScripts, FailingBreaksOffAfterThreeTokens) {
  const ScriptedResponse response = shipped_scripts().at("failing.json").responses[0];
  EXPECT_EQ(response.error->after_tokens, 3);
  EXPECT_GT(response.text.size(), 3U);
}

/// The member names that an object of the schema allows.
std::vector<std::string> property_names(const json::value& schema) {
  std::vector<std::string> names;
  for (const auto& member : schema.at("properties").as_object()) names.emplace_back(member.key());
  return names;
}

TEST(ScriptSchema, NamesTheMembersThatTheReaderKnows) {
  const json::value schema = parse_json(read_text(source / "docs/script.schema.json")).value();
  EXPECT_THAT(property_names(schema), ElementsAre("$schema", "schema", "comment", "model", "price",
                                                  "token_delay_ms", "responses"));
  EXPECT_THAT(
      property_names(schema.at("properties").at("responses").at("items")),
      ElementsAre("comment", "match", "repeat", "reasoning", "text", "refusal", "tool_calls",
                  "finish_reason", "usage", "error", "delay_ms", "token_delay_ms"));
}

}  // namespace
}  // namespace strandbus
