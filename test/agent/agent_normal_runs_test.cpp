// Fifty normal runs of a scripted model, under every budget and with the detector of loops on: no
// alarm.
#include "agent_fixture.hpp"

#include <boost/json/serialize.hpp>

#include <gmock/gmock.h>

namespace strandbus::test {
namespace {

using ::testing::IsEmpty;

/// A script of a run that gets on. `kind` is how the model works, `turns` how long.
Script normal_script(int kind, int turns) {
  json::array responses;
  for (int turn = 0; turn < turns; ++turn) {
    const auto call = [&](std::string_view tool, int number) -> json::value {
      return {{"name", tool}, {"arguments", {{"n", number}}}};
    };
    json::array calls;
    switch (kind) {
      case 0: calls = {call("read", turn)}; break;
      case 1: calls = {call("read", turn / 2)}; break;  // everything twice
      case 2: calls = {turn % 2 == 0 ? call("edit", turn) : call("test", 0)}; break;
      case 3: calls = {turn % 4 == 0 ? call("edit", turn) : call("test", turn % 4)}; break;
      default: calls = {call("status", 0), call("read", turn), call("test", 0)};
    }
    responses.push_back(json::object{{"text", "On I go."}, {"tool_calls", std::move(calls)}});
  }
  responses.push_back(json::object{{"text", "Done."}});
  const json::object script{
      {"model", "normal-1"},
      {"price", {{"input_per_million_usd", 1}, {"output_per_million_usd", 1}}},
      {"responses", std::move(responses)}};
  auto parsed = parse_script(json::serialize(script), "normal");
  if (!parsed) throw std::invalid_argument(parsed.error().message);
  return *std::move(parsed);
}

struct Number {
  int n{};
};
BOOST_DESCRIBE_STRUCT(Number, (), (n))

class AgentNormalRuns : public AgentTest, public ::testing::WithParamInterface<int> {
 protected:
  AgentNormalRuns() {
    for (const char* name : {"read", "edit", "test", "status"})
      tools_.add<Number>(name, "Works", [](Number input) { return std::to_string(input.n); });
  }
};

TEST_P(AgentNormalRuns, RaiseNoAlarm) {
  const int turns = 4 + GetParam() / 5 * 4;
  AgentOptions options;
  options.max_rounds = 50;
  options.max_run_tokens = 1'000'000;
  options.max_cost = NanoUsd{1'000'000'000};
  options.max_tool_calls = 200;
  start(
      std::make_shared<ScriptedProvider>(normal_script(GetParam() % 5, turns),
                                         ScriptedOptions{.delays = ScriptedOptions::Delays::none}),
      std::move(options));
  const RunResult result = process("go");
  EXPECT_EQ(result.output, "Done.") << result.error;
  EXPECT_EQ(result.rounds, turns + 1);
  EXPECT_THAT(all<DoomLoopDetected>(), IsEmpty());
  EXPECT_THAT(all<BudgetExceeded>(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Fifty, AgentNormalRuns, ::testing::Range(0, 50));

}  // namespace
}  // namespace strandbus::test
