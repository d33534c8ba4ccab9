#pragma once

#include "strandbus/agent/background_tasks.hpp"
#include "strandbus/agent/tool_registry.hpp"

#include <memory>

namespace strandbus {

/// Lets a model work with background tasks. Adds bg_start, bg_list, bg_check, bg_wait and
/// bg_cancel, which reach the tasks of the agent that calls them, and no others.
///
/// Errors:   throws std::invalid_argument when one of these names is taken.
/// Lifetime: the tools keep `tasks`.
void add_background_tools(ToolRegistry& registry, std::shared_ptr<BackgroundTasks> tasks);

}  // namespace strandbus
