// AgentOptions::confirm: the application decides about calls that require confirmation.

#include "agent_fixture.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

namespace strandbus::test {
namespace {

using ::testing::HasSubstr;

class AgentConfirm : public AgentTest {
 protected:
  AgentConfirm() {
    tools_
        .add<NoArgs>("danger", "Does something",
                     [this](NoArgs) {
                       ++ran_;
                       return std::string("done");
                     })
        .requires_confirmation();
  }

  /// Runs one call of the tool under this decision.
  RunResult decide(Confirm confirm, AgentOptions options = {}) {
    options.confirm = std::move(confirm);
    start({calls({tool_call("c1", "danger")}), says("ok")}, std::move(options));
    return process("go");
  }

  ApprovalResolved resolved() const { return all<ApprovalResolved>().at(0); }

  std::atomic<int> ran_{0};
};

asio::awaitable<Confirmation> yes(const ApprovalRequested&) {
  co_return Confirmation::approve("ann");
}

asio::awaitable<Confirmation> no(const ApprovalRequested&) {
  co_return Confirmation::deny("not today", "bob");
}

asio::awaitable<Confirmation> breaks(const ApprovalRequested&) {
  throw std::runtime_error("the dialog is gone");
  co_return Confirmation();
}

/// Waits until it is cancelled, and notes that it was.
asio::awaitable<Confirmation> waits(bool* cancelled) {
  asio::steady_timer never(co_await asio::this_coro::executor,
                           asio::steady_timer::time_point::max());
  try {
    co_await never.async_wait(asio::use_awaitable);
  } catch (const system_error&) {
    *cancelled = true;
    throw;
  }
  co_return Confirmation::approve();
}

/// Approves when two calls have been asked about.
asio::awaitable<Confirmation> meets(asio::steady_timer* both, std::vector<std::string>* open,
                                    std::string call_id) {
  open->push_back(std::move(call_id));
  if (open->size() == 2) both->cancel();
  if (open->size() < 2) {
    try {
      co_await both->async_wait(asio::use_awaitable);
    } catch (const system_error&) {  // the second one is there
    }
  }
  co_return Confirmation::approve();
}

TEST_F(AgentConfirm, RunsWhatTheApplicationApproves) {
  EXPECT_TRUE(decide(yes).completed());
  EXPECT_EQ(ran_, 1);
  EXPECT_EQ(resolved().decision, ApprovalDecision::approved);
  EXPECT_EQ(resolved().by, "ann");
}

TEST_F(AgentConfirm, ShowsTheExactCallToTheApplication) {
  ApprovalRequested seen;
  decide([&seen](const ApprovalRequested& request) {
    seen = request;
    return yes(request);
  });
  const auto asked = all<ApprovalRequested>().at(0);
  EXPECT_EQ(seen.approval_id, asked.approval_id);
  EXPECT_EQ(seen.call_id, "c1");
  EXPECT_EQ(seen.tool_name, "danger");
  EXPECT_EQ(seen.arguments, json::value(json::object()));
  EXPECT_EQ(seen.expires_at, asked.expires_at);
}

TEST_F(AgentConfirm, TellsTheModelWhyTheApplicationSaidNo) {
  EXPECT_TRUE(decide(no).completed());
  EXPECT_EQ(ran_, 0);
  EXPECT_EQ(resolved().decision, ApprovalDecision::denied);
  EXPECT_EQ(resolved().by, "bob");
  EXPECT_EQ(all<ToolCallDenied>().at(0).reason, "not today");
  EXPECT_EQ(all<ToolCallDenied>().at(0).error_code, ErrorCode::E_CONFIRMED_DENY);
}

TEST_F(AgentConfirm, DeniesWhenTheApplicationThrows) {
  EXPECT_TRUE(decide(breaks).completed());
  EXPECT_EQ(ran_, 0);
  EXPECT_THAT(resolved().reason, HasSubstr("the dialog is gone"));
}

TEST_F(AgentConfirm, DeniesWhenTheApplicationThrowsBeforeItWaits) {
  decide([](const ApprovalRequested&) -> asio::awaitable<Confirmation> { throw 7; });
  EXPECT_EQ(ran_, 0);
  EXPECT_EQ(resolved().decision, ApprovalDecision::denied);
}

TEST_F(AgentConfirm, WithdrawsTheQuestionWhenSomebodyElseAnswers) {
  bool cancelled = false;
  const Subscription answering = bus_.subscribe([this](const StreamEvent& event) {
    if (const auto* asked = event.get_if<ApprovalRequested>())
      agent_->control().approve(asked->approval_id, "cleo");
  });
  decide([&](const ApprovalRequested&) { return waits(&cancelled); });
  EXPECT_EQ(ran_, 1);
  EXPECT_EQ(resolved().by, "cleo");
  EXPECT_TRUE(cancelled);
}

TEST_F(AgentConfirm, WithdrawsTheQuestionWhenTheTimeIsOver) {
  bool cancelled = false;
  decide([&](const ApprovalRequested&) { return waits(&cancelled); },
         {.approval_timeout = std::chrono::milliseconds(1)});
  EXPECT_EQ(ran_, 0);
  EXPECT_EQ(resolved().decision, ApprovalDecision::expired);
  EXPECT_TRUE(cancelled);
}

TEST_F(AgentConfirm, WithdrawsTheQuestionWhenTheRunIsCancelled) {
  bool cancelled = false;
  const Subscription cancelling = bus_.subscribe([this](const StreamEvent& event) {
    if (event.is<ApprovalRequested>()) agent_->control().cancel();
  });
  const RunResult result = decide([&](const ApprovalRequested&) { return waits(&cancelled); });
  EXPECT_EQ(result.outcome, Outcome::cancelled);
  EXPECT_EQ(resolved().decision, ApprovalDecision::cancelled);
  EXPECT_TRUE(cancelled);
  EXPECT_EQ(ran_, 0);
}

TEST_F(AgentConfirm, IsNotAskedWhenTheModeDecides) {
  bool asked = false;
  const auto confirm = [&asked](const ApprovalRequested& request) {
    asked = true;
    return yes(request);
  };
  decide(confirm, {.approval = ApprovalMode::deny});
  EXPECT_EQ(ran_, 0);
  decide(confirm, {.approval = ApprovalMode::all});
  EXPECT_EQ(ran_, 1);
  EXPECT_FALSE(asked);
}

TEST_F(AgentConfirm, AsksAboutTheCallsOfOneTurnAtTheSameTime) {
  std::vector<std::string> open;
  AgentOptions options;
  asio::steady_timer both(io_, asio::steady_timer::time_point::max());
  options.confirm = [&](const ApprovalRequested& request) {
    return meets(&both, &open, request.call_id);
  };
  start({calls({tool_call("c1", "danger"), tool_call("c2", "danger")}), says("ok")},
        std::move(options));
  EXPECT_TRUE(process("go").completed());
  EXPECT_EQ(open, (std::vector<std::string>{"c1", "c2"}));
  EXPECT_EQ(ran_, 2);
}

}  // namespace
}  // namespace strandbus::test
