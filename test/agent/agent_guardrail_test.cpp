// Guardrails: every decision on every target, and what the events and the model are told.
#include "agent_fixture.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

namespace strandbus::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct Text {
  std::string text{};
};
BOOST_DESCRIBE_STRUCT(Text, (), (text))

/// Decides about one target as the test says.
class TestGuardrail final : public Guardrail {
 public:
  using Decide = std::function<GuardrailDecision(const std::string&)>;
  TestGuardrail(GuardrailTarget target, Decide decide)
      : target_(target), decide_(std::move(decide)) {}

  std::string_view name() const noexcept override { return "test"; }
  asio::awaitable<GuardrailDecision> check_input(const std::string& text) override {
    co_return at(GuardrailTarget::input, text);
  }
  asio::awaitable<GuardrailDecision> check_output(const std::string& text) override {
    co_return at(GuardrailTarget::output, text);
  }
  asio::awaitable<GuardrailDecision> check_call(const ToolCall& call) override {
    co_return at(GuardrailTarget::tool_call, call.tool_name);
  }
  asio::awaitable<GuardrailDecision> check_result(const ToolCall&,
                                                  const ToolResult& result) override {
    co_return at(GuardrailTarget::tool_result, result.output);
  }

 private:
  GuardrailDecision at(GuardrailTarget target, const std::string& text) const {
    return target == target_ ? decide_(text) : GuardrailDecision::allow();
  }

  const GuardrailTarget target_;
  const Decide decide_;
};

class AgentGuardrails : public AgentTest {
 protected:
  AgentGuardrails() {
    tools_.add<Text>("echo", "Repeats", [](Text input) { return input.text; });
  }

  RunResult run(GuardrailTarget target, TestGuardrail::Decide decide, AgentOptions options = {}) {
    options.guardrails = {std::make_shared<TestGuardrail>(target, std::move(decide))};
    start({calls({tool_call("c1", "echo", {{"text", "one"}})}), says("the answer")},
          std::move(options));
    const RunResult result = process("the question");
    EXPECT_THAT(faults(events_), IsEmpty());
    EXPECT_TRUE(valid_for_providers(agent_->messages()));
    return result;
  }

  static TestGuardrail::Decide always(GuardrailDecision decision) {
    return [decision](const std::string&) { return decision; };
  }
};

TEST_F(AgentGuardrails, ThatAllowSayNothing) {
  EXPECT_EQ(run(GuardrailTarget::input, always(GuardrailDecision::allow())).output, "the answer");
  EXPECT_THAT(all<GuardrailTriggered>(), IsEmpty());
}

TEST_F(AgentGuardrails, ABlockedInputReachesNobody) {
  const auto result = run(GuardrailTarget::input, always(GuardrailDecision::block("rude")));
  EXPECT_EQ(result.error_code, ErrorCode::E_UNSAFE);
  EXPECT_EQ(result.error, "the input was blocked by test: rude");
  EXPECT_THAT(types(), ElementsAre("run_started", "guardrail_triggered", "run_failed"));
  EXPECT_THAT(agent_->messages(), IsEmpty());
}

TEST_F(AgentGuardrails, ARewrittenInputIsWhatEverybodySees) {
  run(GuardrailTarget::input, always(GuardrailDecision::rewrite("please", "tone")));
  EXPECT_EQ(all<UserMessage>().at(0).content, "please");
  EXPECT_EQ(provider_->requests.at(0).at(0).content, "please");
  EXPECT_EQ(all<GuardrailTriggered>().at(0).action, GuardrailAction::rewrite);
}

TEST_F(AgentGuardrails, ABlockedAnswerIsDiscarded) {
  const auto result = run(GuardrailTarget::output, always(GuardrailDecision::block("leak")));
  EXPECT_EQ(result.outcome, Outcome::failed);
  EXPECT_EQ(all<MessageDiscarded>().size(), 1u);
  EXPECT_THAT(all<AssistantMessage>(), IsEmpty());
  EXPECT_EQ(agent_->messages().back().role, Role::tool);
}

TEST_F(AgentGuardrails, ARewrittenAnswerReplacesWhatWasShown) {
  const auto result =
      run(GuardrailTarget::output, always(GuardrailDecision::rewrite("a better answer", "tone")));
  EXPECT_EQ(result.output, "a better answer");
  EXPECT_EQ(all<MessageDiscarded>().at(0).message_id, all<AssistantMessage>().at(0).message_id);
  EXPECT_EQ(agent_->messages().back().content, "a better answer");
}

