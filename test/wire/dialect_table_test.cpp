#include "event/sample.hpp"
#include "strandbus/event/json_codec.hpp"
#include "wire/dialect_lines.hpp"
#include "wire/event_list.hpp"

#include <boost/json/object.hpp>

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

// The vocabulary's table "The same stream in the words of other systems": for each of our types
// what it is in each system. "-" is nothing.

namespace strandbus::testing {
namespace {

struct Row {
  EventType type;
  const char* agent_runner;
  const char* agent_event;
  const char* lifecycle;    // scope type
  const char* trace_event;  // kind
  const char* rollouts;
  const char* ag_ui;

  friend std::ostream& operator<<(std::ostream& out, const Row& row) {
    return out << to_string(row.type);
  }
};

using E = EventType;

const char* const none = "-";

const Row rows[] = {
    {E::run_started, none, "RunStarted", "agent started", "agent", none, "RUN_STARTED"},
    {E::turn_started, none, none, "agent progress", "step", "turn_start", "STEP_STARTED"},
    {E::turn_ended, none, none, "agent progress", "step", "usage_update turn_end", "STEP_FINISHED"},
    {E::user_message, "user_message", none, "agent progress", none, none, none},
    {E::context_built, none, "ContextBuilt", "agent progress", none, none, none},
    {E::model_started, none, "ModelStarted", "llm_request started", "lm_call_start", none, none},
    {E::token_delta, "token_delta", "TextDelta", "llm_request progress", "token", "token",
     "TEXT_MESSAGE_START TEXT_MESSAGE_CONTENT"},
    {E::assistant_delta, "assistant_delta", "TextDelta", "llm_request progress", "token", "token",
     "TEXT_MESSAGE_START TEXT_MESSAGE_CONTENT"},
    {E::reasoning_delta, none, none, "llm_request progress", "token", "thinking",
     "REASONING_START REASONING_MESSAGE_START REASONING_MESSAGE_CONTENT"},
    {E::structured_delta, none, none, "llm_request progress", "token", "token",
     "TEXT_MESSAGE_START TEXT_MESSAGE_CONTENT"},
    {E::tool_call_begin, none, "ToolCallStarted", "llm_request progress",
     "tool_call_arguments_delta", none, "TOOL_CALL_START"},
    {E::tool_call_delta, none, "ToolCallDelta", "llm_request progress", "tool_call_arguments_delta",
     none, "TOOL_CALL_ARGS"},
    {E::tool_call_ready, none, "ToolCallCompleted", "llm_request progress",
     "tool_call_arguments_delta", "tool_call_complete", "TOOL_CALL_ARGS TOOL_CALL_END"},
    {E::model_completed, none, "UsageRecorded", "llm_request completed", "lm_call", none,
     "TEXT_MESSAGE_END"},
    {E::model_failed, none, none, "llm_request failed", "lm_call", none, "TEXT_MESSAGE_END"},
    {E::usage_update, "usage_update", none, none, none, none, none},
    {E::tool_call_started, "tool_call_started", "ToolExecutionStarted", "tool started", none, none,
     none},
    {E::tool_output, "tool_output", none, "tool progress", none, none, "CUSTOM"},
    {E::tool_call_completed, "tool_call_completed", "ToolExecutionFinished", "tool completed",
     "tool", "tool_result", "TOOL_CALL_RESULT"},
    {E::tool_call_denied, "tool_call_completed", "ToolExecutionFinished", "tool failed",
     "guardrail tool", "tool_result", "TOOL_CALL_RESULT"},
    {E::tool_call_cancelled, "tool_call_completed", "ToolExecutionFinished", "tool canceled",
     "tool", "tool_result", "TOOL_CALL_RESULT"},
    {E::assistant_message, "assistant_message", none, "agent progress", none, none, none},
    {E::memory_written, none, none, "agent progress", "memory", none, "CUSTOM"},
    {E::plan_updated, none, none, "agent progress", "plan", none, "CUSTOM"},
    {E::retry, none, none, "llm_request progress", "retry", none, "CUSTOM"},
    {E::compaction, "compaction", none, "system progress", none, none, "CUSTOM"},
    {E::compaction_circuit_opened, none, "CompactionCircuitOpened", "system progress", none, none,
     "CUSTOM"},
    {E::doom_loop_detected, none, "DoomLoopDetected", "system progress", none, none, "CUSTOM"},
    {E::guardrail_triggered, none, none, "system progress", "guardrail", none, "CUSTOM"},
    {E::approval_requested, none, none, "tool progress", "approval", none, "CUSTOM"},
    {E::approval_resolved, none, none, "tool progress", "approval", none, "CUSTOM"},
    {E::subagent_started, none, none, "agent started", "subagent", none, "SUBAGENT_STARTED"},
    {E::subagent_finished, none, none, "agent completed", "subagent", none, "SUBAGENT_ERROR"},
    {E::background_task_started, none, none, "agent started", "background_task", none, "CUSTOM"},
    {E::background_task_finished, none, none, "agent completed", "background_task", none, "CUSTOM"},
    {E::background_task_cancelled, none, none, "agent canceled", "background_task", none, "CUSTOM"},
    {E::workflow_started, none, none, "workflow started", none, none, none},
    {E::workflow_progress, none, none, "workflow progress", none, none, "CUSTOM"},
    {E::workflow_completed, none, none, "workflow completed", none, none, none},
    {E::workflow_failed, none, none, "workflow failed", none, none, none},
    {E::workflow_cancelled, none, none, "workflow canceled", none, none, none},
    {E::workflow_step_started, none, none, "workflow_step started", none, none, "STEP_STARTED"},
    {E::workflow_step_progress, none, none, "workflow_step progress", none, none, "CUSTOM"},
    {E::workflow_step_completed, none, none, "workflow_step completed", none, none,
     "STEP_FINISHED"},
    {E::workflow_step_failed, none, none, "workflow_step failed", none, none,
     "CUSTOM STEP_FINISHED"},
    {E::workflow_step_cancelled, none, none, "workflow_step canceled", none, none,
     "CUSTOM STEP_FINISHED"},
    {E::error, "error", none, "system progress", "error", "error", "CUSTOM"},
    {E::agent_error, "agent_error", none, "agent progress", "error", "error", "CUSTOM"},
    {E::session_created, "session_created", none, none, none, none, none},
    {E::session_restored, "session_restored", none, none, none, none, none},
    {E::session_closed, none, none, none, none, none, none},
    {E::workspace_updated, "workspace_updated", none, none, none, none, none},
    {E::run_completed, none, "RunCompleted", "agent completed", "final", none, "RUN_FINISHED"},
    {E::run_failed, none, "RunFailed", "agent failed", "error", none, "RUN_ERROR"},
    {E::run_cancelled, none, "RunCancelled", "agent canceled", "error", none, "RUN_FINISHED"},
    {E::file_created, "file_created", none, "tool progress", none, "file_changed", "CUSTOM"},
    {E::file_modified, "file_modified", none, "tool progress", none, "file_changed", "CUSTOM"},
    {E::file_deleted, "file_tree_update", none, "tool progress", none, "file_changed", "CUSTOM"},
    {E::file_tree_update, "file_tree_update", none, "tool progress", none,
     "file_changed file_changed file_changed", "CUSTOM"},
    {E::scaffold_complete, "scaffold_complete", none, "tool progress", none, none, "CUSTOM"},
    {E::preview_update, "preview_update", none, "tool progress", none, none, "CUSTOM"},
    {E::preview_ready, "preview_ready", none, "tool progress", none, none, "CUSTOM"},
    {E::deployment_ready, "deployment_ready", none, "tool progress", none, none, "CUSTOM"},
    {E::server_starting, "server_starting", none, "tool progress", none, none, "CUSTOM"},
    {E::server_ready, "server_ready", none, "tool progress", none, none, "CUSTOM"},
    {E::server_stopped, "server_stopped", none, "tool progress", none, none, "CUSTOM"},
    {E::screenshot_taken, "screenshot_taken", none, "tool progress", none, none, "CUSTOM"},
    {E::bash_started, "bash_started", none, "tool progress", none, none, "CUSTOM"},
    {E::bash_executed, "bash_executed", none, "tool progress", none, none, "CUSTOM"},
    {E::cell_executed, none, none, "tool progress", "cell", none, "CUSTOM"},
};

/// The sample of a type, with all members set, in the run of the list.
StreamEvent sample_in_run(EventType type) {
  NamedValues values;
  StreamEvent event = make_sample(type, values);
  event.set_context(std::make_shared<const RunContext>(EventList::run_context()));
  event.set_stamp(2, EventId{1, 2}, Timestamp(std::chrono::seconds(1)));
  return event;
}

/// What AG-UI must have seen before an event of a run.
EventList what_comes_before(const StreamEvent& event) {
  EventList list;
  if (event.is<RunStarted>()) return list;
  list.add(RunStarted{});
  if (event.is<TurnEnded>()) list.add(TurnStarted{.turn = 7});
  if (event.is<ModelCompleted>() || event.is<ModelFailed>())
    list.add(TokenDelta{.text = "t", .message_id = "m"});
  if (event.is<ToolCallDelta>() || event.is<ToolCallReady>())
    list.add(ToolCallBegin{.call_id = "call_id", .tool_name = "t"});
  if (event.is<SubagentFinished>()) list.add(SubagentStarted{.child_run_id = "child_run_id"});
  if (scope_of(event.type()) == Scope::workflow_step && !event.is<WorkflowStepStarted>())
    list.add(WorkflowStepStarted{.workflow = "workflow", .step = 7, .step_name = "step_name"});
  return list;
}

/// The types of the lines that an event becomes behind others.
std::string said(std::string_view dialect, const StreamEvent& event, const EventList& earlier) {
  const auto encoder = make_dialect(dialect);
  std::string before;
  for (const StreamEvent& one : earlier.events()) encoder->append(before, one);
  std::string out;
  encoder->append(out, event);
  std::string types;
  for (const std::string& line : split_lines(out)) {
    const json::object object = parse_json(line).value().as_object();
    if (!types.empty()) types += ' ';
    if (dialect == "agent-event") {
      types += object.begin()->key();
    } else if (dialect == "lifecycle") {
      types.append(object.at("scope").as_string())
          .append(" ")
          .append(object.at("type").as_string());
    } else {
      const bool kind = dialect == "trace-event" || dialect == "rollouts";
      types += object.at(kind ? "kind" : "type").as_string();
    }
  }
  return types.empty() ? none : types;
}

std::string said(std::string_view dialect, const StreamEvent& event) {
  return said(dialect, event, dialect == "ag-ui" ? what_comes_before(event) : EventList());
}

class DialectTableTest : public ::testing::TestWithParam<Row> {};

TEST_P(DialectTableTest, IsWhatTheVocabularySays) {
  const Row& row = GetParam();
  const StreamEvent event = sample_in_run(row.type);
  EXPECT_EQ(said("agent-runner", event), row.agent_runner);
  EXPECT_EQ(said("agent-event", event), row.agent_event);
  EXPECT_EQ(said("lifecycle", event), row.lifecycle);
  EXPECT_EQ(said("trace-event", event), row.trace_event);
  EXPECT_EQ(said("rollouts", event), row.rollouts);
  EXPECT_EQ(said("ag-ui", event), row.ag_ui);
}

INSTANTIATE_TEST_SUITE_P(Rows, DialectTableTest, ::testing::ValuesIn(rows),
                         [](const auto& row) { return std::string(to_string(row.param.type)); });

// The rows whose words depend on what the event says.

TEST(DialectTable, SaysAStatusUnlessItIsIdleOrOrdinary) {
  StreamEvent event = sample_in_run(E::run_started);
  const auto words = [&](AgentStatus status, std::string_view dialect) {
    event.set_payload(StatusUpdate{.status = status});
    return said(dialect, event);
  };
  EXPECT_EQ(words(AgentStatus::thinking, "agent-runner"), "status_update");
  EXPECT_EQ(words(AgentStatus::thinking, "rollouts"), "status_update");
  EXPECT_EQ(words(AgentStatus::idle, "rollouts"), none);
  EXPECT_EQ(words(AgentStatus::thinking, "lifecycle"), "agent progress");
  EXPECT_EQ(words(AgentStatus::waiting_approval, "ag-ui"), "CUSTOM");
  EXPECT_EQ(words(AgentStatus::thinking, "ag-ui"), none);
  EXPECT_EQ(words(AgentStatus::thinking, "agent-event"), none);
  EXPECT_EQ(words(AgentStatus::thinking, "trace-event"), none);
}

TEST(DialectTable, SaysAWorkflowOutsideOfRunsAsARun) {
  RunContext context = EventList::run_context();
  context.run_id.clear();
  context.workflow_id = "w";
  const auto words = [&](EventType type) {
    StreamEvent event = sample_in_run(type);
    event.set_context(std::make_shared<const RunContext>(context));
    return said("ag-ui", event, EventList(context).add(WorkflowStarted{}));
  };
  EXPECT_EQ(words(E::workflow_completed), "RUN_FINISHED");
  EXPECT_EQ(words(E::workflow_failed), "RUN_ERROR");
  EXPECT_EQ(words(E::workflow_cancelled), "RUN_FINISHED");
}

TEST(DialectTable, SaysACommittedMessageByItsRole) {
  StreamEvent event = sample_in_run(E::run_started);
  const auto words = [&](Role role, std::string_view dialect) {
    event.set_payload(MessageCommitted{.message = {"m", role, ""}});
    return said(dialect, event);
  };
  EXPECT_EQ(words(Role::assistant, "agent-event"), "AssistantMessageCommitted");
  EXPECT_EQ(words(Role::tool, "agent-event"), "ToolMessageCommitted");
  EXPECT_EQ(words(Role::user, "agent-event"), none);
  EXPECT_EQ(words(Role::tool, "trace-event"), "memory");
  for (const std::string_view dialect : {"agent-runner", "lifecycle", "rollouts", "ag-ui"})
    EXPECT_EQ(words(Role::tool, dialect), none) << dialect;
}

TEST(DialectTable, SaysACallWithoutSuccessAsAFailure) {
  StreamEvent event = sample_in_run(E::run_started);
  event.set_payload(ToolCallCompleted{.tool_name = "t", .call_id = "c", .error = "no"});
  EXPECT_EQ(said("lifecycle", event), "tool failed");
  EXPECT_NE(encode("trace-event", {event}).find(R"("status":"failed")"), std::string::npos);
  EXPECT_NE(encode("agent-event", {event}).find(R"({"Failure":{"error":"no"}})"),
            std::string::npos);
}

TEST(DialectTable, SaysWhichComponentSpeaksWhereTheRuntimeDoes) {
  EXPECT_NE(encode("lifecycle", {sample_in_run(E::doom_loop_detected)})
                .find(R"("component_id":"system:tool_loop_detection")"),
            std::string::npos);
  EXPECT_NE(
      encode("lifecycle", {sample_in_run(E::approval_requested)}).find(R"("status":"pending")"),
      std::string::npos);
}

}  // namespace
}  // namespace strandbus::testing
