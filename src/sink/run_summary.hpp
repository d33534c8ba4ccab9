#pragma once

#include "sink/styled_line.hpp"
#include "strandbus/event/agent_payloads.hpp"

#include <string>
#include <vector>

namespace strandbus::detail {

/// How a run ended and what it took, in as many lines of at most `columns` as it needs:
/// "✓ 2 turns · 1 tool · 150 tokens in · 25 out · $0.00035 · 3.2 s".
std::vector<StyledLine> summary_of(const RunCompleted& end, int columns);
std::vector<StyledLine> summary_of(const RunFailed& end, int columns);
std::vector<StyledLine> summary_of(const RunCancelled& end, int columns);

/// Why there is no answer, or no whole one; empty if there is nothing to complain about.
StyledLine problem_of(const RunCompleted& end);
StyledLine problem_of(const RunFailed& end);
StyledLine problem_of(const RunCancelled& end);

}  // namespace strandbus::detail
