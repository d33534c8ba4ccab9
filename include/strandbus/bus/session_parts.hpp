#pragma once

#include "strandbus/event/payloads.hpp"
#include "strandbus/event/timestamp.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What a SessionState is made of. The members have the names of the vocabulary; an empty run_id
// means that the events belonged to no run.

namespace strandbus {

/// Text that grows piece by piece, as far as it was seen.
struct TextSoFar {
  std::string text{};
  std::int64_t dropped_bytes{};  ///< cut off in front, because the bound was reached
  bool complete{true};           ///< false when events were missed that may have held a part of it
};
STRANDBUS_DESCRIBE(TextSoFar, 0, text, dropped_bytes, complete)

/// One call of process_message.
struct RunState {
  std::string run_id{};
  std::string agent{};
  std::string provider{};
  std::string model{};            ///< the one that answers
  std::int64_t depth{};           ///< 0 = root run
  Status state{Status::running};  ///< running, completed, failed or cancelled
  std::int64_t turn{};            ///< the newest, from 1
  std::int64_t max_turns{};
  std::int64_t iterations{};
  Usage usage{};                 ///< of everything so far; see SessionState on counting
  Usage settled_usage{};         ///< the part of it that turn_ended has reported
  std::vector<PlanItem> plan{};  ///< the newest; stays when the run has ended
  std::string parent_run_id{};
  std::string workflow_id{};
  std::optional<Timestamp> started{};   ///< empty when run_started was missed
  std::optional<Timestamp> ended{};     ///< when its end was seen; empty while it runs
  std::optional<AgentStatus> status{};  ///< the newest status_update; empty when the run has ended
  std::string detail{};                 ///< of the status
  std::optional<NanoUsd> cost{};        ///< empty as long as it is unknown
  std::optional<FinishReason> finish_reason{};  ///< of a completed run
  std::string error{};                          ///< of a failed run
  std::optional<ErrorCode> error_code{};        ///< of a failed run
  std::string reason{};                         ///< of a cancelled run
};
STRANDBUS_DESCRIBE(RunState, 11, run_id, agent, provider, model, depth, state, turn, max_turns,
                   iterations, usage, settled_usage, plan, parent_run_id, workflow_id, started,
                   ended, status, detail, cost, finish_reason, error, error_code, reason)

/// A request that a model has not answered to its end.
struct OpenModelRequest {
  std::string run_id{};
  std::string provider{};
  std::string model{};
  std::int64_t iteration{};
  std::int64_t attempt{};
  Timestamp started{};
  bool complete{true};  ///< false when events were missed since it began
};
STRANDBUS_DESCRIBE(OpenModelRequest, 0, run_id, provider, model, iteration, attempt, started,
                   complete)

/// What the deltas of a message were.
enum class MessageKind : std::uint8_t { text, reasoning, structured };
BOOST_DESCRIBE_ENUM(MessageKind, text, reasoning, structured)

/// A message that a model is writing. It stays here until it is committed or void.
struct OpenMessage {
  std::string run_id{};
  std::string message_id{};
  MessageKind kind{};
  TextSoFar content{};
  bool finished{};  ///< model_completed was seen: nothing will be added
};
STRANDBUS_DESCRIBE(OpenMessage, 0, run_id, message_id, kind, content, finished)

/// A tool call that a model is writing, or has written and that was neither started nor denied.
struct OpenToolCall {
  std::string run_id{};
  std::string call_id{};
  std::string tool_name{};
  std::int64_t index{};
  bool ready{};                ///< `arguments` holds all of them
  TextSoFar arguments_text{};  ///< the deltas so far; empty once the call is ready
  json::value arguments{};
};
STRANDBUS_DESCRIBE(OpenToolCall, 1, run_id, call_id, tool_name, index, ready, arguments_text,
                   arguments)

/// A tool that is at work.
struct RunningTool {
  std::string run_id{};
  std::string call_id{};
  std::string tool_name{};
  TextSoFar stdout_{};
  TextSoFar stderr_{};
  std::optional<Timestamp> started{};  ///< empty when tool_call_started was missed
  json::value arguments{};
  std::string message{};             ///< the newest text of the stream `progress`
  std::optional<double> progress{};  ///< 0 … 1
  json::value data{};                ///< the newest
};
STRANDBUS_DESCRIBE(RunningTool, 5, run_id, call_id, tool_name, stdout_, stderr_, started, arguments,
                   message, progress, data)

/// A tool call that waits for somebody's decision.
struct PendingApproval {
  std::string run_id{};
  std::string approval_id{};
  std::string call_id{};
  std::string tool_name{};
  json::value arguments{};
  std::string reason{};
  Timestamp requested{};
  std::string expires_at{};  ///< RFC 3339, UTC
};
STRANDBUS_DESCRIBE(PendingApproval, 1, run_id, approval_id, call_id, tool_name, arguments, reason,
                   requested, expires_at)

/// A request that failed and will be made again `delay_ms` after `announced`.
struct PendingRetry {
  std::string run_id{};
  std::int64_t attempt{};
  std::int64_t max_attempts{};
  std::int64_t delay_ms{};
  std::string reason{};
  ErrorCode error_code{};
  std::string provider{};
  Timestamp announced{};
  std::string fallback_to{};
};
STRANDBUS_DESCRIBE(PendingRetry, 1, run_id, attempt, max_attempts, delay_ms, reason, error_code,
                   provider, announced, fallback_to)

struct RunningWorkflow {
  std::string run_id{};
  std::string workflow_id{};
  std::string workflow{};
  Timestamp started{};
  std::string parent_workflow_id{};
  std::string message{};  ///< the newest workflow_progress
};
STRANDBUS_DESCRIBE(RunningWorkflow, 2, run_id, workflow_id, workflow, started, parent_workflow_id,
                   message)

struct RunningWorkflowStep {
  std::string run_id{};
  std::string workflow_id{};
  std::string workflow{};
  std::int64_t step{};  ///< from 0
  std::string step_name{};
  StepType step_type{};
  Timestamp started{};
  std::string message{};  ///< the newest workflow_step_progress
};
STRANDBUS_DESCRIBE(RunningWorkflowStep, 1, run_id, workflow_id, workflow, step, step_name,
                   step_type, started, message)

struct RunningSubagent {
  std::string run_id{};  ///< of the parent
  std::string agent{};
  std::string child_run_id{};
  Timestamp started{};
  std::string call_id{};
};
STRANDBUS_DESCRIBE(RunningSubagent, 1, run_id, agent, child_run_id, started, call_id)

struct RunningBackgroundTask {
  std::string run_id{};  ///< of the run that started it
  std::string task_id{};
  std::string name{};
  std::string child_run_id{};
  Timestamp started{};
};
STRANDBUS_DESCRIBE(RunningBackgroundTask, 0, run_id, task_id, name, child_run_id, started)

/// The newest error, agent_error, run_failed, workflow_failed or workflow_step_failed.
struct LastError {
  std::string run_id{};
  Timestamp ts{};
  std::string error{};
  ErrorCode error_code{};
};
STRANDBUS_DESCRIBE(LastError, 0, run_id, ts, error, error_code)

}  // namespace strandbus
