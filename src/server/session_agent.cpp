#include "strandbus/server/session_agent.hpp"

#include "event/trace_parent.hpp"
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
      : executor_(std::move(setup.executor)),
        provider_(std::move(provider)),
        tools_(std::move(tools)),
        current_tools_(tools_),
        publisher_(std::move(setup.publisher)),
        options_(std::move(options)) {
    make_agent(tools_, std::move(setup.messages));
  }

  asio::awaitable<void> run(std::string message) override {
    if (changed_tools_ || next_trace_ != trace_) {
      if (changed_tools_) current_tools_ = *std::exchange(changed_tools_, std::nullopt);
      trace_ = next_trace_;
      make_agent(current_tools_, agent_->messages());
    }
    co_await agent_->process_message(std::move(message));
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
    co_await agent_->resume(std::move(pending));
  }

  void cancel(std::string reason, CancelWhen when) override {
    agent_->control().cancel(std::move(reason), when);
  }
  void send(std::string text) override { agent_->control().send(std::move(text)); }
  void approve(std::string approval_id, std::string by) override {
    agent_->control().approve(std::move(approval_id), std::move(by));
  }
  void approve_with(std::string approval_id, json::object arguments, std::string by) override {
    agent_->control().approve_with(std::move(approval_id), std::move(arguments), std::move(by));
  }
  void deny(std::string approval_id, std::string reason, std::string by) override {
    agent_->control().deny(std::move(approval_id), std::move(reason), std::move(by));
  }

 private:
  /// An agent's tools and its trace do not change: other ones, another agent with the same
  /// conversation.
  void make_agent(const ToolRegistry& tools, std::vector<Message> messages) {
    agent_ = std::make_unique<Agent>(executor_, provider_, tools, publisher(), options_);
    agent_->restore(std::move(messages));
  }

  Publisher publisher() const {
    if (trace_.empty()) return publisher_;
    RunContext context = publisher_.context();
    context.attributes[detail::trace_parent_key] = trace_;
    return publisher_.run(std::move(context));
  }

  const asio::any_io_executor executor_;
  const std::shared_ptr<Provider> provider_;
  const ToolRegistry tools_;
  ToolRegistry current_tools_;  // of the agent
  const Publisher publisher_;
  const AgentOptions options_;
  detail::ClientTools offers_;
  std::optional<ToolRegistry> changed_tools_;  // for the next run
  std::string trace_;                          // of the agent
  std::string next_trace_;                     // of the next run
  std::unique_ptr<Agent> agent_;
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
