#pragma once

#include "strandbus/event/agent_payloads.hpp"
#include "strandbus/event/deploy_payloads.hpp"
#include "strandbus/event/file_payloads.hpp"
#include "strandbus/event/llm_payloads.hpp"
#include "strandbus/event/session_payloads.hpp"
#include "strandbus/event/system_payloads.hpp"
#include "strandbus/event/tool_payloads.hpp"
#include "strandbus/event/workflow_payloads.hpp"

#include <boost/mp11/list.hpp>

#include <concepts>
#include <type_traits>

namespace strandbus {

// clang-format off
/// Every payload type, in the order of EventType.
using PayloadTypes = boost::mp11::mp_list<
    SessionCreated, SessionRestored, SessionClosed, WorkspaceUpdated,
    WorkflowStarted, WorkflowProgress, WorkflowCompleted, WorkflowFailed, WorkflowCancelled,
    WorkflowStepStarted, WorkflowStepProgress, WorkflowStepCompleted, WorkflowStepFailed,
    WorkflowStepCancelled,
    RunStarted, TurnStarted, TurnEnded, StatusUpdate, UserMessage, ContextBuilt,
    AssistantDelta, AssistantMessage, MessageCommitted, MessageDiscarded,
    Compaction, CompactionFailed, CompactionCircuitOpened, DoomLoopDetected, BudgetExceeded,
    PlanUpdated, MemoryWritten, GuardrailTriggered, SubagentStarted, SubagentFinished,
    BackgroundTaskStarted, BackgroundTaskFinished, BackgroundTaskCancelled,
    ExecutionSummary, Error, AgentError, RunCompleted, RunFailed, RunCancelled,
    ModelStarted, TokenDelta, ReasoningDelta, StructuredDelta,
    ToolCallBegin, ToolCallDelta, ToolCallReady, UsageUpdate, Retry, ModelCompleted, ModelFailed,
    ApprovalRequested, ApprovalResolved, ToolCallStarted, ToolOutput, ToolCallCompleted,
    ToolCallCancelled, ToolCallDenied, BashStarted, BashExecuted, CellExecuted,
    FileCreated, FileModified, FileDeleted, FileTreeUpdate,
    ScaffoldComplete, PreviewUpdate, PreviewReady, DeploymentReady,
    ServerStarting, ServerReady, ServerStopped, ScreenshotTaken,
    SystemNotice, Custom>;
// clang-format on

static_assert(boost::mp11::mp_size<PayloadTypes>::value == event_type_count);

/// One of the payload types above.
template <class T>
concept PayloadType = std::same_as<decltype(T::event_type), const EventType> && std::same_as < T,
        boost::mp11::mp_at_c < PayloadTypes, static_cast<std::size_t>(T::event_type)
>> ;

/// Payloads are equal when all their members are.
template <detail::Described T>
bool operator==(const T& a, const T& b) {
  bool equal = true;
  using Members = boost::describe::describe_members<T, boost::describe::mod_public>;
  boost::mp11::mp_for_each<Members>(
      [&](auto member) { equal = equal && a.*member.pointer == b.*member.pointer; });
  return equal;
}

}  // namespace strandbus
