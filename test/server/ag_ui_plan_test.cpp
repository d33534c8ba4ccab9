#include "server/ag_ui_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>

namespace strandbus::detail {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Kind = AgUiPlan::Kind;

AgUiInput saying(std::string text) {
  AgUiInput input;
  input.thread_id = "t";
  input.run_id = "r";
  input.message = std::move(text);
  return input;
}

AgUiInput deciding(std::string id, bool approved) {
  AgUiInput input = saying("");
  AgUiDecision decision;
  decision.interrupt_id = std::move(id);
  decision.approved = approved;
  input.decisions.push_back(decision);
  return input;
}

AgUiInput answering(std::string id, std::string content = "blue") {
  AgUiInput input = saying("");
  AgUiAnswer answer;
  answer.call_id = std::move(id);
  answer.content = std::move(content);
  input.answers.push_back(answer);
  return input;
}

SessionState running() {
  SessionState state;
  state.runs.push_back({.run_id = "run"});
  return state;
}

SessionState with_approval(std::string id) {
  SessionState state = running();
  state.pending_approvals.push_back({.run_id = "run", .approval_id = std::move(id)});
  return state;
}

SessionState with_client_call(std::string id) {
  SessionState state = running();
  RunningTool tool;
  tool.run_id = "run";
  tool.call_id = std::move(id);
  tool.data = json::object{{"waits_for", "client"}};
  state.running_tools.push_back(std::move(tool));
  return state;
}

AgUiPlan plan(const AgUiInput& input, const SessionState& state) {
  const auto result = plan_ag_ui(input, &state);
  EXPECT_TRUE(result.has_value());
  return result ? *result : AgUiPlan();
}

std::string refused(const AgUiInput& input, const SessionState* state) {
  const auto result = plan_ag_ui(input, state);
  return result ? "" : std::to_string(result.error().status) + ' ' + result.error().code;
}

TEST(AgUiPlan, MakesASessionForAThreadThatIsNew) {
  EXPECT_EQ(plan_ag_ui(saying("hello"), nullptr)->kind, Kind::create);
}

TEST(AgUiPlan, BeginsARunInASessionThatIsIdle) {
  const AgUiPlan run = plan(saying("hello"), SessionState());
  EXPECT_EQ(run.kind, Kind::run);
  EXPECT_THAT(run.commands, IsEmpty());
}

TEST(AgUiPlan, RefusesARequestThatSaysNothingNew) {
  EXPECT_EQ(refused(saying(""), nullptr), "400 nothing_new");
  const SessionState idle;
  EXPECT_EQ(refused(saying(""), &idle), "400 nothing_new");
  EXPECT_EQ(refused(answering("old"), &idle), "400 nothing_new");
  const SessionState waiting = with_approval("a");
  EXPECT_EQ(refused(saying(""), &waiting), "400 nothing_new");
}

TEST(AgUiPlan, RefusesAMessageWhileARunIsAtWork) {
  const SessionState busy = running();
  EXPECT_EQ(refused(saying("hello"), &busy), "409 busy");
}

TEST(AgUiPlan, RefusesTheAnswerToAnInterruptThatIsNotOpen) {
  const SessionState other = with_approval("other");
  EXPECT_EQ(refused(deciding("a", true), &other), "409 interrupt_unknown");
  EXPECT_EQ(refused(deciding("a", true), nullptr), "409 interrupt_unknown");
}

TEST(AgUiPlan, LetsAClientTakeBackWhatIsOverAlready) {
  AgUiInput input = deciding("a", false);
  input.decisions[0].withdrawn = true;
  EXPECT_EQ(plan(input, SessionState()).kind, Kind::nothing);
  EXPECT_EQ(refused(input, nullptr), "400 nothing_new");
  input.message = "hello";
  EXPECT_EQ(plan(input, SessionState()).kind, Kind::run);
  const AgUiPlan other = plan(input, with_approval("other"));
  EXPECT_EQ(other.kind, Kind::begin_anew);
}

TEST(AgUiPlan, GivesDecisionsToTheRunThatWaits) {
  AgUiPlan approved = plan(deciding("a", true), with_approval("a"));
  EXPECT_EQ(approved.kind, Kind::go_on);
  EXPECT_THAT(approved.answered, ElementsAre("a"));
  ASSERT_THAT(approved.commands, SizeIs(1));
  EXPECT_EQ(std::get<ApproveCommand>(approved.commands[0].what).approval_id, "a");
  AgUiPlan denied = plan(deciding("a", false), with_approval("a"));
  EXPECT_EQ(std::get<DenyCommand>(denied.commands.at(0).what).approval_id, "a");
}

TEST(AgUiPlan, GivesTheResultsOfItsCallsToTheRunThatWaits) {
  AgUiInput input = answering("c");
  input.answers.push_back({"of the server", "4", false});
  input.answers.push_back({"x", "", false});
  const AgUiPlan result = plan(input, with_client_call("c"));
  EXPECT_EQ(result.kind, Kind::go_on);
  EXPECT_THAT(result.answered, ElementsAre("c"));
  ASSERT_THAT(result.commands, SizeIs(1));
  EXPECT_EQ(std::get<ToolAnswerCommand>(result.commands[0].what).result.output, "blue");
}

TEST(AgUiPlan, HandsOnAMessageThatComesWithAnAnswer) {
  AgUiInput input = answering("c");
  input.message = "and hurry";
  const AgUiPlan result = plan(input, with_client_call("c"));
  ASSERT_THAT(result.commands, SizeIs(2));
  EXPECT_EQ(std::get<UserMessageCommand>(result.commands[0].what).text, "and hurry");
}

TEST(AgUiPlan, BeginsAnewWhenAMessageComesInsteadOfAnAnswer) {
  for (const SessionState& state : {with_client_call("c"), with_approval("a")}) {
    const AgUiPlan result = plan(saying("never mind"), state);
    EXPECT_EQ(result.kind, Kind::begin_anew);
    ASSERT_THAT(result.commands, SizeIs(1));
    EXPECT_TRUE(std::holds_alternative<CancelCommand>(result.commands[0].what));
  }
}

}  // namespace
}  // namespace strandbus::detail
