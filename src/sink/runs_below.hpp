#pragma once

#include "event/saturating_sum.hpp"
#include "strandbus/event/types.hpp"

#include <cstdint>

namespace strandbus::detail {

/// What the runs below a run have taken: a run's end tells of itself alone.
struct RunsBelow {
  std::int64_t runs{};
  std::int64_t turns{};
  std::int64_t tool_calls{};
  Usage usage{};
  NanoUsd cost{};             ///< of those whose cost is known
  bool cost_unknown = false;  ///< one has used tokens at an unknown price

  /// A run has ended, and what was below it.
  template <class End>
  void add(const End& end, const RunsBelow& below) noexcept {
    add_to(runs, 1);
    add_to(turns, end.iterations);
    add_to(tool_calls, end.tool_calls);
    add_to(usage, end.usage);
    if (end.cost) add_to(cost.value, end.cost->value);
    if (!end.cost && end.usage.total != 0) cost_unknown = true;
    add_to(runs, below.runs);
    add_to(turns, below.turns);
    add_to(tool_calls, below.tool_calls);
    add_to(usage, below.usage);
    add_to(cost.value, below.cost.value);
    cost_unknown = cost_unknown || below.cost_unknown;
  }
};

}  // namespace strandbus::detail
