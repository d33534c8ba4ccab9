// Checkpoints as texts, and as they are read off the events.
#include "strandbus/agent/workflow_checkpoint.hpp"

#include "agent/workflow_world.hpp"

#include <gmock/gmock.h>

namespace strandbus::test {
namespace {

using ::testing::HasSubstr;

WorkflowCheckpoint sample() {
  WorkflowCheckpoint inside;
  inside.workflow = "inner";
  inside.workflow_id = "workflow_2";
  inside.input = "x";
  inside.parent_step = 1;
  inside.steps.push_back({.step = 0, .name = "a", .output = json::array{1, "2"}});
  WorkflowCheckpoint checkpoint;
  checkpoint.workflow = "w";
  checkpoint.workflow_id = "workflow_1";
  checkpoint.input = {{"topic", "tea"}};
  checkpoint.steps.push_back({.step = 0, .name = "plan", .output = nullptr});
  checkpoint.nested.push_back(inside);
  return checkpoint;
}

constexpr std::string_view sample_text =
    R"({"schema":1,"workflow":"w","workflow_id":"workflow_1","input":{"topic":"tea"},)"
    R"("steps":[{"step":0,"name":"plan","output":null}],)"
    R"("nested":[{"schema":1,"workflow":"inner","workflow_id":"workflow_2","input":"x",)"
    R"("steps":[{"step":0,"name":"a","output":[1,"2"]}],"parent_step":1}]})";

TEST(WorkflowCheckpointText, IsJsonAndReadBack) {
  EXPECT_EQ(to_json(sample()), sample_text);
  EXPECT_EQ(to_json(parse_checkpoint(sample_text).value()), sample_text);
}

TEST(WorkflowCheckpointText, MistakesAreNamed) {
  const auto error = [](std::string_view text) { return parse_checkpoint(text).error(); };
  EXPECT_EQ(error("{").code, Errc::malformed_json);
  EXPECT_EQ(error("[]").code, Errc::invalid_file);
  EXPECT_THAT(error(R"({"schema":2})").message, HasSubstr("/schema"));
  std::string text(sample_text);
  text.replace(text.find("\"plan\""), 6, "7");
  EXPECT_EQ(error(text).pointer, "/steps/0/name");
  EXPECT_THAT(error(text).message, HasSubstr("/steps/0/name: "));
}

TEST(WorkflowCheckpointText, IsRefusedByAnotherWorkflow) {
  const auto nothing = [](const WorkflowScope&) { return json::value(); };
  WorkflowSteps inside;
  inside.transform("a", nothing);
  WorkflowSteps steps;
  steps.transform("plan", nothing).subworkflow("sub", Workflow("inner", inside));
  const Workflow workflow("w", steps);
  EXPECT_EQ(workflow.why_not(sample()), "");

  WorkflowCheckpoint other = sample();
  other.workflow = "v";
  EXPECT_THAT(workflow.why_not(other), HasSubstr("of the workflow \"v\", not of \"w\""));
  other = sample();
  other.steps.front().name = "draft";
  EXPECT_THAT(workflow.why_not(other), HasSubstr("its step 0 is \"draft\""));
  other = sample();
  other.steps.front().step = 7;
  EXPECT_THAT(workflow.why_not(other), HasSubstr("the workflow has 2 steps"));
  other = sample();
  other.nested.front().parent_step = 0;
  EXPECT_THAT(workflow.why_not(other), HasSubstr("step 0 is no subworkflow"));
  other = sample();
  other.nested.front().steps.front().name = "z";
  EXPECT_THAT(workflow.why_not(other), HasSubstr("in the step \"sub\": "));
}

class WorkflowHistoryTest : public ::testing::Test {
 protected:
  WorkflowHistoryTest() {
    context_.session_id = "s1";
    context_.workflow_id = "w1";
  }

  template <PayloadType T>
  void add(T payload, SpanId span = 1, SpanId parent = 0) {
    StreamEvent event(std::move(payload), std::make_shared<const RunContext>(context_));
    event.set_span(span, parent);
    history_.add(event);
  }

  RunContext context_;
  WorkflowHistory history_;
};

TEST_F(WorkflowHistoryTest, HasNoneWhereThereIsNone) {
  EXPECT_FALSE(history_.checkpoint());
  EXPECT_FALSE(history_.outcome());
  EXPECT_FALSE(history_.input_is_redacted());
}

TEST_F(WorkflowHistoryTest, TheLastWorkflowCounts) {
  add(WorkflowStarted{.workflow = "old"});
  add(WorkflowStepCompleted{.workflow = "old", .step_name = "a"});
  add(WorkflowCompleted{.workflow = "old"});
  EXPECT_EQ(history_.outcome(), Outcome::completed);
  context_.workflow_id = "w2";
  add(WorkflowStarted{.workflow = "new", .input = 5});
  EXPECT_FALSE(history_.outcome());
  EXPECT_EQ(history_.checkpoint()->workflow, "new");
  EXPECT_TRUE(history_.checkpoint()->steps.empty());
}

TEST_F(WorkflowHistoryTest, WhatWasRedactedIsNoValueToGoOnWith) {
  add(WorkflowStarted{.workflow = "w", .input = {{"key", "[redacted-openai-key]"}}});
  add(WorkflowStepCompleted{.workflow = "w", .step = 0, .step_name = "a", .output = "fine"});
  add(WorkflowStepCompleted{
      .workflow = "w", .step = 1, .step_name = "b", .output = "a [redacted-value] b"});
  EXPECT_TRUE(history_.input_is_redacted());
  ASSERT_EQ(history_.checkpoint()->steps.size(), 1u);
  EXPECT_EQ(history_.checkpoint()->steps.front().name, "a");
}

TEST_F(WorkflowHistoryTest, AWorkflowThatIsSaidToBeInsideItselfDoesNoHarm) {
  add(WorkflowStarted{.workflow = "w"});
  context_.parent_workflow_id = "w1";
  add(WorkflowStarted{.workflow = "w"});
  context_.workflow_id = "w2";
  add(WorkflowStarted{.workflow = "v"});
  context_.parent_workflow_id = "w2";
  add(WorkflowStarted{.workflow = "v"});
  EXPECT_EQ(history_.checkpoint()->workflow_id, "w1");
}

}  // namespace
}  // namespace strandbus::test
