#pragma once

#include "cli/command_line.hpp"
#include "cli/process_environment.hpp"
#include "strandbus/agent/agent_options.hpp"
#include "strandbus/agent/tool_registry.hpp"
#include "strandbus/llm/provider.hpp"

#include <filesystem>
#include <memory>

namespace strandbus::cli {

/// The tools that the model may use.
///
/// Errors: throws UsageError.
ToolRegistry tools_of(const RunArguments& arguments, const ProcessEnvironment& environment,
                      const std::filesystem::path& workspace);

inline constexpr const char* delegate_name = "delegate";

/// Adds the tool, delegate_name, that gives a task to another agent, with this model, these tools
/// and options.
void add_subagents(ToolRegistry& tools, std::shared_ptr<Provider> provider,
                   const AgentOptions& options);

}  // namespace strandbus::cli
