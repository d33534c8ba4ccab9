#include "strandbus/server/session_agent.hpp"

#include "strandbus/agent/agent.hpp"

#include <utility>

namespace strandbus {
namespace {

class LoopAgent final : public SessionAgent {
 public:
  LoopAgent(SessionSetup setup, std::shared_ptr<Provider> provider, ToolRegistry tools,
            AgentOptions options)
      : agent_(std::move(setup.executor), std::move(provider), std::move(tools),
               std::move(setup.publisher), std::move(options)) {
    agent_.restore(std::move(setup.messages));
  }

  asio::awaitable<void> run(std::string message) override {
    co_await agent_.process_message(std::move(message));
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
  Agent agent_;
};

}  // namespace

asio::awaitable<void> SessionAgent::resume(std::vector<ApprovalRequested> pending) {
  static_cast<void>(pending);
  co_return;
}

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
