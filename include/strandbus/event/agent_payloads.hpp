#pragma once

#include "strandbus/event/event_type.hpp"
#include "strandbus/event/types.hpp"

namespace strandbus {

struct RunStarted {
  static constexpr EventType event_type = EventType::run_started;
  std::string provider{};
  std::string model{};
  std::int64_t max_rounds{};
  std::vector<std::string> tools{};
};
STRANDBUS_DESCRIBE(RunStarted, 0, provider, model, max_rounds, tools)

struct TurnStarted {
  static constexpr EventType event_type = EventType::turn_started;
  std::int64_t turn{};  ///< from 1
  std::int64_t max_turns{};
};
STRANDBUS_DESCRIBE(TurnStarted, 0, turn, max_turns)

struct TurnEnded {
  static constexpr EventType event_type = EventType::turn_ended;
  std::int64_t turn{};
  FinishReason stop_reason{};
  Usage usage{};
  std::int64_t duration_ms{};
};
STRANDBUS_DESCRIBE(TurnEnded, 0, turn, stop_reason, usage, duration_ms)

struct StatusUpdate {
  static constexpr EventType event_type = EventType::status_update;
  AgentStatus status{};
  std::string detail{};
};
STRANDBUS_DESCRIBE(StatusUpdate, 1, status, detail)

struct UserMessage {
  static constexpr EventType event_type = EventType::user_message;
  std::string message_id{};
  std::string content{};
  Role role{Role::user};
};
STRANDBUS_DESCRIBE(UserMessage, 0, message_id, content, role)

struct ContextBuilt {
  static constexpr EventType event_type = EventType::context_built;
  std::int64_t message_count{};
  std::int64_t estimated_tokens{};
  std::int64_t tools_count{};
};
STRANDBUS_DESCRIBE(ContextBuilt, 0, message_count, estimated_tokens, tools_count)

/// A merged run of token_delta, made by a reader that asked for merging.
struct AssistantDelta {
  static constexpr EventType event_type = EventType::assistant_delta;
  std::string message_id{};
  std::string text{};
};
STRANDBUS_DESCRIBE(AssistantDelta, 0, message_id, text)

/// What an answer cost in rounds, tokens and money.
struct AnswerMetadata {
  std::int64_t rounds{};
  std::int64_t input_tokens{};
  std::int64_t output_tokens{};
  std::int64_t total_tokens{};
  std::optional<NanoUsd> cost{};
};
STRANDBUS_DESCRIBE(AnswerMetadata, 1, rounds, input_tokens, output_tokens, total_tokens, cost)

struct AssistantMessage {
  static constexpr EventType event_type = EventType::assistant_message;
  std::string message_id{};
  std::string content{};
  std::string refusal{};
  AnswerMetadata metadata{};
};
STRANDBUS_DESCRIBE(AssistantMessage, 1, message_id, content, metadata, refusal)

struct MessageCommitted {
  static constexpr EventType event_type = EventType::message_committed;
  Message message{};
};
STRANDBUS_DESCRIBE(MessageCommitted, 0, message)

struct MessageDiscarded {
  static constexpr EventType event_type = EventType::message_discarded;
  std::string message_id{};
  std::int64_t attempt{};
  std::string reason{};
};
STRANDBUS_DESCRIBE(MessageDiscarded, 0, message_id, attempt, reason)

struct Compaction {
  static constexpr EventType event_type = EventType::compaction;
  std::string strategy{};
  std::int64_t messages_before{};
  std::int64_t messages_after{};
  std::int64_t tokens_saved{};
  std::int64_t duration_ms{};
};
STRANDBUS_DESCRIBE(Compaction, 0, strategy, messages_before, messages_after, tokens_saved,
                   duration_ms)

struct CompactionFailed {
  static constexpr EventType event_type = EventType::compaction_failed;
  std::string error{};
  std::int64_t consecutive_failures{};
};
STRANDBUS_DESCRIBE(CompactionFailed, 0, error, consecutive_failures)

struct CompactionCircuitOpened {
  static constexpr EventType event_type = EventType::compaction_circuit_opened;
  std::int64_t consecutive_failures{};
};
STRANDBUS_DESCRIBE(CompactionCircuitOpened, 0, consecutive_failures)

/// The shape of a detected doom loop.
enum class LoopPattern : std::uint8_t { repeat, cycle, batch };
BOOST_DESCRIBE_ENUM(LoopPattern, repeat, cycle, batch)

/// What was done about a doom loop.
enum class LoopAction : std::uint8_t { warn, refuse, stop };
BOOST_DESCRIBE_ENUM(LoopAction, warn, refuse, stop)

struct DoomLoopDetected {
  static constexpr EventType event_type = EventType::doom_loop_detected;
  std::string description{};
  std::string tool_name{};
  json::value arguments{};
  LoopPattern pattern{};
  std::int64_t length{};
  std::int64_t repetitions{};
  std::string previous_result{};
  LoopAction action{};
};
STRANDBUS_DESCRIBE(DoomLoopDetected, 1, description, tool_name, arguments, pattern, length,
                   repetitions, action, previous_result)

/// What a run may spend only so much of.
enum class BudgetKind : std::uint8_t { rounds, tokens, cost, wall_time, tool_calls };
BOOST_DESCRIBE_ENUM(BudgetKind, rounds, tokens, cost, wall_time, tool_calls)

struct BudgetExceeded {
  static constexpr EventType event_type = EventType::budget_exceeded;
  BudgetKind budget{};
  double limit{};  ///< rounds, tokens, US dollars, seconds or calls
  double used{};
};
STRANDBUS_DESCRIBE(BudgetExceeded, 0, budget, limit, used)

struct PlanItem {
  std::string title{};
  std::string status{};
};
STRANDBUS_DESCRIBE(PlanItem, 0, title, status)

struct PlanUpdated {
  static constexpr EventType event_type = EventType::plan_updated;
  std::vector<PlanItem> items{};
};
STRANDBUS_DESCRIBE(PlanUpdated, 0, items)

struct MemoryWritten {
  static constexpr EventType event_type = EventType::memory_written;
  std::string store{};
  std::string key{};
  std::int64_t size{};  ///< bytes; 0 = it was removed
};
STRANDBUS_DESCRIBE(MemoryWritten, 0, store, key, size)

/// What a guardrail looked at.
enum class GuardrailTarget : std::uint8_t { input, output, tool_call, tool_result };
BOOST_DESCRIBE_ENUM(GuardrailTarget, input, output, tool_call, tool_result)

/// What a guardrail decided.
enum class GuardrailAction : std::uint8_t { allow, rewrite, block, require_approval };
BOOST_DESCRIBE_ENUM(GuardrailAction, allow, rewrite, block, require_approval)

struct GuardrailTriggered {
  static constexpr EventType event_type = EventType::guardrail_triggered;
  std::string guardrail{};
  GuardrailTarget target{};
  GuardrailAction action{};
  std::string reason{};
};
STRANDBUS_DESCRIBE(GuardrailTriggered, 0, guardrail, target, action, reason)

/// How a run or a sub-agent ended.
enum class Outcome : std::uint8_t { completed, failed, cancelled };
BOOST_DESCRIBE_ENUM(Outcome, completed, failed, cancelled)

struct SubagentStarted {
  static constexpr EventType event_type = EventType::subagent_started;
  std::string agent{};
  std::string child_run_id{};
  std::string call_id{};
  std::string input{};
};
STRANDBUS_DESCRIBE(SubagentStarted, 1, agent, child_run_id, input, call_id)

struct SubagentFinished {
  static constexpr EventType event_type = EventType::subagent_finished;
  std::string agent{};
  std::string child_run_id{};
  Outcome outcome{};
  std::string output{};
};
STRANDBUS_DESCRIBE(SubagentFinished, 1, agent, child_run_id, outcome, output)

struct BackgroundTaskStarted {
  static constexpr EventType event_type = EventType::background_task_started;
  std::string task_id{};
  std::string name{};
  std::string child_run_id{};
};
STRANDBUS_DESCRIBE(BackgroundTaskStarted, 0, task_id, name, child_run_id)

/// What became of a background task. A detached one has not ended: it goes on after the run that
/// has started it.
enum class TaskOutcome : std::uint8_t { completed, failed, cancelled, detached };
BOOST_DESCRIBE_ENUM(TaskOutcome, completed, failed, cancelled, detached)

/// How the run of a task has ended.
constexpr TaskOutcome to_task_outcome(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::completed: return TaskOutcome::completed;
    case Outcome::failed: return TaskOutcome::failed;
    case Outcome::cancelled: return TaskOutcome::cancelled;
  }
  return TaskOutcome::failed;
}

