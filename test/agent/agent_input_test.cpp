// RunControl::send: what the user says while a run is under way.
#include "agent_fixture.hpp"

#include <gmock/gmock.h>

namespace strandbus::test {
namespace {

using ::testing::IsEmpty;

class AgentInput : public AgentTest {
 protected:
  /// Sends the text when the first event of this type comes.
  void send_at(EventType type, std::string text) {
    on_event_ = [this, type, text, sent = false](const StreamEvent& event) mutable {
      if (event.type() != type || std::exchange(sent, true)) return;
      agent_->control().send(text);
    };
  }
};

TEST_F(AgentInput, ReachesTheNextRequestOfTheRun) {
  tools_.add<NoArgs>("look", "Looks", [](NoArgs) { return std::string("seen"); });
  start({calls({tool_call("c1", "look")}), says("done")});
  send_at(EventType::tool_call_started, "be quick");
  EXPECT_EQ(process("go").output, "done");
  ASSERT_EQ(provider_->requests.at(1).size(), 4u);
  EXPECT_EQ(provider_->requests.at(1).back().content, "be quick");
  EXPECT_EQ(all<UserMessage>().at(1).content, "be quick");
  EXPECT_THAT(faults(events_), IsEmpty());
}

TEST_F(AgentInput, MakesARunGoOnThatHasJustBeenAnswered) {
  start({says("first"), says("second")});
  send_at(EventType::token_delta, "and then?");
  const RunResult result = process("go");
  EXPECT_EQ(result.output, "second");
  EXPECT_EQ(result.rounds, 2);
  EXPECT_EQ(all<AssistantMessage>().size(), 2u);
  EXPECT_EQ(all<RunCompleted>().size(), 1u);
  EXPECT_THAT(faults(events_), IsEmpty());
}

TEST_F(AgentInput, IsToldByTheNextRunWhenThisOneEndsBefore) {
  start({fails(ErrorCode::network, "gone"), says("hello")});
  send_at(EventType::token_delta, "are you there?");
  EXPECT_EQ(process("go").outcome, Outcome::failed);
  EXPECT_EQ(process("again").output, "hello");
  const auto& request = provider_->requests.at(1);
  ASSERT_EQ(request.size(), 3u);
  EXPECT_EQ(request[1].content, "are you there?");
  EXPECT_EQ(request[2].content, "again");
}

TEST_F(AgentInput, DoesNothingWithoutARun) {
  start({says("hello")});
  agent_->control().send("nobody hears this");
  io_.run();
  process("go");
  EXPECT_EQ(provider_->requests.at(0).size(), 1u);
}

TEST_F(AgentInput, TheResultHoldsWhatTheRunHasAdded) {
  start({says("first"), says("second")});
  process("one");
  const RunResult result = process("two");
  ASSERT_EQ(result.messages.size(), 2u);
  EXPECT_EQ(result.messages[0].content, "two");
  EXPECT_EQ(result.messages[1].content, "second");
  EXPECT_EQ(result.last_seq, events_.back().seq());
  EXPECT_LT(result.first_seq, result.last_seq);
  EXPECT_TRUE(events_.at(result.first_seq - 1).is<RunStarted>());
}

}  // namespace
}  // namespace strandbus::test
