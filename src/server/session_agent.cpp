#include "strandbus/server/session_agent.hpp"

#include "server/client_tools.hpp"
#include "strandbus/agent/agent.hpp"

#include <optional>
#include <stdexcept>
#include <utility>

namespace strandbus {
namespace {

class LoopAgent final : public SessionAgent {
 public:
  LoopAgent(SessionSetup setup, std::shared_ptr<Provider> provider, ToolRegistry tools,
            AgentOptions options)
      : tools_(std::move(tools)),
        agent_(std::move(setup.executor), std::move(provider), tools_, std::move(setup.publisher),
               std::move(options)) {
    agent_.restore(std::move(setup.messages));
  }

  asio::awaitable<void> run(std::string message) override {
    if (changed_tools_) agent_.use_tools(*std::exchange(changed_tools_, std::nullopt));
    agent_.continue_trace(next_trace_);
    co_await agent_.process_message(std::move(message));
  }

  void offer(std::vector<ToolDefinition> tools) override {
    if (offers_.offers(tools)) return;
    ToolRegistry all = tools_;
    offers_.add_to(all, std::move(tools));
    changed_tools_ = std::move(all);
  }
  void continue_trace(std::string traceparent) override { next_trace_ = std::move(traceparent); }
  void answer(std::string call_id, ToolResult result) override {
    offers_.answer(call_id, std::move(result));
  }

  asio::awaitable<void> resume(std::vector<ApprovalRequested> pending) override {
    co_await agent_.resume(std::move(pending));
  }

  void cancel(std::string reason, CancelWhen when) override {
    agent_.control().cancel(std::move(reason), when);
  }
  void send(std::string text) override { agent_.control().send(std::move(text)); }
  void approve(std::string approval_id, std::string by) override {
    agent_.control().approve(std::move(approval_id), std::move(by));
  }
  void approve_with(std::string approval_id, json::object arguments, std::string by) override {
    agent_.control().approve_with(std::move(approval_id), std::move(arguments), std::move(by));
  }
  void deny(std::string approval_id, std::string reason, std::string by) override {
    agent_.control().deny(std::move(approval_id), std::move(reason), std::move(by));
  }

 private:
  const ToolRegistry tools_;  // without those from outside
  detail::ClientTools offers_;
  std::optional<ToolRegistry> changed_tools_;  // for the next run
  std::string next_trace_;
  Agent agent_;
};

}  // namespace

asio::awaitable<void> SessionAgent::resume(std::vector<ApprovalRequested> pending) {
  static_cast<void>(pending);
  co_return;
}

void SessionAgent::offer(std::vector<ToolDefinition> tools) {
  if (!tools.empty())
    throw std::invalid_argument("this agent takes no tools from outside: offer none");
}

void SessionAgent::continue_trace(std::string) {}

void SessionAgent::answer(std::string, ToolResult) {}

SessionFactory agent_factory(std::shared_ptr<Provider> provider, ToolRegistry tools,
                             AgentOptions options) {
  return [provider = std::move(provider), tools = std::move(tools),
          options = std::move(options)](SessionSetup setup) -> std::unique_ptr<SessionAgent> {
    AgentOptions own = options;
    if (!setup.workspace.empty()) own.workspace = setup.workspace;
    return std::make_unique<LoopAgent>(std::move(setup), provider, tools, std::move(own));
  };
}

}  // namespace strandbus
