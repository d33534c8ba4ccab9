#pragma once

#include "cli/command_line.hpp"
#include "cli/process_environment.hpp"
#include "strandbus/agent/agent_options.hpp"
#include "strandbus/agent/background_tasks.hpp"
#include "strandbus/agent/recording.hpp"
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

/// The tools that a recording has used, as they present themselves to the model. They must not run:
/// give them to recorded_tools.
///
/// Errors: throws UsageError.
ToolRegistry tools_of(const Recording& recording, const ProcessEnvironment& environment,
                      std::shared_ptr<Provider> provider);

/// All the tools that a run can have, whatever the arguments ask for. They must not run.
ToolRegistry all_tools(const ProcessEnvironment& environment, std::shared_ptr<Provider> provider);

/// Adds the tool that gives a task to another agent, with this model, these tools
/// and options.
void add_subagents(ToolRegistry& tools, std::shared_ptr<Provider> provider,
                   const AgentOptions& options);

/// Tasks in the background, with this model, these tools and options.
std::shared_ptr<BackgroundTasks> background_tasks(const ToolRegistry& tools,
                                                  std::shared_ptr<Provider> provider,
                                                  const AgentOptions& options,
                                                  WhenRunEnds when_run_ends);

/// Adds the tools that the arguments ask for and that let other agents work: both kinds get those
/// that were there before.
void add_agents(ToolRegistry& tools, const RunArguments& arguments,
                const std::shared_ptr<Provider>& provider, const AgentOptions& options);

}  // namespace strandbus::cli
