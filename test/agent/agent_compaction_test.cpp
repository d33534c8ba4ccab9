// Long conversations: a summary takes the place of what is old, and a failure of that ends nothing.
#include "agent_fixture.hpp"

#include <gmock/gmock.h>

namespace strandbus::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class AgentCompaction : public AgentTest {
 protected:
  /// A conversation of five turns with texts of 400 bytes.
  static std::vector<Message> long_conversation() {
    std::vector<Message> messages;
    for (int i = 0; i < 5; ++i) {
      for (const Role role : {Role::user, Role::assistant}) {
        Message message;
        message.id = make_message_id();
        message.role = role;
        message.content = std::string(400, static_cast<char>('a' + i));
        messages.push_back(std::move(message));
      }
    }
    return messages;
  }

  static AgentOptions small_window() {
    AgentOptions options;
    options.compaction.context_window = 800;
    options.compaction.keep_turns = 1;
    return options;
  }

  static PlayedProvider::Answer too_long() {
    return [](const ModelRequest&, DeltaSink&) -> asio::awaitable<ModelResponse> {
      throw ProviderError(ErrorCode::context_length, "too many tokens");
      co_return ModelResponse();
    };
  }

  RunResult run(std::vector<PlayedProvider::Answer> answers, AgentOptions options) {
    start(std::move(answers), std::move(options));
    agent_->restore(long_conversation());
    return again();
  }

  RunResult again() {
    const RunResult result = process("go on");
    EXPECT_THAT(faults(events_), IsEmpty());
    EXPECT_TRUE(valid_for_providers(agent_->messages()));
    return result;
  }
};

TEST_F(AgentCompaction, PutsASummaryInThePlaceOfWhatIsOld) {
  const RunResult result = run({says("they said a, b, c and d"), says("done")}, small_window());
  EXPECT_EQ(result.output, "done");
  EXPECT_EQ(result.llm_calls, 2);
  ASSERT_THAT(all<Compaction>(), SizeIs(1));
  const Compaction done = all<Compaction>()[0];
  EXPECT_EQ(done.messages_before, 11);
  EXPECT_LT(done.messages_after, 5);
  EXPECT_GT(done.tokens_saved, 500);
  const auto& request = provider_->requests.at(1);
  EXPECT_THAT(request.at(0).content, HasSubstr("they said a, b, c and d"));
  EXPECT_EQ(request.back().content, "go on");
  EXPECT_EQ(agent_->messages().back().content, "done");
}

TEST_F(AgentCompaction, TheSummaryIsNotShownAsAnAnswer) {
  run({says("a summary"), says("done")}, small_window());
  ASSERT_THAT(all<TokenDelta>(), SizeIs(1));
  EXPECT_EQ(all<TokenDelta>()[0].text, "done");
  EXPECT_FALSE(all<ModelStarted>().at(0).stream);
  EXPECT_EQ(all<ModelCompleted>().at(0).content, "a summary");
  EXPECT_THAT(all<ModelStarted>().at(1).messages, SizeIs(all<ModelStarted>().at(1).message_count));
}

TEST_F(AgentCompaction, AShortConversationIsLeftAlone) {
  start({says("done")}, small_window());
  process("go");
  EXPECT_THAT(all<Compaction>(), IsEmpty());
}

TEST_F(AgentCompaction, HelpsWhenTheServerFindsARequestTooLong) {
  AgentOptions options;
  options.compaction.keep_turns = 1;
  const RunResult result = run({too_long(), says("a summary"), says("done")}, std::move(options));
  EXPECT_EQ(result.output, "done");
  EXPECT_THAT(all<Compaction>(), SizeIs(1));
  EXPECT_EQ(all<ModelFailed>().at(0).error_code, ErrorCode::context_length);
}

TEST_F(AgentCompaction, WhatIsStillTooLongAfterItFailsTruthfully) {
  AgentOptions options;
  options.compaction.keep_turns = 1;
  const RunResult result = run({too_long(), says("a summary"), too_long()}, std::move(options));
  EXPECT_EQ(result.error_code, ErrorCode::context_length);
  EXPECT_EQ(result.llm_calls, 3);
}

TEST_F(AgentCompaction, AFailureIsNoEndOfTheRun) {
  const RunResult result = run({fails(ErrorCode::network, "gone"), says("done")}, small_window());
  EXPECT_EQ(result.output, "done");
  EXPECT_EQ(all<CompactionFailed>().at(0).error, "gone");
  EXPECT_EQ(all<CompactionFailed>().at(0).consecutive_failures, 1);
  EXPECT_THAT(agent_->messages(), SizeIs(12));
}

TEST_F(AgentCompaction, TheBreakerLivesAsLongAsTheSession) {
  std::vector<PlayedProvider::Answer> answers;
  for (int i = 0; i < 3; ++i) {
    answers.push_back(fails(ErrorCode::network, "gone"));
    answers.push_back(says("done"));
  }
  answers.push_back(says("without a try"));
  run(std::move(answers), small_window());
  again();
  again();
  ASSERT_THAT(all<CompactionCircuitOpened>(), SizeIs(1));
  EXPECT_EQ(all<CompactionCircuitOpened>()[0].consecutive_failures, 3);
  EXPECT_EQ(again().output, "without a try");
  EXPECT_THAT(all<CompactionFailed>(), SizeIs(3));
}

TEST_F(AgentCompaction, MayBeCancelled) {
  const RunResult result =
      run({hangs_after("hm", [this] { agent_->control().cancel("stop it"); })}, small_window());
  EXPECT_EQ(result.outcome, Outcome::cancelled);
  EXPECT_THAT(all<Compaction>(), IsEmpty());
  EXPECT_THAT(all<CompactionFailed>(), IsEmpty());
  EXPECT_THAT(agent_->messages(), SizeIs(11));
  EXPECT_EQ(result.usage.total, 8);
}

TEST_F(AgentCompaction, WrongOptionsAreRefusedByName) {
  AgentOptions options;
  options.compaction.threshold = 1.5;
  try {
    start(std::vector<PlayedProvider::Answer>(), std::move(options));
    FAIL() << "the option was taken";
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), HasSubstr("CompactionOptions::threshold"));
  }
}

}  // namespace
}  // namespace strandbus::test
