#include "strandbus/agent/agent_tool.hpp"

#include "agent_below.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <stdexcept>
#include <utility>

namespace strandbus {
namespace {

using detail::AgentCore;

ToolDefinition agent_definition(const AgentToolOptions& options) {
  ToolDefinition definition;
  definition.name = options.name;
  definition.description = options.description;
  definition.parameters = {
      {"type", "object"},
      {"properties",
       {{"task",
         {{"type", "string"},
          {"minLength", 1},
          {"description", "All that the agent has to know: it sees nothing else"}}}}},
      {"required", json::array{"task"}},
      {"additionalProperties", false},
  };
  return definition;
}

AgentToolOptions checked(AgentToolOptions options) {
  if (options.max_depth < 1) {
    throw std::invalid_argument("AgentToolOptions::max_depth is " +
                                std::to_string(options.max_depth) + "; allowed is at least 1");
  }
  return options;
}

template <class Token>
auto async_start(std::shared_ptr<AgentCore> core, std::string run_id, std::string task,
                 Token&& token) {
  return asio::async_initiate<Token, void(error_code, RunResult)>(
      [](auto handler, const std::shared_ptr<AgentCore>& agent, std::string id, std::string text) {
        detail::start_below(agent, std::move(id), std::move(text), std::move(handler));
      },
      token, std::move(core), std::move(run_id), std::move(task));
}

ToolResult to_result(const RunResult& run) {
  ToolResult result = run.completed() ? ToolResult::ok(run.output)
                                      : ToolResult::failure("the agent failed: " + run.error);
  result.data = json::object{{"run_id", run.run_id},
                             {"rounds", run.rounds},
                             {"tool_calls", run.tool_calls},
                             {"total_tokens", run.usage.total}};
  return result;
}

class AgentTool final : public Tool {
 public:
  AgentTool(std::shared_ptr<Provider> provider, ToolRegistry tools, AgentToolOptions options)
      : provider_(std::move(provider)),
        tools_(std::move(tools)),
        options_(checked(std::move(options))),
        definition_(agent_definition(options_)) {
    if (!provider_) throw std::invalid_argument("make_agent_tool: the provider is null");
  }

  const ToolDefinition& definition() const override { return definition_; }

  asio::awaitable<ToolResult> async_run(json::object arguments, ToolContext& context) override {
    const auto caller = context.agent.lock();
    const std::int32_t depth = context.publisher.context().depth + 1;
    if (depth > options_.max_depth) {
      co_return ToolResult::failure(ErrorCode::E_UNSAFE,
                                    "agents may call agents " + std::to_string(options_.max_depth) +
                                        " deep, and this call would be deeper");
    }
    const std::string task(arguments.at("task").as_string());
    const std::string run_id = make_unique_id("run");
    const Publisher publisher = context.publisher.span(Publisher::new_span());
    publisher.publish(SubagentStarted{.agent = options_.agent.name,
                                      .child_run_id = run_id,
                                      .call_id = context.call_id,
                                      .input = task});
    const auto executor = co_await asio::this_coro::executor;
    const auto core = detail::make_agent_below(executor, provider_, tools_, options_.agent,
                                               publisher, context, caller.get());
    auto ended = co_await async_start(core, run_id, task, asio::as_tuple(asio::use_awaitable));
    const auto& [ec, run] = ended;
    if (caller && !run.run_id.empty()) caller->note_below(options_.agent.name, run);
    publisher.publish(SubagentFinished{.agent = options_.agent.name,
                                       .child_run_id = run_id,
                                       .outcome = run.outcome,
                                       .output = run.completed() ? run.output : run.error});
    if (ec == asio::error::operation_aborted) throw system_error(ec);
    if (ec) co_return ToolResult::failure("the agent did not start: " + ec.message());
    co_return to_result(run);
  }

 private:
  const std::shared_ptr<Provider> provider_;
  const ToolRegistry tools_;
  const AgentToolOptions options_;
  const ToolDefinition definition_;
};

}  // namespace

std::shared_ptr<Tool> make_agent_tool(std::shared_ptr<Provider> provider, ToolRegistry tools,
                                      AgentToolOptions options) {
  return std::make_shared<AgentTool>(std::move(provider), std::move(tools), std::move(options));
}

}  // namespace strandbus
