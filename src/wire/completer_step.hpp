#pragma once

#include "wire/trace_completer.hpp"

#include <memory>
#include <utility>

namespace strandbus::detail {

/// Gives an event another payload of its type and keeps what it carries besides.
template <class T>
void set_payload(StreamEvent& event, T payload) {
  const bool same = event.type() == T::event_type;
  std::unique_ptr<const WireExtras> extras;
  if (same && event.extras()) extras = std::make_unique<const WireExtras>(*event.extras());
  event.set_payload(std::move(payload), std::move(extras));
}

template <class T>
void TraceCompleter::put(Run& run, T payload, const Place& place) {
  emit(StreamEvent(std::move(payload)), run.context, place, false);
}

/// What one event of the trace means for what is open.
struct TraceCompleter::Step {
  TraceCompleter& self;
  const StreamEvent& event;
  Run* run;  // null when the event belongs to none

  /// Passes on what neither begins nor ends anything.
  template <class T>
  void operator()(const T&) const {
    if (!run) return self.emit(event, event.shared_context(), own_place(), true);
    Place place = self.place_in(*run);
    if (event.span_id() != 0) {
      place.span = event.span_id();
      place.parent = event.parent_span_id();
    }
    self.emit(event, run->context, place, true);
  }

  void operator()(const SessionRestored& p) const;
  void operator()(const TurnStarted& p) const;
  void operator()(const TurnEnded& p) const;
  void operator()(const RunCompleted& p) const;
  void operator()(const RunFailed& p) const;
  void operator()(const RunCancelled& p) const;

  void operator()(const ModelStarted& p) const;
  void operator()(const TokenDelta& p) const;
  void operator()(const AssistantDelta& p) const;
  void operator()(const StructuredDelta& p) const;
  void operator()(const ReasoningDelta& p) const;
  void operator()(const ToolCallBegin& p) const;
  void operator()(const ToolCallDelta& p) const;
  void operator()(const ToolCallReady& p) const;
  void operator()(const ModelCompleted& p) const;
  void operator()(const ModelFailed& p) const;
  void operator()(const MessageDiscarded& p) const;

  void operator()(const ApprovalRequested& p) const;
  void operator()(const ApprovalResolved& p) const;
  void operator()(const ToolCallStarted& p) const;
  void operator()(const ToolOutput& p) const;
  void operator()(const BashStarted& p) const;
  void operator()(const BashExecuted& p) const;
  void operator()(const CellExecuted& p) const;
  void operator()(const ToolCallCompleted& p) const;
  void operator()(const ToolCallCancelled& p) const;
  void operator()(const ToolCallDenied& p) const;
  void operator()(const SubagentStarted& p) const;
  void operator()(const SubagentFinished& p) const;
  void operator()(const BackgroundTaskStarted& p) const;
  void operator()(const BackgroundTaskFinished& p) const;
  void operator()(const BackgroundTaskCancelled& p) const;

  void operator()(const WorkflowStarted& p) const;
  void operator()(const WorkflowCompleted& p) const;
  void operator()(const WorkflowFailed& p) const;
  void operator()(const WorkflowCancelled& p) const;
  void operator()(const WorkflowStepStarted& p) const;
  void operator()(const WorkflowStepCompleted& p) const;
  void operator()(const WorkflowStepFailed& p) const;
  void operator()(const WorkflowStepCancelled& p) const;

  /// Completes the open request; `said`: by the trace.
  void finish_request(ModelCompleted completed, bool said) const;

 private:
  friend class TraceCompleter;

  Place own_place() const { return {event.span_id(), event.parent_span_id(), 0}; }

  /// Writes the event with this payload, which is its own or has been filled in.
  template <class T>
  void say(T payload, const Place& place) const {
    StreamEvent changed = event;
    set_payload(changed, std::move(payload));
    self.emit(std::move(changed), context(), place, true);
  }

  template <class T>
  void piece(T payload, std::string Request::*text) const;
  Request& request_for(std::string_view message_id) const;
  Part& open_call(const std::string& call_id, const std::string& tool_name) const;
  template <class T>
  void inside_call(T payload) const;
  template <class T>
  void end_call(T payload) const;
  Run& owner_of_task(const std::string& task_id) const;
  template <class T>
  void end_task(T payload) const;
  template <class T>
  void end_workflow(const T& payload) const;
  template <class T>
  void end_step(T payload) const;
  Part& open_workflow(const std::string& workflow) const;
  void close_step(const Part& step) const;
  void expect_few_workflows() const;
  std::string workflow_key(const std::string& workflow) const;
  std::shared_ptr<const RunContext> context() const {
    return run ? run->context : event.shared_context();
  }
};

}  // namespace strandbus::detail