/// How the run of a task has ended; none if it goes on.
constexpr std::optional<Outcome> to_outcome(TaskOutcome outcome) noexcept {
  switch (outcome) {
    case TaskOutcome::completed: return Outcome::completed;
    case TaskOutcome::failed: return Outcome::failed;
    case TaskOutcome::cancelled: return Outcome::cancelled;
    case TaskOutcome::detached: return std::nullopt;
  }
  return std::nullopt;
}

struct BackgroundTaskFinished {
  static constexpr EventType event_type = EventType::background_task_finished;
  std::string task_id{};
  std::string name{};
  std::string child_run_id{};
  TaskOutcome outcome{};
};
STRANDBUS_DESCRIBE(BackgroundTaskFinished, 0, task_id, name, child_run_id, outcome)

struct BackgroundTaskCancelled {
  static constexpr EventType event_type = EventType::background_task_cancelled;
  std::string task_id{};
  std::string name{};
  std::string child_run_id{};
  std::string reason{};
};
STRANDBUS_DESCRIBE(BackgroundTaskCancelled, 0, task_id, name, child_run_id, reason)

struct AgentSummary {
  std::string agent{};
  std::string run_id{};
  Outcome outcome{};
  Usage usage{};
};
STRANDBUS_DESCRIBE(AgentSummary, 0, agent, run_id, outcome, usage)

