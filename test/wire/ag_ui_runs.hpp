#pragma once

#include "wire/event_list.hpp"

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

}  // namespace strandbus::testing
