#pragma once

#include "strandbus/event/event_type.hpp"
#include "strandbus/event/types.hpp"

namespace strandbus {

struct WorkflowStarted {
  static constexpr EventType event_type = EventType::workflow_started;
  std::string workflow{};
  json::value input{};
};
STRANDBUS_DESCRIBE(WorkflowStarted, 0, workflow, input)

struct WorkflowProgress {
  static constexpr EventType event_type = EventType::workflow_progress;
  std::string workflow{};
  std::string message{};
  json::value data{};
};
STRANDBUS_DESCRIBE(WorkflowProgress, 1, workflow, message, data)

struct WorkflowCompleted {
  static constexpr EventType event_type = EventType::workflow_completed;
  std::string workflow{};
  json::value output{};
  std::int64_t duration_ms{};
};
STRANDBUS_DESCRIBE(WorkflowCompleted, 0, workflow, output, duration_ms)

struct WorkflowFailed {
  static constexpr EventType event_type = EventType::workflow_failed;
  std::string workflow{};
  std::string error{};
  ErrorCode error_code{};
  std::int64_t duration_ms{};
};
STRANDBUS_DESCRIBE(WorkflowFailed, 0, workflow, error, error_code, duration_ms)

struct WorkflowCancelled {
  static constexpr EventType event_type = EventType::workflow_cancelled;
  std::string workflow{};
  std::string reason{};
  std::int64_t duration_ms{};
};
STRANDBUS_DESCRIBE(WorkflowCancelled, 0, workflow, reason, duration_ms)

/// What a workflow step does.
enum class StepType : std::uint8_t { agent, transform, conditional, subworkflow };
BOOST_DESCRIBE_ENUM(StepType, agent, transform, conditional, subworkflow)

struct WorkflowStepStarted {
  static constexpr EventType event_type = EventType::workflow_step_started;
  std::string workflow{};
  std::int64_t step{};  ///< from 0
  std::string step_name{};
  StepType step_type{};
  json::value input{};
};
STRANDBUS_DESCRIBE(WorkflowStepStarted, 0, workflow, step, step_name, step_type, input)

struct WorkflowStepProgress {
  static constexpr EventType event_type = EventType::workflow_step_progress;
  std::string workflow{};
  std::int64_t step{};
  std::string step_name{};
  std::string message{};
  json::value data{};
};
STRANDBUS_DESCRIBE(WorkflowStepProgress, 1, workflow, step, step_name, message, data)

struct WorkflowStepCompleted {
  static constexpr EventType event_type = EventType::workflow_step_completed;
  std::string workflow{};
  std::int64_t step{};
  std::string step_name{};
  json::value output{};
  std::int64_t duration_ms{};
};
STRANDBUS_DESCRIBE(WorkflowStepCompleted, 0, workflow, step, step_name, output, duration_ms)

struct WorkflowStepFailed {
  static constexpr EventType event_type = EventType::workflow_step_failed;
  std::string workflow{};
  std::int64_t step{};
  std::string step_name{};
  std::string error{};
  ErrorCode error_code{};
  std::int64_t duration_ms{};
};
STRANDBUS_DESCRIBE(WorkflowStepFailed, 0, workflow, step, step_name, error, error_code, duration_ms)

struct WorkflowStepCancelled {
  static constexpr EventType event_type = EventType::workflow_step_cancelled;
  std::string workflow{};
  std::int64_t step{};
  std::string step_name{};
  std::string reason{};
  std::int64_t duration_ms{};
};
STRANDBUS_DESCRIBE(WorkflowStepCancelled, 0, workflow, step, step_name, reason, duration_ms)

}  // namespace strandbus