struct ExecutionSummary {
  static constexpr EventType event_type = EventType::execution_summary;
  std::vector<AgentSummary> agents{};
  std::int64_t duration_ms{};
};
STRANDBUS_DESCRIBE(ExecutionSummary, 0, agents, duration_ms)

/// Something went wrong, the run goes on.
struct Error {
  static constexpr EventType event_type = EventType::error;
  std::string error{};
  ErrorCode error_code{};
  std::string error_type{};
  std::string detail{};
};
STRANDBUS_DESCRIBE(Error, 2, error, error_code, error_type, detail)

struct AgentError {
  static constexpr EventType event_type = EventType::agent_error;
  std::string agent{};
  std::string error{};
  ErrorCode error_code{};
};
STRANDBUS_DESCRIBE(AgentError, 0, agent, error, error_code)

struct RunCompleted {
  static constexpr EventType event_type = EventType::run_completed;
  FinishReason finish_reason{};
  std::int64_t iterations{};
  std::string output{};
  Usage usage{};
  std::optional<NanoUsd> cost{};
  std::int64_t llm_calls{};
  std::int64_t tool_calls{};
  std::int64_t duration_ms{};
};
STRANDBUS_DESCRIBE(RunCompleted, 1, finish_reason, iterations, output, usage, llm_calls, tool_calls,
                   duration_ms, cost)

struct RunFailed {
  static constexpr EventType event_type = EventType::run_failed;
  std::string error{};
  ErrorCode error_code{};
  std::int64_t iterations{};
  Usage usage{};
  std::optional<NanoUsd> cost{};
  std::int64_t llm_calls{};
  std::int64_t tool_calls{};
  std::int64_t duration_ms{};
};
STRANDBUS_DESCRIBE(RunFailed, 1, error, error_code, iterations, usage, llm_calls, tool_calls,
                   duration_ms, cost)

struct RunCancelled {
  static constexpr EventType event_type = EventType::run_cancelled;
  std::string reason{};
  std::int64_t iterations{};
  Usage usage{};
  std::optional<NanoUsd> cost{};
  std::int64_t llm_calls{};
  std::int64_t tool_calls{};
  std::int64_t duration_ms{};
};
STRANDBUS_DESCRIBE(RunCancelled, 1, reason, iterations, usage, llm_calls, tool_calls, duration_ms,
                   cost)

}  // namespace strandbus
