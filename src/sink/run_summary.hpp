#pragma once

#include "sink/runs_below.hpp"
#include "sink/styled_line.hpp"
#include "strandbus/event/agent_payloads.hpp"
#include "strandbus/event/workflow_payloads.hpp"

#include <string>
#include <vector>

namespace strandbus::detail {

/// How a run ended and what it took, in as many lines of at most `columns` as it needs:
/// "✓ 2 turns · 1 tool · 150 tokens in · 25 out · $0.00035 · 3.2 s". What the runs below it took is
/// counted, and named: "… · $0.0024 · 1.0 s · with 2 runs below it".
std::vector<StyledLine> summary_of(const RunCompleted& end, const RunsBelow& below, int columns);
std::vector<StyledLine> summary_of(const RunFailed& end, const RunsBelow& below, int columns);
std::vector<StyledLine> summary_of(const RunCancelled& end, const RunsBelow& below, int columns);

/// Why there is no answer, or no whole one; empty if there is nothing to complain about.
StyledLine problem_of(const RunCompleted& end);
StyledLine problem_of(const RunFailed& end);
StyledLine problem_of(const RunCancelled& end);
StyledLine problem_of(const WorkflowFailed& end);
StyledLine problem_of(const WorkflowCancelled& end);

}  // namespace strandbus::detail
