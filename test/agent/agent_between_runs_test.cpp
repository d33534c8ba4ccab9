// What changes between two runs of an agent, and what it knows all the same.
#include "agent_fixture.hpp"

#include <gmock/gmock.h>

namespace strandbus::test {
namespace {

using ::testing::ElementsAre;

class BetweenRuns : public AgentTest {
 protected:
  /// The attribute `traceparent` of each run.
  std::vector<std::string> traces() const {
    std::vector<std::string> found;
    for (const StreamEvent& event : events_) {
      if (!event.is<RunStarted>()) continue;
      const auto* const value = event.context().attributes.if_contains("traceparent");
      found.push_back(value ? std::string(value->as_string()) : "none");
    }
    return found;
  }

  static std::vector<std::string> texts(const std::vector<Message>& messages) {
    std::vector<std::string> found;
    for (const Message& message : messages) found.push_back(message.content);
    return found;
  }

  const std::string one_ = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const std::string two_ = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b8-01";
};

TEST_F(BetweenRuns, EachMayBePartOfAnotherTrace) {
  start({says("a"), says("b"), says("c")});
  agent_->continue_trace(one_);
  process("first");
  agent_->continue_trace(two_);
  process("second");
  agent_->continue_trace("");
  process("third");
  EXPECT_THAT(traces(), ElementsAre(one_, two_, "none"));
}

TEST_F(BetweenRuns, WhatTheUserHasSaidIsKept) {
  start({hangs_after("so",
                     [this] {
                       agent_->control().send("and also this");
                       agent_->control().cancel("not now");
                     }),
         says("both")});
  process("first");
  agent_->continue_trace(one_);
  agent_->use_tools(ToolRegistry());
  process("second");
  EXPECT_THAT(texts(provider_->requests.at(1)), ElementsAre("first", "and also this", "second"));
}

TEST_F(BetweenRuns, TheToolsMayChange) {
  start({says("a"), calls({tool_call("c", "late")}), says("b")});
  process("first");
  ToolRegistry tools(ToolRegistryOptions{.threads = 1, .executor = {}});
  tools.add<NoArgs>("late", "Comes later", [](NoArgs) { return std::string("here"); });
  agent_->use_tools(std::move(tools));
  process("second");
  EXPECT_EQ(provider_->requests.at(2).back().content, "here");
  EXPECT_THAT(all<RunStarted>().at(0).tools, ElementsAre());
  EXPECT_THAT(all<RunStarted>().at(1).tools, ElementsAre("late"));
}

TEST_F(BetweenRuns, NothingChangesWhileARunIsUnderWay) {
  std::vector<error_code> refused;
  start({[&](const ModelRequest&, DeltaSink&) -> asio::awaitable<ModelResponse> {
    try {
      agent_->use_tools(ToolRegistry());
    } catch (const system_error& error) {
      refused.push_back(error.code());
    }
    try {
      agent_->continue_trace(one_);
    } catch (const system_error& error) {
      refused.push_back(error.code());
    }
    co_return text_response("done");
  }});
  EXPECT_EQ(process("first").outcome, Outcome::completed);
  EXPECT_THAT(refused, ElementsAre(Errc::busy, Errc::busy));
}

}  // namespace
}  // namespace strandbus::test
