// Agents as tools of agents: their runs, budgets, approvals and ends.
#include "strandbus/agent/agent_tool.hpp"

#include "agent_fixture.hpp"

#include <gmock/gmock.h>

namespace strandbus::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Subagents : public AgentTest {
 protected:
  void add_agent(std::vector<PlayedProvider::Answer> answers, AgentToolOptions options = {},
                 ToolRegistry tools = ToolRegistry()) {
    child_ = std::make_shared<PlayedProvider>(std::move(answers));
    options.name = "research";
    options.description = "Finds things out";
    options.agent.name = "researcher";
    tools_.add(make_agent_tool(child_, std::move(tools), std::move(options)));
  }

  static PlayedProvider::Answer delegates(std::string id, std::string task = "find it") {
    return calls({tool_call(std::move(id), "research", {{"task", std::move(task)}})});
  }

  RunResult run() {
    const RunResult result = process("go");
    EXPECT_THAT(faults(events_), IsEmpty());
    EXPECT_TRUE(valid_for_providers(agent_->messages()));
    return result;
  }

  /// The run_started of the runs below the root.
  std::vector<StreamEvent> child_starts() const {
    std::vector<StreamEvent> found;
    for (const StreamEvent& event : events_) {
      if (event.is<RunStarted>() && event.context().depth > 0) found.push_back(event);
    }
    return found;
  }

  std::shared_ptr<PlayedProvider> child_;
};

TEST_F(Subagents, AnswerInARunOfTheirOwn) {
  add_agent({says("42")});
  start({delegates("c1"), says("it is 42")});
  EXPECT_EQ(run().output, "it is 42");
  EXPECT_EQ(all<ToolCallCompleted>().at(0).output, "42");
  EXPECT_EQ(child_->requests.at(0).at(0).content, "find it");
  ASSERT_THAT(child_starts(), SizeIs(1));
  const StreamEvent child = child_starts()[0];
  EXPECT_EQ(child.context().depth, 1);
  EXPECT_EQ(child.agent(), "researcher");
  EXPECT_EQ(child.context().parent_run_id, result_.run_id);
  EXPECT_EQ(all<SubagentStarted>().at(0).child_run_id, child.run_id());
  EXPECT_EQ(all<SubagentStarted>().at(0).call_id, "c1");
  EXPECT_EQ(all<SubagentFinished>().at(0).outcome, Outcome::completed);
}

TEST_F(Subagents, TheirSpansHangBelowTheCall) {
  add_agent({says("42")});
  start({delegates("c1"), says("it is 42")});
  run();
  SpanId call = 0;
  SpanId subagent = 0;
  for (const StreamEvent& event : events_) {
    if (event.is<ToolCallStarted>()) call = event.span_id();
    if (event.is<SubagentStarted>()) {
      EXPECT_EQ(event.parent_span_id(), call);
      subagent = event.span_id();
    }
    if (event.is<RunStarted>() && event.context().depth == 1) {
      EXPECT_EQ(event.parent_span_id(), subagent);
    }
    if (event.is<SubagentFinished>()) {
      EXPECT_EQ(event.span_id(), subagent);
    }
  }
  EXPECT_NE(subagent, 0u);
}

TEST_F(Subagents, AFailureIsAResult) {
  add_agent({fails(ErrorCode::network, "gone")});
  start({delegates("c1"), says("never mind")});
  EXPECT_EQ(run().output, "never mind");
  EXPECT_FALSE(all<ToolCallCompleted>().at(0).success);
  EXPECT_THAT(agent_->messages().at(2).content, HasSubstr("the agent failed: gone"));
  EXPECT_EQ(all<SubagentFinished>().at(0).outcome, Outcome::failed);
}

TEST_F(Subagents, CancellingTheCallerCancelsThem) {
  add_agent({hangs_after("hm", [this] { agent_->control().cancel("stop it"); })});
  start({delegates("c1")});
  EXPECT_EQ(run().outcome, Outcome::cancelled);
  EXPECT_THAT(all<RunCancelled>(), SizeIs(2));
  EXPECT_EQ(all<SubagentFinished>().at(0).outcome, Outcome::cancelled);
  EXPECT_THAT(all<ToolCallCancelled>(), SizeIs(1));
}

