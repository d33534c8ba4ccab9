// What a SessionState knows of tools, workflows and tasks; its bounds and its JSON.

#include "bus/session_events.hpp"
#include "strandbus/event/factory.hpp"
#include "strandbus/event/json_codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strandbus {
namespace {

using test::moment;
using test::stamped;
using testing::IsEmpty;
using testing::SizeIs;

struct OpenTools : test::OpenRequestTest {};
struct OpenWork : test::OpenRequestTest {};
struct OpenBounds : test::OpenRequestTest {};
struct SessionStateJson : test::OpenRequestTest {};

TEST_F(OpenTools, ShowTheirOutputSoFar) {
  see(ToolCallStarted{.tool_name = "t", .call_id = "c1", .arguments = {{"a", 1}}});
  see(ToolOutput{.call_id = "c1", .stream = OutputStream::stdout_, .text = "one "});
  see(ToolOutput{.call_id = "c1", .stream = OutputStream::stdout_, .text = "two"});
  see(ToolOutput{.call_id = "c1", .stream = OutputStream::stderr_, .text = "bad"});
  see(make_tool_progress("c1", "t", "half", 0.5));

  EXPECT_EQ(tool().started, moment(4));
  EXPECT_EQ(tool().arguments.at("a"), 1);
  EXPECT_EQ(tool().stdout_.text, "one two");
  EXPECT_EQ(tool().stderr_.text, "bad");
  EXPECT_EQ(tool().message, "half");
  EXPECT_EQ(tool().progress, 0.5);
}

TEST_F(OpenTools, AreMarkedWhenSomethingWasMissedAndRepairedByTheShell) {
  see(ToolCallStarted{.tool_name = "bash", .call_id = "c1"});
  miss(2);
  see(ToolOutput{.call_id = "c1", .stream = OutputStream::stdout_, .text = "b"});
  EXPECT_FALSE(tool().stdout_.complete);

  see(BashExecuted{.call_id = "c1", .stdout_ = "ab", .stderr_ = "e", .success = true});
  EXPECT_EQ(tool().stdout_.text, "ab");
  EXPECT_EQ(tool().stderr_.text, "e");
  EXPECT_TRUE(tool().stdout_.complete);
}

TEST_F(OpenTools, AppearWithTheirFirstOutputWhenTheirStartWasMissed) {
  miss(1);
  see(ToolOutput{.call_id = "c1", .tool_name = "t", .text = "b"});

  EXPECT_EQ(tool().tool_name, "t");
  EXPECT_FALSE(tool().started);
  EXPECT_FALSE(tool().stdout_.complete);
}

TEST_F(OpenTools, LeaveWithTheirEnd) {
  for (const char* id : {"c1", "c2"}) see(ToolCallStarted{.tool_name = "t", .call_id = id});
  see(ToolCallCompleted{.tool_name = "t", .call_id = "c2", .success = true});
  EXPECT_EQ(tool().call_id, "c1");

  see(ToolCallCancelled{.tool_name = "t", .call_id = "c1"});
  EXPECT_THAT(state.running_tools, IsEmpty());
}

TEST_F(OpenTools, AMissedEndIsRepairedByTheEndOfTheTurn) {
  see(ToolCallStarted{.tool_name = "t", .call_id = "c1"});
  see(ApprovalRequested{.approval_id = "a1", .call_id = "c2"});
  see(TurnEnded{.turn = 1});

  EXPECT_THAT(state.running_tools, IsEmpty());
  EXPECT_THAT(state.pending_approvals, IsEmpty());
}

TEST_F(OpenWork, WorkflowsAndTheirStepsRunUntilTheyEnd) {
  see(WorkflowStarted{.workflow = "w"}, "");
  see(WorkflowProgress{.workflow = "w", .message = "on"}, "");
  see(WorkflowStepStarted{.workflow = "w", .step = 0, .step_name = "a"}, "");
  see(WorkflowStepStarted{.workflow = "w", .step = 1, .step_name = "b"}, "");
  see(WorkflowStepProgress{.workflow = "w", .step = 1, .message = "half"}, "");
  see(WorkflowStepCompleted{.workflow = "w", .step = 0}, "");

  ASSERT_THAT(state.workflows, SizeIs(1));
  EXPECT_EQ(state.workflows[0].message, "on");
  ASSERT_THAT(state.workflow_steps, SizeIs(1));
  EXPECT_EQ(state.workflow_steps[0].step_name, "b");
  EXPECT_EQ(state.workflow_steps[0].message, "half");

  see(WorkflowFailed{.workflow = "w", .error = "no", .error_code = ErrorCode::network}, "");
  EXPECT_THAT(state.workflows, IsEmpty());
  EXPECT_THAT(state.workflow_steps, IsEmpty());
  EXPECT_EQ(state.last_error->error, "no");
}

TEST_F(OpenWork, TheEndOfAWorkflowEndsThoseInsideIt) {
  const auto in = [&](std::string id, std::string parent, auto payload) {
    RunContext context;
    context.workflow_id = std::move(id);
    context.parent_workflow_id = std::move(parent);
    state.apply(stamped(
        StreamEvent(std::move(payload), std::make_shared<const RunContext>(context)), ++seq));
  };
  in("w1", "", WorkflowStarted{.workflow = "outer"});
  in("w2", "w1", WorkflowStarted{.workflow = "inner"});
  in("w2", "w1", WorkflowStepStarted{.workflow = "inner"});
  in("w3", "", WorkflowStarted{.workflow = "other"});
  in("w1", "", WorkflowCompleted{.workflow = "outer"});

  ASSERT_THAT(state.workflows, SizeIs(1));
  EXPECT_EQ(state.workflows[0].workflow_id, "w3");
  EXPECT_THAT(state.workflow_steps, IsEmpty());
}

TEST_F(OpenWork, SubagentsRunUntilTheyFinish) {
  see(SubagentStarted{.agent = "scout", .child_run_id = "r2", .call_id = "c1"});
  see(SubagentStarted{.agent = "scout", .child_run_id = "r3"});
  see(SubagentFinished{.agent = "scout", .child_run_id = "r2"});
  ASSERT_THAT(state.subagents, SizeIs(1));
  EXPECT_EQ(state.subagents[0].child_run_id, "r3");

  see(RunStarted{.model = "m"}, "r3");
  see(RunCompleted{}, "r3");
  EXPECT_THAT(state.subagents, IsEmpty());
}

TEST_F(OpenWork, BackgroundTasksRunUntilTheyEnd) {
  see(BackgroundTaskStarted{.task_id = "t1", .name = "index", .child_run_id = "r2"});
  see(BackgroundTaskStarted{.task_id = "t2", .name = "watch", .child_run_id = "r3"});
  see(BackgroundTaskFinished{.task_id = "t1"});
  ASSERT_THAT(state.background_tasks, SizeIs(1));
  EXPECT_EQ(state.background_tasks[0].name, "watch");

  see(BackgroundTaskCancelled{.task_id = "t2"});
  EXPECT_THAT(state.background_tasks, IsEmpty());
}

TEST_F(OpenWork, ABackgroundTaskOutlivesTheRunThatStartedItAsLongAsItsOwnRunLasts) {
  see(BackgroundTaskStarted{.task_id = "t1", .child_run_id = "r2"});
  see(BackgroundTaskStarted{.task_id = "t2", .child_run_id = "r3"});
  see(RunStarted{.model = "m"}, "r2");
  see(RunCompleted{});
  ASSERT_THAT(state.background_tasks, SizeIs(1));
  EXPECT_EQ(state.background_tasks[0].task_id, "t1");

  see(RunFailed{}, "r2");
  EXPECT_TRUE(state.idle());
}

TEST_F(OpenBounds, ATextKeepsItsNewestPartInWholeCharacters) {
  std::string all;
  for (int i = 0; all.size() <= SessionState::max_text_bytes + 1000; ++i) {
    const std::string piece = std::to_string(i) + "äöü€";
    all += piece;
    see(TokenDelta{.text = piece, .message_id = "m1"});
  }

  const TextSoFar& kept = message().content;
  EXPECT_LE(kept.text.size(), SessionState::max_text_bytes);
  EXPECT_GE(kept.text.size(), SessionState::max_text_bytes / 2 - 3);
  EXPECT_EQ(static_cast<std::size_t>(kept.dropped_bytes) + kept.text.size(), all.size());
  EXPECT_TRUE(all.ends_with(kept.text));
  EXPECT_EQ(repair_utf8(kept.text), kept.text);
  EXPECT_TRUE(kept.complete);
}

TEST_F(OpenBounds, AnOutputKeepsItsNewestPart) {
  see(ToolCallStarted{.tool_name = "t", .call_id = "c1"});
  see(ToolOutput{.call_id = "c1", .text = std::string(SessionState::max_output_bytes * 3, 'x')});

  EXPECT_EQ(tool().stdout_.text.size(), SessionState::max_output_bytes / 2);
}

TEST_F(OpenBounds, AFullListForgetsItsOldestEntry) {
  for (std::size_t i = 0; i < SessionState::max_open + 2; ++i)
    see(TokenDelta{.text = "x", .message_id = std::to_string(i)}, "");

  EXPECT_EQ(state.open_messages.size(), SessionState::max_open);
  EXPECT_EQ(message().message_id, "2");
  EXPECT_EQ(state.forgotten, 2);
}

TEST_F(SessionStateJson, NamesEveryMemberInOrder) {
  see(TokenDelta{.text = "a\xff", .message_id = "m1"});
  see(ToolCallStarted{.tool_name = "t", .call_id = "c1"});
  see(UsageUpdate{.usage = {1, 2, 3}, .cost = NanoUsd{350'000}});
  const json::value value = parse_json(to_json(state)).value();

  EXPECT_EQ(value.as_object().begin()->key(), "last_seq");
  EXPECT_EQ(value.at("last_seq").to_number<int>(), 6);
  EXPECT_EQ(value.at("cost").as_double(), 0.00035);
  EXPECT_EQ(value.at("runs").at(0).at("state"), "running");
  EXPECT_EQ(value.at("runs").at(0).at("started"), "2023-11-14T22:13:20.001000000Z");
  EXPECT_EQ(value.at("open_messages").at(0).at("content").at("text"), "a\xEF\xBF\xBD");
  EXPECT_EQ(value.at("running_tools").at(0).at("stdout").at("complete"), true);
  EXPECT_FALSE(value.as_object().contains("closed"));
}

TEST_F(SessionStateJson, OfTheEmptyStateIsTheSameEveryTime) {
  EXPECT_EQ(to_json(SessionState()),
            R"({"last_seq":0,"missed":0,"ts":"1970-01-01T00:00:00.000000000Z","session_id":"",)"
            R"("workspace":"","title":"","client":"","runs":[],"ended_runs":[],)"
            R"("ended_runs_dropped":0,"model_requests":[],"open_messages":[],"open_calls":[],)"
            R"("running_tools":[],"pending_approvals":[],"retries":[],"workflows":[],)"
            R"("workflow_steps":[],"subagents":[],"background_tasks":[],"forgotten":0,"plan":[],)"
            R"("committed_messages":0,"usage":{"prompt":0,"completion":0,"total":0},)"
            R"("settled_usage":{"prompt":0,"completion":0,"total":0},"cost":0,"settled_cost":0,)"
            R"("unpriced_runs":0})");
}

}  // namespace
}  // namespace strandbus
