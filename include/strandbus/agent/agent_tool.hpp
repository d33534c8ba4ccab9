#pragma once

#include "strandbus/agent/agent_options.hpp"
#include "strandbus/agent/tool.hpp"
#include "strandbus/agent/tool_registry.hpp"
#include "strandbus/llm/provider.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace strandbus {

/// How an agent presents itself as a tool.
struct AgentToolOptions {
  std::string name{};         ///< of the tool, as in ToolDefinition
  std::string description{};  ///< for the model: which tasks to give to it
  /// How the agent works; `name` is what events call it. An empty workspace is that of the caller,
  /// without `confirm` the caller's is asked.
  AgentOptions agent{};
  /// How many runs may be nested below the root run. At least 1.
  std::int32_t max_depth = 3;
};

/// A tool that gives a task to another agent and returns its answer.
///
/// Each call is a run of its own, with an empty conversation, in the caller's bus: its events name
/// the caller's run as parent_run_id and are one deeper. The caller's budgets hold for both
/// together. Cancelling the caller cancels it; the caller's RunControl answers its approvals. Calls
/// of one turn run at the same time.
///
/// Errors:   throws std::invalid_argument, which names the option, its value and what is allowed. A
///           run that fails is a failed result, never an exception.
/// Threads:  the runs share the caller's strand.
/// Lifetime: the provider and the tools are kept.
std::shared_ptr<Tool> make_agent_tool(std::shared_ptr<Provider> provider, ToolRegistry tools,
                                      AgentToolOptions options);

}  // namespace strandbus