TEST_F(AgentGuardrails, ABlockedCallIsDenied) {
  run(GuardrailTarget::tool_call, always(GuardrailDecision::block("not that")));
  EXPECT_EQ(all<ToolCallDenied>().at(0).error_code, ErrorCode::E_UNSAFE);
  EXPECT_THAT(all<ToolCallStarted>(), IsEmpty());
  EXPECT_THAT(agent_->messages().at(2).content, HasSubstr("not that"));
}

TEST_F(AgentGuardrails, RewrittenArgumentsAreCheckedAndUsed) {
  run(GuardrailTarget::tool_call,
      always(GuardrailDecision::rewrite(json::object{{"text", "two"}}, "safer")));
  EXPECT_EQ(all<ToolCallCompleted>().at(0).output, "two");
  run(GuardrailTarget::tool_call,
      always(GuardrailDecision::rewrite(json::object{{"text", 2}}, "wrong")));
  EXPECT_EQ(all<ToolCallDenied>().at(0).error_code, ErrorCode::E_VALIDATION);
}

TEST_F(AgentGuardrails, ABlockedResultIsWithheldFromAll) {
  run(GuardrailTarget::tool_result, always(GuardrailDecision::block("has a key")));
  EXPECT_EQ(all<ToolCallCompleted>().at(0).output, "");
  EXPECT_FALSE(all<ToolCallCompleted>().at(0).success);
  EXPECT_THAT(agent_->messages().at(2).content, HasSubstr("has a key"));
  EXPECT_THAT(agent_->messages().at(2).content, Not(HasSubstr("one")));
}

TEST_F(AgentGuardrails, ARewrittenResultIsWhatTheModelGets) {
  run(GuardrailTarget::tool_result, always(GuardrailDecision::rewrite("1", "shorter")));
  EXPECT_EQ(all<ToolCallCompleted>().at(0).output, "1");
  EXPECT_EQ(agent_->messages().at(2).content, "1");
}

TEST_F(AgentGuardrails, WhatThrowsBlocks) {
  const auto result = run(GuardrailTarget::input, [](const std::string&) -> GuardrailDecision {
    throw std::runtime_error("no connection");
  });
  EXPECT_THAT(result.error, HasSubstr("the guardrail failed: no connection"));
}

class AgentGuardrailApproval : public AgentGuardrails,
                               public ::testing::WithParamInterface<GuardrailTarget> {
 protected:
  RunResult run_with(bool approve) {
    AgentOptions options;
    options.confirm = [approve](const ApprovalRequested&) { return answer(approve); };
    return run(GetParam(), always(GuardrailDecision::require_approval("look at it")),
               std::move(options));
  }
  static asio::awaitable<Confirmation> answer(bool approve) {
    co_return approve ? Confirmation::approve("ann") : Confirmation::deny("no", "bob");
  }
};

TEST_P(AgentGuardrailApproval, LetsItPassWhenSomebodyApproves) {
  EXPECT_EQ(run_with(true).output, "the answer");
  EXPECT_EQ(all<ApprovalResolved>().at(0).decision, ApprovalDecision::approved);
  EXPECT_THAT(all<ApprovalRequested>().at(0).reason, HasSubstr("look at it"));
}

TEST_P(AgentGuardrailApproval, BlocksItWhenNobodyDoes) {
  const RunResult result = run_with(false);
  const bool of_text =
      GetParam() == GuardrailTarget::input || GetParam() == GuardrailTarget::output;
  EXPECT_EQ(result.outcome, of_text ? Outcome::failed : Outcome::completed);
  EXPECT_EQ(all<ApprovalResolved>().at(0).decision, ApprovalDecision::denied);
  if (!of_text) {
    EXPECT_THAT(agent_->messages().at(2).content, Not(HasSubstr("one")));
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, AgentGuardrailApproval,
                         ::testing::Values(GuardrailTarget::input, GuardrailTarget::output,
                                           GuardrailTarget::tool_call,
                                           GuardrailTarget::tool_result));

}  // namespace
}  // namespace strandbus::test
