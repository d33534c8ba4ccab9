#pragma once

#include "sink/styled_line.hpp"
#include "strandbus/event/agent_payloads.hpp"

#include <cstddef>
#include <vector>

namespace strandbus::detail {

/// How far a plan is, then one line for each item: "✓" is done, "▸" under way, "○" to be done; any
/// other status is written out. At most `limit` items, and how many more there are.
std::vector<StyledLine> plan_lines(const std::vector<PlanItem>& items, std::size_t limit);

}  // namespace strandbus::detail
