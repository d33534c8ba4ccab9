#pragma once

#include <boost/describe/enum.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace strandbus {

/// What part of the system an event speaks about.
enum class Scope : std::uint8_t {
  session,
  workflow,
  workflow_step,
  agent,
  llm,
  tool,
  file,
  deploy,
  system
};
BOOST_DESCRIBE_ENUM(Scope, session, workflow, workflow_step, agent, llm, tool, file, deploy, system)

/// Where in the life of its component an event stands.
enum class Stage : std::uint8_t { started, progress, completed, failed, cancelled };
BOOST_DESCRIBE_ENUM(Stage, started, progress, completed, failed, cancelled)

/// The state of the component once the event has happened.
enum class Status : std::uint8_t { pending, running, completed, failed, cancelled };
BOOST_DESCRIBE_ENUM(Status, pending, running, completed, failed, cancelled)

/// Every event type: enumerator, scope, stage. The wire name of a type is its enumerator, the order
/// is that of the payload list in payloads.hpp.
#define STRANDBUS_EVENT_TYPES(X)                       \
  X(session_created, session, started)                 \
  X(session_restored, session, started)                \
  X(session_closed, session, completed)                \
  X(workspace_updated, session, progress)              \
  X(workflow_started, workflow, started)               \
  X(workflow_progress, workflow, progress)             \
  X(workflow_completed, workflow, completed)           \
  X(workflow_failed, workflow, failed)                 \
  X(workflow_cancelled, workflow, cancelled)           \
  X(workflow_step_started, workflow_step, started)     \
  X(workflow_step_progress, workflow_step, progress)   \
  X(workflow_step_completed, workflow_step, completed) \
  X(workflow_step_failed, workflow_step, failed)       \
  X(workflow_step_cancelled, workflow_step, cancelled) \
  X(run_started, agent, started)                       \
  X(turn_started, agent, progress)                     \
  X(turn_ended, agent, progress)                       \
  X(status_update, agent, progress)                    \
  X(user_message, agent, progress)                     \
  X(context_built, agent, progress)                    \
  X(assistant_delta, agent, progress)                  \
  X(assistant_message, agent, progress)                \
  X(message_committed, agent, progress)                \
  X(message_discarded, agent, progress)                \
  X(compaction, agent, progress)                       \
  X(compaction_failed, agent, progress)                \
  X(compaction_circuit_opened, agent, progress)        \
  X(doom_loop_detected, agent, progress)               \
  X(budget_exceeded, agent, progress)                  \
  X(plan_updated, agent, progress)                     \
  X(memory_written, agent, progress)                   \
  X(guardrail_triggered, agent, progress)              \
  X(subagent_started, agent, started)                  \
  X(subagent_finished, agent, completed)               \
  X(background_task_started, agent, started)           \
  X(background_task_finished, agent, completed)        \
  X(background_task_cancelled, agent, cancelled)       \
  X(execution_summary, agent, progress)                \
  X(error, agent, progress)                            \
  X(agent_error, agent, progress)                      \
  X(run_completed, agent, completed)                   \
  X(run_failed, agent, failed)                         \
  X(run_cancelled, agent, cancelled)                   \
  X(model_started, llm, started)                       \
  X(token_delta, llm, progress)                        \
  X(reasoning_delta, llm, progress)                    \
  X(structured_delta, llm, progress)                   \
  X(tool_call_begin, llm, progress)                    \
  X(tool_call_delta, llm, progress)                    \
  X(tool_call_ready, llm, progress)                    \
  X(usage_update, llm, progress)                       \
  X(retry, llm, progress)                              \
  X(model_completed, llm, completed)                   \
  X(model_failed, llm, failed)                         \
  X(approval_requested, tool, progress)                \
  X(approval_resolved, tool, progress)                 \
  X(tool_call_started, tool, started)                  \
  X(tool_output, tool, progress)                       \
  X(tool_call_completed, tool, completed)              \
  X(tool_call_cancelled, tool, cancelled)              \
  X(tool_call_denied, tool, failed)                    \
  X(bash_started, tool, progress)                      \
  X(bash_executed, tool, progress)                     \
  X(cell_executed, tool, progress)                     \
  X(file_created, file, progress)                      \
  X(file_modified, file, progress)                     \
  X(file_deleted, file, progress)                      \
  X(file_tree_update, file, progress)                  \
  X(scaffold_complete, deploy, progress)               \
  X(preview_update, deploy, progress)                  \
  X(preview_ready, deploy, progress)                   \
  X(deployment_ready, deploy, progress)                \
  X(server_starting, deploy, progress)                 \
  X(server_ready, deploy, progress)                    \
  X(server_stopped, deploy, progress)                  \
  X(screenshot_taken, deploy, progress)                \
  X(system_notice, system, progress)                   \
  X(custom, system, progress)

/// The closed list of event types.
enum class EventType : std::uint8_t {
#define X(name, scope, stage) name,
  STRANDBUS_EVENT_TYPES(X)
#undef X
};

#define X(name, scope, stage) +1
/// How many event types there are.
inline constexpr std::size_t event_type_count = 0 STRANDBUS_EVENT_TYPES(X);
#undef X

namespace detail {

struct EventTypeInfo {
  std::string_view name;
  Scope scope;
  Stage stage;
};

inline constexpr std::array<EventTypeInfo, event_type_count> event_type_table{{
#define X(name, scope, stage) EventTypeInfo{#name, Scope::scope, Stage::stage},
    STRANDBUS_EVENT_TYPES(X)
#undef X
}};

}  // namespace detail

/// The wire name, for example "token_delta".
constexpr std::string_view to_string(EventType type) noexcept {
  return detail::event_type_table[static_cast<std::size_t>(type)].name;
}

constexpr Scope scope_of(EventType type) noexcept {
  return detail::event_type_table[static_cast<std::size_t>(type)].scope;
}

/// The stage of every event of this type.
constexpr Stage stage_of(EventType type) noexcept {
  return detail::event_type_table[static_cast<std::size_t>(type)].stage;
}

/// Whether the type ends a run: run_completed, run_failed, run_cancelled.
constexpr bool is_terminal(EventType type) noexcept {
  return type == EventType::run_completed || type == EventType::run_failed ||
         type == EventType::run_cancelled;
}

/// Whether the type is a piece of something whose whole is repeated by a later end event; such
/// events are the first to go when a history is full, and the ones that can be merged.
constexpr bool is_delta(EventType type) noexcept {
  return type == EventType::token_delta || type == EventType::reasoning_delta ||
         type == EventType::structured_delta || type == EventType::tool_call_delta ||
         type == EventType::tool_output || type == EventType::assistant_delta;
}

/// Finds a type by its wire name. Cost: one hash look-up.
std::optional<EventType> event_type_from(std::string_view name) noexcept;

std::string_view to_string(Scope) noexcept;
std::string_view to_string(Stage) noexcept;
std::string_view to_string(Status) noexcept;

}  // namespace strandbus
