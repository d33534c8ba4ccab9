#pragma once

#include "strandbus/bus/session_state.hpp"

#include <boost/mp11/algorithm.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strandbus::detail {

/// Folds the payload of one event into a state whose seqs are accounted for already.
class SessionReducer {
 public:
  SessionReducer(SessionState& state, const StreamEvent& event) noexcept
      : state_(state), event_(event) {}

  /// Folds the event, unless it belongs to a run that has ended.
  void reduce();

  // One for each type that changes the state; the others are named in Ignored.
  void operator()(const SessionCreated&);
  void operator()(const SessionRestored&);
  void operator()(const SessionClosed&);
  void operator()(const WorkspaceUpdated&);

  void operator()(const WorkflowStarted&);
  void operator()(const WorkflowProgress&);
  void operator()(const WorkflowCompleted&);
  void operator()(const WorkflowFailed&);
  void operator()(const WorkflowCancelled&);
  void operator()(const WorkflowStepStarted&);
  void operator()(const WorkflowStepProgress&);
  void operator()(const WorkflowStepCompleted&);
  void operator()(const WorkflowStepFailed&);
  void operator()(const WorkflowStepCancelled&);

  void operator()(const RunStarted&);
  void operator()(const TurnStarted&);
  void operator()(const TurnEnded&);
  void operator()(const StatusUpdate&);
  void operator()(const AssistantMessage&);
  void operator()(const MessageCommitted&);
  void operator()(const MessageDiscarded&);
  void operator()(const PlanUpdated&);
  void operator()(const SubagentStarted&);
  void operator()(const SubagentFinished&);
  void operator()(const BackgroundTaskStarted&);
  void operator()(const BackgroundTaskFinished&);
  void operator()(const BackgroundTaskCancelled&);
  void operator()(const Error&);
  void operator()(const AgentError&);
  void operator()(const RunCompleted&);
  void operator()(const RunFailed&);
  void operator()(const RunCancelled&);

  void operator()(const ModelStarted&);
  void operator()(const TokenDelta&);
  void operator()(const AssistantDelta&);
  void operator()(const ReasoningDelta&);
  void operator()(const StructuredDelta&);
  void operator()(const ToolCallBegin&);
  void operator()(const ToolCallDelta&);
  void operator()(const ToolCallReady&);
  void operator()(const UsageUpdate&);
  void operator()(const Retry&);
  void operator()(const ModelCompleted&);
  void operator()(const ModelFailed&);

  void operator()(const ApprovalRequested&);
  void operator()(const ApprovalResolved&);
  void operator()(const ToolCallStarted&);
  void operator()(const ToolOutput&);
  void operator()(const ToolCallCompleted&);
  void operator()(const ToolCallCancelled&);
  void operator()(const ToolCallDenied&);
  void operator()(const BashExecuted&);

  /// They tell of something that has happened, and leave nothing open.
  using Ignored =
      boost::mp11::mp_list<UserMessage, ContextBuilt, Compaction, CompactionFailed,
                           CompactionCircuitOpened, DoomLoopDetected, BudgetExceeded, MemoryWritten,
                           GuardrailTriggered, ExecutionSummary, BashStarted, CellExecuted,
                           FileCreated, FileModified, FileDeleted, FileTreeUpdate, ScaffoldComplete,
                           PreviewUpdate, PreviewReady, DeploymentReady, ServerStarting,
                           ServerReady, ServerStopped, ScreenshotTaken, SystemNotice, Custom>;

  template <class T>
  requires boost::mp11::mp_contains<Ignored, T>::value void operator()(const T&) const noexcept {}

 private:
  const std::string& run_id() const noexcept { return event_.run_id(); }
  /// Appends an entry; the oldest goes when the list is full.
  template <class T>
  T& add(std::vector<T>& list, T entry);

  // Runs.
  bool run_has_ended() const noexcept;
  RunState& add_run();
  void end_run(RunState run);
  template <class Terminal>
  void finish_run(Status state, const Terminal& terminal);
  void interrupt_runs();
  void close_turn(const std::string& run_id);
  void close_run(const std::string& run_id);
  void count_usage();
  void note_error(const std::string& error, ErrorCode code);

  // What a model writes.
  void append(MessageKind kind, const std::string& message_id, std::string_view text);
  void close_message(const std::string& message_id);
  void finish_messages(const ModelCompleted& completed);
  void finish_calls(const std::vector<ToolCall>& calls);
  OpenToolCall& call(const std::string& call_id, const std::string& tool_name);
  template <class Belongs>
  void repair_message(const std::string& whole, Belongs belongs);
  OpenModelRequest* open_request() noexcept;
  bool ends_known_request() noexcept;
  bool nothing_missed_since_request() noexcept;

  // Tools and workflows.
  RunningTool& tool(const std::string& call_id, const std::string& tool_name);
  void end_call(const std::string& call_id);
  void end_workflow(std::string workflow_id, std::string workflow);
  template <class Step>
  void end_step(const Step& ended);
  void end_background_task(const std::string& task_id);

  SessionState& state_;
  const StreamEvent& event_;
  RunState* run_ = nullptr;  // the event's run; null when it belongs to none
};

/// The newest entry that fits; null if none does.
template <class T, class Fits>
T* newest(std::vector<T>& list, Fits fits) {
  for (auto entry = list.rbegin(); entry != list.rend(); ++entry) {
    if (fits(*entry)) return &*entry;
  }
  return nullptr;
}

template <class T>
T& SessionReducer::add(std::vector<T>& list, T entry) {
  if (list.size() >= SessionState::max_open) {
    list.erase(list.begin());
    ++state_.forgotten;
  }
  return list.emplace_back(std::move(entry));
}

/// Appends to a text that keeps its newest part: when it exceeds `bound_bytes`, half remains.
void append_bounded(TextSoFar& so_far, std::string_view piece, std::size_t bound_bytes);

/// Replaces a text by the whole of it.
void assign_bounded(TextSoFar& so_far, std::string_view whole, std::size_t bound_bytes);

/// Events were missed: marks whatever they may have held a part of.
void mark_incomplete(SessionState& state) noexcept;

}  // namespace strandbus::detail
