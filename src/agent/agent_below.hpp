#pragma once

#include "agent_core.hpp"
#include "run.hpp"
#include "strandbus/agent/tool_context.hpp"

#include <memory>
#include <string>

namespace strandbus::detail {

/// The agent of a run below the one that a tool call belongs to: it publishes below `publisher`,
/// shares the caller's budget and has its approvals answered where the caller's are.
///
/// `caller` is null where a tool is called outside of any agent.
std::shared_ptr<AgentCore> make_agent_below(const asio::any_io_executor& executor,
                                            std::shared_ptr<Provider> provider,
                                            const ToolRegistry& tools, AgentOptions options,
                                            const Publisher& publisher, const ToolContext& context,
                                            AgentCore* caller);

/// Starts its run. Completes on its strand, and keeps its executor running meanwhile.
template <class Handler>
void start_below(const std::shared_ptr<AgentCore>& core, std::string run_id, std::string task,
                 Handler handler) {
  AgentCore::Pending pending(RunHandler(std::move(handler)), core->strand(), KeepsRunning::yes);
  static_cast<void>(core->reserve());
  RunInput input;
  input.text = std::move(task);
  core->start(std::move(run_id), std::move(input), std::move(pending));
}

}  // namespace strandbus::detail
