#include "strandbus/store/interrupted_work.hpp"

#include "store/interrupted_runs.hpp"

namespace strandbus {

std::vector<StreamEvent> ends_of_interrupted(std::span<const StreamEvent> events, Timestamp now) {
  detail::InterruptedRuns interrupted;
  for (const StreamEvent& event : events) interrupted.add(event);
  return interrupted.ends(now);
}

}  // namespace strandbus
