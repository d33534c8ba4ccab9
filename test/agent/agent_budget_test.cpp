// Budgets: what may be used up, by how much, and what the events say then.
#include "agent/budget_ledger.hpp"
#include "agent_fixture.hpp"

#include <gmock/gmock.h>

namespace strandbus::test {
namespace {

using detail::BudgetLedger;
using detail::BudgetLimits;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class AgentBudget : public AgentTest {
 protected:
  AgentBudget() {
    tools_.add<NoArgs>("look", "Looks", [](NoArgs) { return std::string("seen"); });
  }

  /// Calls the tool with other arguments each time, for ever.
  static std::vector<PlayedProvider::Answer> endless(std::optional<NanoUsd> cost = {}) {
    std::vector<PlayedProvider::Answer> answers;
    for (int i = 0; i < 20; ++i) {
      answers.push_back(
          [i, cost](const ModelRequest&, DeltaSink&) -> asio::awaitable<ModelResponse> {
            ModelResponse response = call_response({tool_call("c" + std::to_string(i), "look")});
            response.cost = cost;
            co_return response;
          });
    }
    return answers;
  }

  static AgentOptions quiet_about_loops(AgentOptions options) {
    options.doom_loop.detection = DoomLoopDetection::off;
    return options;
  }

  void expect_spent(BudgetKind kind, double limit, double used) const {
    EXPECT_EQ(result_.outcome, Outcome::failed);
    EXPECT_EQ(result_.error_code, ErrorCode::budget);
    const auto exceeded = all<BudgetExceeded>();
    ASSERT_EQ(exceeded.size(), 1u);
    EXPECT_EQ(exceeded[0].budget, kind);
    EXPECT_DOUBLE_EQ(exceeded[0].limit, limit);
    EXPECT_DOUBLE_EQ(exceeded[0].used, used);
    EXPECT_THAT(faults(events_), IsEmpty());
    EXPECT_TRUE(valid_for_providers(agent_->messages()));
  }
};

TEST_F(AgentBudget, TokensEndTheRunAfterTheRequestThatWentBeyond) {
  AgentOptions options;
  options.max_run_tokens = 30;  // a request has 12
  start(endless(), quiet_about_loops(std::move(options)));
  process("go");
  expect_spent(BudgetKind::tokens, 30, 36);
  EXPECT_EQ(result_.llm_calls, 3);
  EXPECT_THAT(result_.error, HasSubstr("30 tokens"));
}

TEST_F(AgentBudget, CostEndsTheRun) {
  AgentOptions options;
  options.max_cost = NanoUsd{2'000'000'000};
  start(endless(NanoUsd{800'000'000}), quiet_about_loops(std::move(options)));
  process("go");
  expect_spent(BudgetKind::cost, 2, 2.4);
}

TEST_F(AgentBudget, AModelWithoutAPriceCannotKeepACostBudget) {
  AgentOptions options;
  options.max_cost = NanoUsd{2'000'000'000};
  start(endless(), quiet_about_loops(std::move(options)));
  process("go");
  expect_spent(BudgetKind::cost, 2, 0);
  EXPECT_EQ(result_.llm_calls, 1);
  EXPECT_THAT(result_.error, HasSubstr("played-1"));
}

TEST_F(AgentBudget, ToolCallsEndTheRunBeforeTheOneTooMany) {
  AgentOptions options;
  options.max_tool_calls = 4;
  start(endless(), quiet_about_loops(std::move(options)));
  process("go");
  expect_spent(BudgetKind::tool_calls, 4, 4);
  EXPECT_EQ(result_.tool_calls, 4);
}

TEST_F(AgentBudget, OfABatchNoMoreCallsRunThanMay) {
  AgentOptions options;
  options.max_tool_calls = 2;
  start({calls({tool_call("a", "look"), tool_call("b", "look"), tool_call("c", "look")})},
        quiet_about_loops(std::move(options)));
  process("go");
  EXPECT_EQ(result_.error_code, ErrorCode::budget);
  EXPECT_EQ(result_.tool_calls, 2);
  EXPECT_EQ(all<ToolCallCompleted>().size(), 2u);
  EXPECT_THAT(agent_->messages().back().content, HasSubstr("did not run"));
  EXPECT_TRUE(valid_for_providers(agent_->messages()));
  EXPECT_THAT(faults(events_), IsEmpty());
}

asio::awaitable<Confirmation> yes(const ApprovalRequested&) { co_return Confirmation::approve(); }

TEST_F(AgentBudget, IsToldOnceWhenSeveralCallsFindItSpentAfterTheirApproval) {
  tools_.add<NoArgs>("danger", "Does", [](NoArgs) { return std::string("done"); })
      .requires_confirmation();
  AgentOptions options;
  options.max_tool_calls = 1;
  options.confirm = yes;
  start({calls({tool_call("a", "danger"), tool_call("b", "danger"), tool_call("c", "danger"),
                tool_call("d", "danger")})},
        quiet_about_loops(std::move(options)));
  process("go");
  EXPECT_EQ(all<BudgetExceeded>().size(), 1u);
  EXPECT_EQ(result_.tool_calls, 1);
  EXPECT_TRUE(valid_for_providers(agent_->messages()));
}

TEST_F(AgentBudget, AnAnswerWithinTheLastRequestStillCounts) {
  AgentOptions options;
  options.max_run_tokens = 5;
  start({says("here it is")}, std::move(options));
  EXPECT_EQ(process("go").output, "here it is");
}

TEST_F(AgentBudget, NegativeLimitsAreRefusedByName) {
  AgentOptions options;
  options.max_tool_calls = -1;
  try {
    start(std::vector<PlayedProvider::Answer>(), std::move(options));
    FAIL() << "the option was taken";
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), HasSubstr("AgentOptions::max_tool_calls is -1"));
  }
}

TEST(BudgetLedger, TheParentsLimitHoldsForBothTogether) {
  const auto parent = std::make_shared<BudgetLedger>(BudgetLimits{.tokens = 100});
  BudgetLedger child({.tokens = 1000}, parent);
  parent->add({.total = 60}, std::nullopt, "m");
  EXPECT_FALSE(child.spent());
  child.add({.total = 40}, std::nullopt, "m");
  ASSERT_TRUE(child.spent());
  EXPECT_DOUBLE_EQ(child.spent()->limit, 100);
  EXPECT_TRUE(parent->spent());
}

TEST(BudgetLedger, TheChildsLimitHoldsForTheChildAlone) {
  const auto parent = std::make_shared<BudgetLedger>(BudgetLimits{});
  BudgetLedger child({.tool_calls = 1}, parent);
  child.add_tool_call();
  EXPECT_TRUE(child.spent_on_tools());
  EXPECT_FALSE(child.spent());
  EXPECT_FALSE(parent->spent_on_tools());
}

}  // namespace
}  // namespace strandbus::test
