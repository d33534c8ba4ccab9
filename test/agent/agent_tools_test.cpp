// A3, A6: tool calls, approvals, and a conversation that stays valid.
#include "agent_fixture.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <gmock/gmock.h>

#include <latch>

namespace strandbus::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class AgentTools : public AgentTest {
 protected:
  void expect_sound() {
    EXPECT_THAT(faults(events_), IsEmpty());
    EXPECT_TRUE(valid_for_providers(agent_->messages()));
  }
};

TEST_F(AgentTools, GivesTheResultToTheModel) {
  tools_.add<NoArgs>("noop", "Does nothing", [](NoArgs) { return std::string("done"); });
  start({calls({tool_call("c1", "noop")}), says("ok")});
  process("go");
  EXPECT_EQ(provider_->requests.at(1).back().content, "done");
  EXPECT_EQ(provider_->requests[1].back().tool_call_id, "c1");
  EXPECT_EQ(result_.tool_calls, 1);
  expect_sound();
}

/// A tool that cannot tell any more what it is.
class ForgetfulTool final : public Tool {
 public:
  const ToolDefinition& definition() const override {
    if (forgotten) throw std::runtime_error("no definition");
    return definition_;
  }
  asio::awaitable<ToolResult> async_run(json::object, ToolContext&) override {
    co_return ToolResult::ok("done");
  }

  bool forgotten = false;

 private:
  const ToolDefinition definition_{
      .name = "forgetful", .description = "Forgets", .parameters = {{"type", "object"}}};
};

TEST_F(AgentTools, AnswersACallThatCannotBePrepared) {
  const auto tool = std::make_shared<ForgetfulTool>();
  tools_.add(tool);
  const auto ask = [tool](const ModelRequest&, DeltaSink&) -> asio::awaitable<ModelResponse> {
    tool->forgotten = true;
    co_return call_response({tool_call("c1", "forgetful")});
  };
  start({ask, says("ok")});
  process("go");
  EXPECT_EQ(provider_->requests.at(1).back().content, "The call did not run: no definition");
  EXPECT_TRUE(result_.completed());
  expect_sound();
}

TEST_F(AgentTools, DeniesAnUnknownToolAndGoesOn) {
  start({calls({tool_call("c1", "nothing")}), says("ok")});
  process("go");
  EXPECT_EQ(all<ToolCallDenied>().at(0).error_code, ErrorCode::E_TOOL_UNKNOWN);
  EXPECT_TRUE(result_.completed());
  expect_sound();
}

TEST_F(AgentTools, DeniesInvalidArgumentsBeforeTheToolRuns) {
  bool ran = false;
  tools_.add<NoArgs>("noop", "Does nothing", [&](NoArgs) {
    ran = true;
    return std::string("done");
  });
  start({calls({tool_call("c1", "noop", json::object{{"extra", 1}})}), says("ok")});
  process("go");
  EXPECT_FALSE(ran);
  EXPECT_EQ(all<ToolCallDenied>().at(0).error_code, ErrorCode::E_VALIDATION);
  EXPECT_THAT(all<ToolCallDenied>().at(0).reason, HasSubstr("extra"));
  expect_sound();
}

TEST_F(AgentTools, MakesAFailedResultOfAnException) {
  tools_.add<NoArgs>("bad", "Throws",
                     [](NoArgs) -> std::string { throw std::runtime_error("broken"); });
  tools_.add<NoArgs>("worse", "Throws an int", [](NoArgs) -> std::string { throw 7; });
  start({calls({tool_call("c1", "bad"), tool_call("c2", "worse")}), says("ok")});
  process("go");
  const auto completed = all<ToolCallCompleted>();
  ASSERT_EQ(completed.size(), 2u);
  EXPECT_FALSE(completed[0].success);
  EXPECT_FALSE(completed[1].success);
  expect_sound();
}

TEST_F(AgentTools, PublishesEachEndWhenThatToolEnds) {
  std::latch fast_ended(1);
  tools_.add<NoArgs>("slow", "Ends last", [&](NoArgs) {
    fast_ended.wait();
    return std::string("slow");
  });
  tools_.add<NoArgs>("fast", "Ends first", [](NoArgs) { return std::string("fast"); });
  on_event_ = [&](const StreamEvent& event) {
    const auto* completed = event.get_if<ToolCallCompleted>();
    if (completed && completed->call_id == "c2") fast_ended.count_down();
  };
  start({calls({tool_call("c1", "slow"), tool_call("c2", "fast")}), says("ok")});
  process("go");
  const auto completed = all<ToolCallCompleted>();
  EXPECT_EQ(completed.at(0).call_id, "c2");
  EXPECT_EQ(completed.at(1).call_id, "c1");
  // The answers stand in the order of the calls.
  EXPECT_EQ(provider_->requests.at(1).at(2).tool_call_id, "c1");
  EXPECT_EQ(provider_->requests.at(1).at(3).tool_call_id, "c2");
  expect_sound();
}

TEST_F(AgentTools, RunsNoMoreToolsAtOnceThanAllowed) {
  std::atomic<int> running{0};
  std::atomic<int> most{0};
  tools_.add<NoArgs>("count", "Counts", [&](NoArgs) {
    most = std::max(most.load(), ++running);
    --running;
    return std::string("x");
  });
  start({calls({tool_call("c1", "count"), tool_call("c2", "count"), tool_call("c3", "count")}),
         says("ok")},
        {.max_parallel_tools = 1});
  process("go");
  EXPECT_EQ(most, 1);
  EXPECT_EQ(result_.tool_calls, 3);
  expect_sound();
}

