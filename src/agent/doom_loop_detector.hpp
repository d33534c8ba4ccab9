#pragma once

#include "strandbus/agent/doom_loop.hpp"
#include "strandbus/event/agent_payloads.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace strandbus::detail {

/// Finds out that a model repeats itself, from its calls alone. One for each run.
///
/// Threads: distinct objects.
/// Cost:    memory is bounded, however long the run; a turn costs one reading of its arguments.
class DoomLoopDetector {
 public:
  /// Of so many loops the level is remembered; the one that was met longest ago is forgotten first.
  static constexpr std::size_t max_loops = 64;

  /// Errors: std::invalid_argument that names the option, its value and what is allowed.
  explicit DoomLoopDetector(DoomLoopOptions options);

  /// Judges the calls of one turn before any of them runs; no value if they belong to no loop.
  ///
  /// tool_name and arguments are those of the turn's first call that is not exempt. `length` is the
  /// number of units that repeat, `repetitions` how often they were seen in a row.
  /// previous_result is left to the caller.
  std::optional<DoomLoopDetected> observe(std::span<const ToolCall> calls);

 private:
  /// What the model did in one turn, or one of the equal calls of a turn.
  struct Unit {
    std::string fingerprint;
    std::vector<std::string> tools;  ///< the first ones, to be shown
  };
  struct Loop {
    std::string key;
    LoopAction action{};
  };

  /// Those that are not exempt.
  std::vector<const ToolCall*> counted_calls(std::span<const ToolCall> calls) const;
  std::optional<DoomLoopDetected> add(Unit unit);
  std::string key_of(std::size_t length) const;
  LoopAction next_action(std::string key);
  std::string description(std::size_t length, std::int64_t repetitions) const;

  DoomLoopOptions options_;
  std::deque<Unit> units_;  ///< the last max_cycle ones, the newest at the end
  /// At i: how many units at the end are each the same as the one i + 1 before.
  std::vector<std::int64_t> same_;
  std::vector<Loop> loops_;  ///< that were met, the latest at the end
};

}  // namespace strandbus::detail
