#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace strandbus {

/// Whether an agent watches for calls that repeat.
enum class DoomLoopDetection : std::uint8_t { off, on };

/// When an agent finds that its model goes round in circles.
///
/// Calls are the same when the tool and the arguments are, whatever the order of members; 1 and 1.0
/// are the same number. The calls of one turn are one unit, in whatever order they stand; a turn of
/// nothing but the same call counts as that many units. A loop is met with a warning first; the
/// unit that goes on with it is refused, and the one after that stops the run. Calls in between do
/// not make a loop forgotten.
struct DoomLoopOptions {
  DoomLoopDetection detection = DoomLoopDetection::on;
  /// So many times in a row are a loop. 2 to 1000.
  std::int64_t repetitions = 3;
  /// The longest sequence of units whose repetition is looked for; 1 = only the same unit again.
  /// 1 to 16.
  std::int64_t max_cycle = 4;
  /// Tools that may be called with the same arguments as often as it takes: polling is no loop.
  std::vector<std::string> exempt{};
};

}  // namespace strandbus