TEST_F(AgentTools, EndsAToolThatTakesTooLong) {
  tools_.add<NoArgs>("hang", "Never ends", [](NoArgs, ToolContext&) -> asio::awaitable<ToolResult> {
    asio::steady_timer never(co_await asio::this_coro::executor,
                             asio::steady_timer::time_point::max());
    co_await never.async_wait(asio::use_awaitable);
    co_return ToolResult::ok("never");
  });
  start({calls({tool_call("c1", "hang")}), says("ok")},
        {.tool_timeout = std::chrono::milliseconds(1)});
  process("go");
  EXPECT_EQ(all<ToolCallCompleted>().at(0).error_code, ErrorCode::E_TIMEOUT);
  expect_sound();
}

TEST_F(AgentTools, LetsNoEventOfAToolFollowItsEnd) {
  std::optional<ToolContext> kept;
  tools_.add<NoArgs>("leaky", "Keeps its context", [&](NoArgs, ToolContext& context) {
    kept = context;
    context.progress("half", 0.5);
    return std::string("x");
  });
  start({calls({tool_call("c1", "leaky")}), says("ok")});
  process("go");
  EXPECT_EQ(all<ToolOutput>().size(), 1u);
  kept->progress("late", 1.0);
  EXPECT_EQ(all<ToolOutput>().size(), 1u);
  expect_sound();
}

class AgentApproval : public AgentTools {
 protected:
  AgentApproval() {
    tools_
        .add<NoArgs>("danger", "Needs a yes",
                     [this](NoArgs) {
                       ran_ = true;
                       return std::string("done");
                     })
        .requires_confirmation();
  }

  void answer_with(std::function<void(const std::string& approval_id)> answer) {
    on_event_ = [answer](const StreamEvent& event) {
      if (const auto* asked = event.get_if<ApprovalRequested>()) answer(asked->approval_id);
    };
  }

  std::atomic<bool> ran_ = false;
};

TEST_F(AgentApproval, RunsWhatWasApproved) {
  answer_with([this](const std::string& id) { agent_->control().approve(id, "ann"); });
  start({calls({tool_call("c1", "danger")}), says("ok")});
  process("go");
  EXPECT_TRUE(ran_);
  EXPECT_EQ(all<ApprovalResolved>().at(0).decision, ApprovalDecision::approved);
  EXPECT_EQ(all<ApprovalResolved>().at(0).by, "ann");
  expect_sound();
}

TEST_F(AgentApproval, TellsTheModelWhyItWasDenied) {
  answer_with([this](const std::string& id) { agent_->control().deny(id, "not on a Friday"); });
  start({calls({tool_call("c1", "danger")}), says("ok")});
  process("go");
  EXPECT_FALSE(ran_);
  EXPECT_EQ(all<ToolCallDenied>().at(0).error_code, ErrorCode::E_CONFIRMED_DENY);
  EXPECT_THAT(provider_->requests.at(1).back().content, HasSubstr("not on a Friday"));
  expect_sound();
}

TEST_F(AgentApproval, CountsOnlyTheFirstAnswer) {
  answer_with([this](const std::string& id) {
    agent_->control().deny(id);
    agent_->control().approve(id);
  });
  start({calls({tool_call("c1", "danger")}), says("ok")});
  process("go");
  EXPECT_FALSE(ran_);
  EXPECT_EQ(all<ApprovalResolved>().size(), 1u);
}

TEST_F(AgentApproval, ExpiresAsDenied) {
  start({calls({tool_call("c1", "danger")}), says("ok")},
        {.approval_timeout = std::chrono::milliseconds(1)});
  process("go");
  EXPECT_FALSE(ran_);
  EXPECT_EQ(all<ApprovalResolved>().at(0).decision, ApprovalDecision::expired);
  EXPECT_FALSE(all<ApprovalRequested>().at(0).expires_at.empty());
  expect_sound();
}

TEST_F(AgentApproval, IsCancelledWithTheRun) {
  answer_with([this](const std::string&) { agent_->control().cancel("enough"); });
  start({calls({tool_call("c1", "danger")}), says("ok")});
  process("go");
  EXPECT_FALSE(ran_);
  EXPECT_EQ(all<ApprovalResolved>().at(0).decision, ApprovalDecision::cancelled);
  EXPECT_EQ(result_.outcome, Outcome::cancelled);
  expect_sound();
}

TEST_F(AgentApproval, AsksNobodyWhenTheModeDecides) {
  start({calls({tool_call("c1", "danger")}), says("ok")}, {.approval = ApprovalMode::deny});
  process("go");
  EXPECT_FALSE(ran_);
  EXPECT_TRUE(all<ApprovalRequested>().empty());
  start({calls({tool_call("c1", "danger")}), says("ok")}, {.approval = ApprovalMode::all});
  process("go");
  EXPECT_TRUE(ran_);
  EXPECT_TRUE(all<ApprovalRequested>().empty());
  expect_sound();
}

}  // namespace
}  // namespace strandbus::test
