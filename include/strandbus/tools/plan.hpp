#pragma once

#include "strandbus/agent/tool.hpp"

#include <cstddef>
#include <memory>

namespace strandbus {

/// How large a plan may be.
struct PlanOptions {
  std::size_t max_items = 50;
  std::size_t max_title_bytes = 500;
};

/// The tool `plan`, with which a model keeps the plan of its work: {"items": [{"title": "Read the
/// code", "status": "pending"}]}; a status is pending, in_progress or completed.
///
/// Every call gives the whole plan, which takes the place of the one before; no items: there is
/// none any more. A title is one line, and one item at most is in progress. The call publishes
/// plan_updated. The output is the plan as text, with how much of it is done; `data` has the counts
/// {"completed": 1, "total": 3}.
/// The tool keeps nothing: one may serve several agents.
///
/// Errors: throws std::invalid_argument for an option that is 0. A call: E_VALIDATION, which names
///         the item.
std::shared_ptr<Tool> make_plan(PlanOptions options = {});

}  // namespace strandbus
