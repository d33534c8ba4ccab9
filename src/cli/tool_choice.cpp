#include "cli/tool_choice.hpp"

#include "cli/no_memory.hpp"
#include "cli/usage_error.hpp"
#include "strandbus/agent/agent_tool.hpp"
#include "strandbus/agent/file_memory.hpp"
#include "strandbus/tools/background_tools.hpp"
#include "strandbus/tools/bash.hpp"
#include "strandbus/tools/calculator.hpp"
#include "strandbus/tools/file_tools.hpp"
#include "strandbus/tools/memory_tools.hpp"
#include "strandbus/tools/plan.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace strandbus::cli {
namespace {

BashOptions bash_of(const RunArguments& arguments, const ProcessEnvironment& environment,
                    const std::filesystem::path& workspace) {
  BashOptions bash;
  bash.environment = bash_environment(environment.variables());
  if (!arguments.sandbox) return bash;
  bash.sandbox = Sandbox::bubblewrap;
  if (const auto obstacle = bash_obstacle(bash, workspace))
    throw UsageError("--sandbox: " + *obstacle);
  return bash;
}

/// Refuses a memory that the chosen tools cannot reach.
void check_memory(const RunArguments& arguments, const std::vector<std::string>& names) {
  const bool used = std::ranges::any_of(
      names, [](const std::string& name) { return name.starts_with("memory_"); });
  if (!arguments.memory.empty() && !used)
    throw UsageError(
        "--memory is of no use without one of memory_write, memory_read, memory_list "
        "and memory_delete: name them in --tools, or leave it out");
}

void add_memory(ToolRegistry& tools, const RunArguments& arguments) {
  if (arguments.memory.empty()) return;
  try {
    add_memory_tools(tools, std::make_shared<FileMemory>(arguments.memory));
  } catch (const std::runtime_error& error) {
    throw UsageError("cannot keep notes in " + arguments.memory + ": " + error.what());
  }
}

/// A copy of the tools that offers only those of these names.
ToolRegistry selected(const ToolRegistry& tools, const std::vector<std::string>& names,
                      const std::string& who) {
  try {
    return tools.select(names);
  } catch (const std::invalid_argument& error) {
    throw UsageError(who + ": " + error.what());
  }
}

}  // namespace

ToolRegistry tools_of(const RunArguments& arguments, const ProcessEnvironment& environment,
                      const std::filesystem::path& workspace) {
  ToolRegistry tools;
  tools.add(make_calculator());
  tools.add(make_plan());
  tools.add(make_bash(bash_of(arguments, environment, workspace)));
  add_file_tools(tools, std::make_shared<Workspace>(workspace));
  add_memory(tools, arguments);
  if (!arguments.tools) return tools;
  check_memory(arguments, *arguments.tools);
  return selected(tools, *arguments.tools, "--tools");
}

ToolRegistry all_tools(const ProcessEnvironment& environment, std::shared_ptr<Provider> provider) {
  ToolRegistry tools = tools_of(RunArguments(), environment, std::filesystem::current_path());
  add_memory_tools(tools, std::make_shared<NoMemory>());
  add_background_tools(
      tools, background_tasks(ToolRegistry(), provider, AgentOptions(), WhenRunEnds::wait));
  add_subagents(tools, std::move(provider), AgentOptions());
  return tools;
}

ToolRegistry tools_of(const Recording& recording, const ProcessEnvironment& environment,
                      std::shared_ptr<Provider> provider) {
  return selected(all_tools(environment, std::move(provider)), recording.started().tools,
                  "the recording");
}

void add_subagents(ToolRegistry& tools, std::shared_ptr<Provider> provider,
                   const AgentOptions& options) {
  AgentToolOptions delegate;
  delegate.name = "delegate";
  delegate.description =
      "Gives a task to another agent, which has the same tools and works on its own, and returns "
      "its answer. For work that can be described completely and whose steps you need not see.";
  delegate.agent = options;
  delegate.agent.name = "delegate";
  ToolRegistry own = tools;
  tools.add(make_agent_tool(std::move(provider), std::move(own), std::move(delegate)));
}

std::shared_ptr<BackgroundTasks> background_tasks(const ToolRegistry& tools,
                                                  std::shared_ptr<Provider> provider,
                                                  const AgentOptions& options,
                                                  WhenRunEnds when_run_ends) {
  BackgroundAgent worker;
  worker.description = "It has the same tools and works on its own.";
  worker.provider = std::move(provider);
  worker.tools = tools;
  worker.options = options;
  worker.options.name = "background";
  std::vector<BackgroundAgent> agents;
  agents.push_back(std::move(worker));
  BackgroundTaskOptions limits;
  limits.when_run_ends = when_run_ends;
  return std::make_shared<BackgroundTasks>(std::move(agents), limits);
}

void add_agents(ToolRegistry& tools, const RunArguments& arguments,
                const std::shared_ptr<Provider>& provider, const AgentOptions& options) {
  const ToolRegistry own = tools;
  if (arguments.subagents) add_subagents(tools, provider, options);
  if (arguments.background)
    add_background_tools(tools, background_tasks(own, provider, options, *arguments.background));
}

}  // namespace strandbus::cli
