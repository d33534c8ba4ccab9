// Agent::resume: calls that waited for an approval when their run was interrupted.

#include "agent/unanswered_calls.hpp"
#include "agent_fixture.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <gmock/gmock.h>

#include <atomic>

namespace strandbus::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Message message(Role role, std::string content) {
  Message result;
  result.id = make_message_id();
  result.role = role;
  result.content = std::move(content);
  return result;
}

Message answer(std::string call_id, std::string content) {
  Message result = message(Role::tool, std::move(content));
  result.tool_call_id = std::move(call_id);
  return result;
}

Message calling(std::vector<ToolCall> calls) {
  Message result = message(Role::assistant, "");
  result.tool_calls = std::move(calls);
  return result;
}

ApprovalRequested waiting(std::string call_id, json::value arguments = json::object()) {
  ApprovalRequested request;
  request.approval_id = "approval_" + call_id;
  request.call_id = std::move(call_id);
  request.tool_name = "danger";
  request.arguments = std::move(arguments);
  return request;
}

std::vector<std::string> contents(const std::vector<Message>& messages) {
  std::vector<std::string> texts;
  for (const Message& message : messages) texts.push_back(message.content);
  return texts;
}

class AgentResume : public AgentTest {
 protected:
  AgentResume() {
    tools_
        .add<NoArgs>("danger", "Does something",
                     [this](NoArgs) {
                       ++ran_;
                       return std::string("done");
                     })
        .requires_confirmation();
  }

  /// What another process has left: two calls, the second one without an approval.
  void restore() {
    agent_->restore({message(Role::user, "go"),
                     calling({tool_call("c1", "danger"), tool_call("c2", "danger")}),
                     answer("c1", "first"), answer("c2", "interrupted")});
  }

  RunResult resume(std::vector<ApprovalRequested> pending) {
    asio::co_spawn(io_, take(std::move(pending)), asio::detached);
    io_.restart();
    io_.run();
    return result_;
  }

  asio::awaitable<void> take(std::vector<ApprovalRequested> pending) {
    try {
      result_ = co_await agent_->resume(std::move(pending));
    } catch (const system_error& error) {
      ec_ = error.code();
    }
  }

  std::atomic<int> ran_{0};
};

TEST_F(AgentResume, AsksAgainUnderTheSameIdAndLetsTheModelGoOn) {
  on_event_ = [this](const StreamEvent& event) {
    if (const auto* asked = event.get_if<ApprovalRequested>())
      agent_->control().approve(asked->approval_id, "ann");
  };
  start({says("all done")});
  restore();
  EXPECT_TRUE(resume({waiting("c2")}).completed());
  EXPECT_EQ(ran_, 1);
  const auto asked = all<ApprovalRequested>();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].approval_id, "approval_c2");
  EXPECT_EQ(asked[0].call_id, "c2");
  EXPECT_EQ(all<ApprovalResolved>().at(0).by, "ann");
  EXPECT_THAT(contents(provider_->requests.at(0)), ElementsAre("go", "", "first", "done"));
  EXPECT_THAT(all<UserMessage>(), IsEmpty());
  EXPECT_EQ(result_.rounds, 2);
  EXPECT_TRUE(valid_for_providers(agent_->messages()));
}

TEST_F(AgentResume, TakesUpSeveralCallsInTheirOrder) {
  AgentOptions options;
  options.approval = ApprovalMode::ask;
  on_event_ = [this](const StreamEvent& event) {
    const auto* asked = event.get_if<ApprovalRequested>();
    if (!asked) return;
    if (asked->call_id == "c1") agent_->control().deny(asked->approval_id, "no", "bob");
    if (asked->call_id == "c2") agent_->control().approve(asked->approval_id, "ann");
  };
  start({says("ok")}, options);
  agent_->restore(
      {message(Role::user, "go"), calling({tool_call("c1", "danger"), tool_call("c2", "danger")})});
  EXPECT_TRUE(resume({waiting("c1"), waiting("c2")}).completed());
  EXPECT_EQ(ran_, 1);
  const auto told = contents(provider_->requests.at(0));
  ASSERT_EQ(told.size(), 4U);
  EXPECT_THAT(told[2], HasSubstr("no"));
  EXPECT_EQ(told[3], "done");
}

TEST_F(AgentResume, CanBeCancelledWhileItWaits) {
  on_event_ = [this](const StreamEvent& event) {
    if (event.is<ApprovalRequested>()) agent_->control().cancel("enough");
  };
  start({says("never")});
  restore();
  EXPECT_EQ(resume({waiting("c2")}).outcome, Outcome::cancelled);
  EXPECT_EQ(ran_, 0);
  EXPECT_EQ(all<ApprovalResolved>().at(0).decision, ApprovalDecision::cancelled);
  EXPECT_TRUE(valid_for_providers(agent_->messages()));
}

TEST_F(AgentResume, FollowsTheRulesOfToday) {
  AgentOptions options;
  options.approval = ApprovalMode::all;
  start({says("ok")}, options);
  restore();
  EXPECT_TRUE(resume({waiting("c2")}).completed());
  EXPECT_EQ(ran_, 1);
  EXPECT_THAT(all<ApprovalRequested>(), IsEmpty());
}

TEST_F(AgentResume, RefusesCallsThatAreNotThoseOfTheLastMessage) {
  start({says("ok"), says("still there")});
  restore();
  resume({waiting("c3")});
  EXPECT_EQ(ec_, boost::system::errc::invalid_argument);
  EXPECT_THAT(events_, IsEmpty());
  EXPECT_TRUE(process("go on").completed());
  ec_ = {};
  resume({waiting("c2")});
  EXPECT_EQ(ec_, boost::system::errc::invalid_argument);
}

TEST(UnansweredCalls, TakeTheLastAnswerOfSeveral) {
  const auto messages = detail::with_all_answers(
      {message(Role::user, "go"), calling({tool_call("a", "t"), tool_call("b", "t")}),
       answer("a", "interrupted"), answer("b", "of b"), answer("a", "of a"),
       message(Role::assistant, "done")});
  EXPECT_THAT(contents(messages), ElementsAre("go", "", "of a", "of b", "done"));
  EXPECT_TRUE(valid_for_providers(messages));
}

TEST(UnansweredCalls, TellCallsApartThatHaveOneId) {
  const auto messages =
      detail::with_all_answers({calling({tool_call("a", "t")}), answer("a", "one"),
                                calling({tool_call("a", "t")}), answer("a", "two")});
  EXPECT_THAT(contents(messages), ElementsAre("", "one", "", "two"));
}

}  // namespace
}  // namespace strandbus::test
