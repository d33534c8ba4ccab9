// Rules about calls, and approvals that change the arguments.
#include "agent_fixture.hpp"

#include <gmock/gmock.h>

namespace strandbus::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Text {
  std::string text{};
};
BOOST_DESCRIBE_STRUCT(Text, (), (text))

class AgentRules : public AgentTest {
 protected:
  AgentRules() {
    tools_.add<Text>("free", "Needs nobody", [](Text input) { return input.text; });
    tools_.add<Text>("danger", "Needs somebody", [](Text input) { return input.text; })
        .requires_confirmation();
  }

  static ApprovalRule rule(ApprovalAction action, std::string tool, std::string pattern = "*") {
    ApprovalRule rule;
    rule.action = action;
    rule.tool = std::move(tool);
    rule.argument = pattern == "*" ? "" : "text";
    rule.pattern = std::move(pattern);
    rule.reason = "a rule";
    return rule;
  }

  RunResult run(std::string tool, AgentOptions options) {
    start({calls({tool_call("c1", std::move(tool), {{"text", "rm x"}})}), says("ok")},
          std::move(options));
    const RunResult result = process("go");
    EXPECT_THAT(faults(events_), IsEmpty());
    EXPECT_TRUE(valid_for_providers(agent_->messages()));
    return result;
  }

  void answer_requests_with(std::function<void(const RunControl&, const std::string&)> answer) {
    on_event_ = [this, answer](const StreamEvent& event) {
      if (const auto* request = event.get_if<ApprovalRequested>())
        answer(agent_->control(), request->approval_id);
    };
  }
};

TEST_F(AgentRules, ARuleAllowsWhatTheToolWouldAskAbout) {
  AgentOptions options;
  options.approval = ApprovalMode::deny;
  options.approval_rules = {rule(ApprovalAction::allow, "danger", "rm *")};
  run("danger", std::move(options));
  EXPECT_THAT(all<ToolCallCompleted>(), SizeIs(1));
  EXPECT_THAT(all<ApprovalRequested>(), IsEmpty());
}

TEST_F(AgentRules, ARuleDeniesWhatTheToolWouldDo) {
  AgentOptions options;
  options.approval = ApprovalMode::all;
  options.approval_rules = {rule(ApprovalAction::deny, "*", "*rm *")};
  run("free", std::move(options));
  EXPECT_THAT(all<ToolCallStarted>(), IsEmpty());
  EXPECT_EQ(all<ToolCallDenied>().at(0).error_code, ErrorCode::E_CONFIRMED_DENY);
  EXPECT_EQ(all<ToolCallDenied>().at(0).reason, "a rule");
}

TEST_F(AgentRules, ARuleAsksAboutWhatNeedsNobody) {
  AgentOptions options;
  options.approval = ApprovalMode::all;
  options.approval_rules = {rule(ApprovalAction::ask, "free")};
  answer_requests_with(
      [](const RunControl& control, const std::string& id) { control.approve(id, "ann"); });
  run("free", std::move(options));
  EXPECT_EQ(all<ApprovalRequested>().at(0).reason, "a rule");
  EXPECT_THAT(all<ToolCallCompleted>(), SizeIs(1));
}

TEST_F(AgentRules, WhereNobodyIsThereARuleThatAsksDenies) {
  AgentOptions options;
  options.approval = ApprovalMode::deny;
  options.approval_rules = {rule(ApprovalAction::ask, "free")};
  run("free", std::move(options));
  EXPECT_THAT(all<ToolCallStarted>(), IsEmpty());
  EXPECT_THAT(all<ApprovalRequested>(), IsEmpty());
}

TEST_F(AgentRules, TheFirstRuleThatMatchesCounts) {
  AgentOptions options;
  options.approval_rules = {rule(ApprovalAction::allow, "danger", "ls*"),
                            rule(ApprovalAction::deny, "danger")};
  run("danger", std::move(options));
  EXPECT_THAT(all<ToolCallStarted>(), IsEmpty());
}

TEST_F(AgentRules, MayChangeTheArguments) {
  answer_requests_with([](const RunControl& control, const std::string& id) {
    control.approve_with(id, {{"text", "ls"}}, "ann");
    control.deny(id, "too late");
  });
  run("danger", {});
  EXPECT_EQ(all<ApprovalRequested>().at(0).arguments.at("text"), "rm x");
  EXPECT_EQ(all<ApprovalResolved>().at(0).by, "ann");
  EXPECT_EQ(all<ApprovalResolved>().at(0).reason, "with other arguments");
  EXPECT_EQ(all<ToolCallStarted>().at(0).arguments.at("text"), "ls");
  EXPECT_EQ(all<ToolCallCompleted>().at(0).output, "ls");
}

TEST_F(AgentRules, ChangedArgumentsAreChecked) {
  answer_requests_with([](const RunControl& control, const std::string& id) {
    control.approve_with(id, {{"text", 7}});
  });
  run("danger", {});
  EXPECT_THAT(all<ToolCallStarted>(), IsEmpty());
  EXPECT_EQ(all<ToolCallDenied>().at(0).error_code, ErrorCode::E_VALIDATION);
}

asio::awaitable<Confirmation> edited(const ApprovalRequested&) {
  co_return Confirmation::approve_with({{"text", "ls"}}, "ann");
}

TEST_F(AgentRules, TheApplicationMayChangeThemToo) {
  AgentOptions options;
  options.confirm = edited;
  run("danger", std::move(options));
  EXPECT_EQ(all<ToolCallCompleted>().at(0).output, "ls");
}

}  // namespace
}  // namespace strandbus::test
