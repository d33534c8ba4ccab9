#include "agent_below.hpp"

#include <utility>

namespace strandbus::detail {
namespace {

/// The events of a run below that of the caller.
Publisher publisher_below(const Publisher& caller) {
  RunContext context = caller.context();
  context.parent_run_id = std::exchange(context.run_id, std::string());
  ++context.depth;
  return caller.run(std::move(context)).span(caller.current_span());
}

}  // namespace

std::shared_ptr<AgentCore> make_agent_below(const asio::any_io_executor& executor,
                                            std::shared_ptr<Provider> provider,
                                            const ToolRegistry& tools, AgentOptions options,
                                            const Publisher& publisher, const ToolContext& context,
                                            AgentCore* caller) {
  if (options.workspace.empty()) options.workspace = context.workspace;
  if (caller && !options.confirm) options.confirm = caller->options().confirm;
  if (caller && options.trace_propagation == TracePropagation::continued)
    options.trace_propagation = caller->options().trace_propagation;
  auto core = std::make_shared<AgentCore>(executor, std::move(provider), tools,
                                          publisher_below(publisher), std::move(options));
  if (caller) {
    core->set_caller(*caller);
    caller->add_child(core);
  }
  return core;
}

}  // namespace strandbus::detail
