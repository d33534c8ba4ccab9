// A model that goes round in circles: warned, refused, stopped.
#include "agent_fixture.hpp"

#include <gmock/gmock.h>

namespace strandbus::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct Text {
  std::string text{};
};
BOOST_DESCRIBE_STRUCT(Text, (), (text))

class AgentLoop : public AgentTest {
 protected:
  AgentLoop() {
    tools_.add<Text>("look", "Looks", [this](Text input) {
      ++ran_;
      return "saw " + input.text;
    });
  }

  /// The turns' calls, by their texts; "ab" is a turn with two calls.
  RunResult run(const std::vector<std::string>& turns, AgentOptions options = {}) {
    std::vector<PlayedProvider::Answer> answers;
    int id = 0;
    for (const std::string& turn : turns) {
      std::vector<ToolCall> list;
      for (const char text : turn) {
        list.push_back(
            tool_call("c" + std::to_string(++id), "look", {{"text", std::string(1, text)}}));
      }
      answers.push_back(calls(list));
    }
    answers.push_back(says("done"));
    start(std::move(answers), std::move(options));
    const RunResult result = process("go");
    EXPECT_THAT(faults(events_), IsEmpty());
    EXPECT_TRUE(valid_for_providers(agent_->messages()));
    return result;
  }

  std::vector<LoopAction> actions() const {
    std::vector<LoopAction> found;
    for (const auto& loop : all<DoomLoopDetected>()) found.push_back(loop.action);
    return found;
  }

  std::atomic<int> ran_{0};
};

TEST_F(AgentLoop, IsWarnedThenRefusedThenStopped) {
  const RunResult result = run({"a", "a", "a", "a", "a", "a"});
  EXPECT_EQ(actions(), (std::vector{LoopAction::warn, LoopAction::refuse, LoopAction::stop}));
  EXPECT_EQ(result.error_code, ErrorCode::doom_loop);
  EXPECT_EQ(ran_, 3);
  EXPECT_EQ(result.llm_calls, 5);
  const auto messages = agent_->messages();
  EXPECT_THAT(messages.at(6).content, HasSubstr("saw a"));
  EXPECT_THAT(messages.at(6).content, HasSubstr("do something else"));
  EXPECT_THAT(messages.at(8).content, HasSubstr("doom_loop"));
  EXPECT_THAT(messages.at(10).content, HasSubstr("did not run"));
  EXPECT_EQ(all<ToolCallDenied>().at(0).error_code, ErrorCode::doom_loop);
  EXPECT_EQ(all<DoomLoopDetected>().at(0).previous_result, "saw a");
}

TEST_F(AgentLoop, ThatIsLeftAfterTheWarningCostsNothing) {
  const RunResult result = run({"a", "a", "a", "b"});
  EXPECT_EQ(result.output, "done");
  EXPECT_EQ(actions(), (std::vector{LoopAction::warn}));
}

TEST_F(AgentLoop, OfTwoCallsIsFound) {
  run({"a", "b", "a", "b", "a", "b", "a", "b"});
  EXPECT_EQ(actions(), (std::vector{LoopAction::warn, LoopAction::refuse, LoopAction::stop}));
  EXPECT_EQ(all<DoomLoopDetected>().at(0).pattern, LoopPattern::cycle);
}

TEST_F(AgentLoop, OfBatchesInAnyOrderIsFound) {
  run({"ab", "ba", "ab", "ba", "ab"});
  EXPECT_EQ(actions(), (std::vector{LoopAction::warn, LoopAction::refuse, LoopAction::stop}));
  EXPECT_EQ(all<DoomLoopDetected>().at(0).pattern, LoopPattern::batch);
  EXPECT_EQ(ran_, 6);
}

TEST_F(AgentLoop, PollingToolsMayBeExempt) {
  AgentOptions options;
  options.doom_loop.exempt = {"look"};
  EXPECT_EQ(run({"a", "a", "a", "a", "a", "a", "a"}, std::move(options)).output, "done");
  EXPECT_THAT(actions(), IsEmpty());
}

TEST_F(AgentLoop, MayBeLeftToItself) {
  AgentOptions options;
  options.doom_loop.detection = DoomLoopDetection::off;
  EXPECT_EQ(run({"a", "a", "a", "a", "a", "a"}, std::move(options)).output, "done");
}

TEST_F(AgentLoop, EachRunBeginsAnew) {
  EXPECT_EQ(run({"a", "a"}).output, "done");
  provider_ = nullptr;
  EXPECT_EQ(run({"a", "a"}).output, "done");
  EXPECT_THAT(actions(), IsEmpty());
}

}  // namespace
}  // namespace strandbus::test
