#pragma once

#include "wire/event_list.hpp"

#include <string>
#include <utility>

// Runs that go wrong or sideways, for those who show runs to other systems.

namespace strandbus::testing {

inline void begin_ag_ui_run(EventList& list) {
  list.add(RunStarted{.provider = "scripted", .model = "gpt-4o"});
  list.add(UserMessage{.message_id = "m1", .content = "go"});
  list.turn(1).add(TurnStarted{.turn = 1, .max_turns = 9});
  list.add(ModelStarted{.provider = "scripted", .model = "gpt-4o"});
}

inline void end_ag_ui_run(EventList& list) {
  list.add(TurnEnded{.turn = 1, .stop_reason = FinishReason::stop});
  list.turn(0).add(RunCompleted{.output = "done"});
}

/// The model thinks, its first answer breaks off after a call was begun, the second one is good.
inline EventList retried_run() {
  EventList list;
  begin_ag_ui_run(list);
  list.add(ReasoningDelta{.text = "hm", .message_id = "m2"});
  list.add(TokenDelta{.text = "wro", .message_id = "m2"});
  list.add(ToolCallBegin{.call_id = "c1", .tool_name = "bash"});
  list.add(ToolCallDelta{.call_id = "c1", .delta = "{\"comm"});
  list.add(ModelFailed{.error = "cut", .error_code = ErrorCode::network});
  list.add(MessageDiscarded{.message_id = "m2", .attempt = 1, .reason = "cut"});
  list.add(Retry{.attempt = 2, .max_attempts = 3, .reason = "cut"});
  list.add(ModelStarted{.provider = "scripted", .model = "gpt-4o", .attempt = 2});
  list.add(TokenDelta{.text = "right", .message_id = "m2"});
  list.add(ModelCompleted{.content = "right", .usage = {10, 2, 12, 4, {}, 1}});
  list.add(MessageCommitted{.message = {"m2", Role::assistant, "right"}});
  end_ag_ui_run(list);
  return list;
}

/// Two calls, of which one is approved and the other denied, and a sub-agent with the same call id.
inline EventList run_with_approvals_and_subagent() {
  EventList list;
  begin_ag_ui_run(list);
  const json::value arguments = json::object{{"x", 1}};
  for (const char* id : {"c1", "c2", "c3"})
    list.add(ToolCallReady{.call_id = id, .tool_name = "bash", .arguments = arguments});
  list.add(ModelCompleted{.usage = {10, 2, 12}});
  list.add(ApprovalRequested{.approval_id = "a1", .call_id = "c1", .tool_name = "bash"});
  list.add(ApprovalResolved{.approval_id = "a1", .call_id = "c1"});
  list.add(ToolCallStarted{.tool_name = "bash", .call_id = "c1"});
  list.add(ToolOutput{.call_id = "c1", .tool_name = "bash", .text = "line"});
  list.add(
      ToolCallCompleted{.tool_name = "bash", .call_id = "c1", .success = true, .output = "done"});
  list.add(ToolCallDenied{.tool_name = "bash",
                          .call_id = "c2",
                          .error_code = ErrorCode::E_CONFIRMED_DENY,
                          .reason = "no"});
  list.add(ToolCallStarted{.tool_name = "researcher", .call_id = "c3"});
  list.add(SubagentStarted{
      .agent = "researcher", .child_run_id = "child", .call_id = "c3", .input = "look"});
  list.in(EventList::nested_context("child", "researcher"));
  list.add(RunStarted{.provider = "scripted", .model = "gpt-4o"});
  list.add(TurnStarted{.turn = 1, .max_turns = 9});
  list.add(ModelStarted{.provider = "scripted", .model = "small"});
  list.add(TokenDelta{.text = "found", .message_id = "n1"});
  list.add(ToolCallReady{.call_id = "c1", .tool_name = "read_file", .arguments = arguments});
  list.add(ModelCompleted{.content = "found", .usage = {5, 1, 6}});
  list.add(ToolCallCompleted{
      .tool_name = "read_file", .call_id = "c1", .success = false, .error = "no such file"});
  list.add(RunCompleted{.output = "found"});
  list.in(EventList::run_context());
  list.add(SubagentFinished{.agent = "researcher", .child_run_id = "child", .output = "found"});
  list.add(ToolCallCompleted{
      .tool_name = "researcher", .call_id = "c3", .success = true, .output = "found"});
  end_ag_ui_run(list);
  return list;
}

/// Cancelled in the middle of an answer, with everything still open.
inline EventList cancelled_run() {
  EventList list;
  begin_ag_ui_run(list);
  list.add(TokenDelta{.text = "half", .message_id = "m2"});
  list.add(ToolCallBegin{.call_id = "c1", .tool_name = "bash"});
  list.add(SubagentStarted{.agent = "researcher", .child_run_id = "child", .call_id = "c1"});
  list.add(RunCancelled{.reason = "enough"});
  return list;
}

inline EventList failed_run() {
  EventList list;
  begin_ag_ui_run(list);
  list.add(TokenDelta{.text = "half", .message_id = "m2"});
  list.add(RunFailed{.error = "no network", .error_code = ErrorCode::network});
  return list;
}

/// The workflow that the run of EventList is a step of, and one inside of it.
inline RunContext workflow_context(std::string id = "release", std::string parent = "") {
  RunContext context = EventList::run_context();
  context.run_id.clear();
  context.agent.clear();
  context.workflow_id = std::move(id);
  context.parent_workflow_id = std::move(parent);
  return context;
}

/// The run of a step of a workflow.
inline RunContext step_context(std::string run_id, RunContext workflow = workflow_context()) {
  workflow.run_id = std::move(run_id);
  workflow.agent = "writer";
  return workflow;
}

/// Two steps with a run each at the same time, of which one run has a sub-agent; a step that fails,
/// and one in a workflow inside that is cancelled.
inline EventList workflow_of_several_runs() {
  const RunContext nested = workflow_context("inner", "release");
  RunContext child = step_context("child");
  child.parent_run_id = "b";
  child.depth = 1;
  EventList list(workflow_context());
  const auto start = [&](std::string workflow, int step, std::string name) {
    list.add(WorkflowStepStarted{
        .workflow = std::move(workflow), .step = step, .step_name = std::move(name)});
  };
  list.add(WorkflowStarted{.workflow = "release", .input = json::object{{"version", "1.2"}}});
  start("release", 0, "notes");
  start("release", 1, "docs");
  for (const char* run : {"a", "b"}) {
    list.in(step_context(run)).add(RunStarted{.provider = "scripted", .model = "gpt-4o"});
    list.turn(1).add(TurnStarted{.turn = 1, .max_turns = 9});
    list.add(ModelStarted{.provider = "scripted", .model = "gpt-4o"});
    list.add(TokenDelta{.text = "half", .message_id = "m"});
  }
  list.add(ToolCallReady{.call_id = "c", .tool_name = "ask", .arguments = json::object{}});
  list.add(ModelCompleted{.usage = {10, 2, 12}});
  list.add(SubagentStarted{.agent = "reader", .child_run_id = "child", .call_id = "c"});
  list.in(child).add(RunStarted{}).add(RunCompleted{.output = "read"});
  list.in(step_context("b"));
  list.add(SubagentFinished{.agent = "reader", .child_run_id = "child", .output = "read"});
  list.add(ToolCallCompleted{.tool_name = "ask", .call_id = "c", .success = true});
  list.in(step_context("a")).add(ModelCompleted{.content = "half", .usage = {5, 1, 6}});
  list.add(TurnEnded{.turn = 1}).turn(0).add(RunCompleted{.output = "half"});
  list.in(step_context("b")).turn(1).add(TurnEnded{.turn = 1});
  list.turn(0).add(RunFailed{.error = "no network", .error_code = ErrorCode::network});
  list.in(workflow_context());
  list.add(WorkflowStepCompleted{.workflow = "release", .step = 0, .step_name = "notes"});
  list.add(WorkflowStepFailed{
      .workflow = "release", .step = 1, .step_name = "docs", .error = "no network"});
  start("release", 2, "inner");
  list.in(nested).add(WorkflowStarted{.workflow = "inner"});
  start("inner", 0, "wait");
  list.add(WorkflowStepProgress{
      .workflow = "inner", .step = 0, .step_name = "wait", .message = "waiting"});
  list.in(step_context("d", nested)).add(RunStarted{}).add(RunCancelled{.reason = "enough"});
  list.in(nested);
  list.add(WorkflowStepCancelled{.workflow = "inner", .step = 0, .step_name = "wait"});
  list.add(WorkflowCancelled{.workflow = "inner", .reason = "enough"});
  list.in(workflow_context());
  list.add(WorkflowStepCompleted{.workflow = "release", .step = 2, .step_name = "inner"});
  list.add(WorkflowCompleted{.workflow = "release", .output = json::object{{"days", 6}}});
  return list;
}

}  // namespace strandbus::testing
