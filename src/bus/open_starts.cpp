#include "open_starts.hpp"

#include <optional>

namespace strandbus::detail {
namespace {

/// What lasts: it has a start and exactly one end.
enum class Kind : std::uint8_t {
  session,
  workflow,
  step,
  run,
  turn,
  subagent,
  background,
  model,
  approval,
  tool
};

constexpr std::optional<Kind> kind_of_stage(EventType type) noexcept {
  if (stage_of(type) == Stage::progress) return std::nullopt;
  switch (scope_of(type)) {
    case Scope::session: return Kind::session;
    case Scope::workflow: return Kind::workflow;
    case Scope::workflow_step: return Kind::step;
    case Scope::agent: return Kind::run;
    case Scope::llm: return Kind::model;
    case Scope::tool: return Kind::tool;
    default: return std::nullopt;
  }
}

constexpr std::optional<Kind> find_kind(EventType type) noexcept {
  switch (type) {
    case EventType::turn_started:
    case EventType::turn_ended: return Kind::turn;
    case EventType::subagent_started:
    case EventType::subagent_finished: return Kind::subagent;
    case EventType::background_task_started:
    case EventType::background_task_finished:
    case EventType::background_task_cancelled: return Kind::background;
    case EventType::approval_requested:
    case EventType::approval_resolved: return Kind::approval;
    case EventType::tool_call_denied: return std::nullopt;  // such a call never started
    default: return kind_of_stage(type);
  }
}

constexpr bool is_start(EventType type) noexcept {
  return stage_of(type) == Stage::started || type == EventType::turn_started ||
         type == EventType::approval_requested;
}

// One look-up for each event that is published.
constexpr std::array<std::optional<Kind>, event_type_count> kinds_of_types = [] {
  std::array<std::optional<Kind>, event_type_count> kinds{};
  for (std::size_t i = 0; i < event_type_count; ++i)
    kinds[i] = find_kind(static_cast<EventType>(i));
  return kinds;
}();

std::optional<Kind> kind_of(EventType type) noexcept {
  return kinds_of_types[static_cast<std::size_t>(type)];
}

}  // namespace

bool OpenStarts::ended_by(EventType type) const noexcept {
  const auto kind = kind_of(type);
  return kind && !is_start(type) && open_[static_cast<std::size_t>(*kind)] > 0;
}

void OpenStarts::count(EventType type) noexcept {
  const auto kind = kind_of(type);
  if (!kind) return;
  auto& open = open_[static_cast<std::size_t>(*kind)];
  if (is_start(type)) {
    ++open;
  } else if (open > 0) {
    --open;
  }
}

}  // namespace strandbus::detail