TEST_F(Subagents, TheBudgetsOfTheCallerHoldForBoth) {
  ToolRegistry tools(ToolRegistryOptions{.threads = 1, .executor = {}});
  tools.add<NoArgs>("look", "Looks", [](NoArgs) { return std::string("seen"); });
  add_agent({calls({tool_call("x1", "look")}), calls({tool_call("x2", "look")}), says("never")}, {},
            std::move(tools));
  AgentOptions options;
  options.max_run_tokens = 36;  // of 12 each: the caller's first and two of the agent's
  start({delegates("c1"), says("never")}, std::move(options));
  EXPECT_EQ(run().error_code, ErrorCode::budget);
  EXPECT_THAT(child_->requests, SizeIs(2));
  EXPECT_THAT(all<BudgetExceeded>(), SizeIs(2));
  EXPECT_THAT(all<RunFailed>(), SizeIs(2));
}

TEST_F(Subagents, SeveralWorkAtTheSameTime) {
  add_agent({says("a"), says("b"), says("c")});
  std::vector<ToolCall> list;
  for (const char* id : {"c1", "c2", "c3"})
    list.push_back(tool_call(id, "research", {{"task", std::string("find ") + id}}));
  start({calls(list), says("all")});
  EXPECT_EQ(run().output, "all");
  EXPECT_THAT(child_starts(), SizeIs(3));
  const auto summaries = all<ExecutionSummary>();
  ASSERT_THAT(summaries, SizeIs(1));
  EXPECT_THAT(summaries[0].agents, SizeIs(4));
  EXPECT_TRUE(events_.at(events_.size() - 2).is<ExecutionSummary>());
  EXPECT_TRUE(events_.back().is<RunCompleted>());
}

TEST_F(Subagents, GoNoDeeperThanTheyMay) {
  AgentToolOptions inner;
  inner.name = "deeper";
  inner.description = "Goes on";
  inner.max_depth = 1;
  ToolRegistry tools(ToolRegistryOptions{.threads = 1, .executor = {}});
  tools.add(make_agent_tool(
      std::make_shared<PlayedProvider>(std::vector<PlayedProvider::Answer>{says("never")}),
      ToolRegistry(), std::move(inner)));
  add_agent({calls({tool_call("x1", "deeper", {{"task", "go on"}})}), says("no")}, {},
            std::move(tools));
  start({delegates("c1"), says("ok")});
  EXPECT_EQ(run().output, "ok");
  EXPECT_THAT(child_starts(), SizeIs(1));
  EXPECT_EQ(all<ToolCallCompleted>().at(0).error_code, ErrorCode::E_UNSAFE);
}

TEST_F(Subagents, TheirApprovalsAreAnsweredThroughTheCaller) {
  ToolRegistry tools(ToolRegistryOptions{.threads = 1, .executor = {}});
  tools.add<NoArgs>("danger", "Does", [](NoArgs) { return std::string("done"); })
      .requires_confirmation();
  add_agent({calls({tool_call("x1", "danger")}), says("did it")}, {}, std::move(tools));
  start({delegates("c1"), says("ok")});
  on_event_ = [this](const StreamEvent& event) {
    if (const auto* request = event.get_if<ApprovalRequested>())
      agent_->control().approve(request->approval_id, "ann");
  };
  EXPECT_EQ(run().output, "ok");
  EXPECT_EQ(all<ApprovalResolved>().at(0).by, "ann");
  EXPECT_EQ(all<ToolCallCompleted>().at(0).output, "done");
}

TEST_F(Subagents, WrongOptionsAreRefusedByName) {
  AgentToolOptions options;
  options.max_depth = 0;
  try {
    add_agent({}, std::move(options));
    FAIL() << "the option was taken";
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), HasSubstr("AgentToolOptions::max_depth is 0"));
  }
}

}  // namespace
}  // namespace strandbus::test
