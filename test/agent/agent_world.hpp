#pragma once

#include "strandbus/agent/agent.hpp"
#include "strandbus/agent/agent_tool.hpp"
#include "strandbus/bus/event_bus.hpp"
#include "strandbus/llm/retrying_provider.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace strandbus::test {

/// An agent whose whole world runs step by step on one thread, without a clock: every handler of
/// the context is a step, and every point at which a coroutine waits is the end of one. What is
/// foreign to the agent, the model, tools, hooks and guardrails, waits at each of its own steps and
/// fails there when it is told to.
class AgentWorld {
 public:
  AgentWorld() {
    subscription_ = bus_.subscribe([this](const StreamEvent& event) {
      events.push_back(event);
      if (on_any_event) on_any_event();
      if (on_event) on_event(event);
    });
  }

  /// A step of foreign code.
  asio::awaitable<void> pause() {
    co_await asio::post(io.get_executor(), asio::use_awaitable);
    if (std::exchange(fails_next_, false)) throw std::runtime_error("injected");
  }

  /// From now on the next foreign step fails.
  void fail_next() { fails_next_ = true; }

  /// From now on nothing fails, and the model answers at once, whatever it is asked.
  void recover() {
    recovering = true;
    fails_next_ = false;
    on_idle = nullptr;
  }

  void make_agent(std::shared_ptr<Provider> provider, AgentOptions options) {
    agent =
        std::make_unique<Agent>(io.get_executor(), std::move(provider), tools,
                                bus_.publisher(RunContext{.session_id = "s1"}), std::move(options));
  }

  asio::io_context io;
  EventBus bus_{io.get_executor()};
  std::vector<StreamEvent> events;
  std::function<void(const StreamEvent&)> on_event;
  std::function<void()> on_any_event;
  /// Called when nothing is left to do and the run has not ended; does something, or returns false.
  std::function<bool()> on_idle;
  ToolRegistry tools{ToolRegistryOptions{.threads = 1, .executor = io.get_executor()}};
  std::unique_ptr<Agent> agent;
  bool recovering = false;

 private:
  Subscription subscription_;
  bool fails_next_ = false;
};

/// A model in such a world: the n-th request gets the n-th answer, and later ones the last.
class SteppingProvider final : public Provider {
 public:
  struct Answer {
    std::vector<std::string> tokens{};
    std::vector<ToolCall> calls{};
    ErrorCode fails = ErrorCode::none;  ///< after the tokens
  };

  SteppingProvider(AgentWorld& world, std::vector<Answer> answers)
      : world_(world), answers_(std::move(answers)) {}

  std::string_view name() const noexcept override { return "stepping"; }
  const std::string& model() const noexcept override { return model_; }

  using Provider::async_complete;
  asio::awaitable<ModelResponse> async_complete(const ModelRequest&, DeltaSink& sink) override {
    const Answer answer = next();
    ModelResponse response;
    for (const std::string& token : answer.tokens) {
      co_await step();
      co_await sink.async_ready();
      sink.on_text(token);
      response.content += token;
      ++response.usage.completion;
      response.usage.prompt = 10;
      response.usage.total = 10 + response.usage.completion;
      sink.on_usage(response.usage, std::nullopt);
    }
    co_await step();
    if (answer.fails != ErrorCode::none) throw ProviderError(answer.fails, "scripted failure");
    std::int64_t index = 0;
    for (const ToolCall& call : answer.calls) {
      sink.on_tool_call_begin(call.call_id, call.tool_name, index++);
      co_await step();
      sink.on_tool_call_ready(call);
    }
    response.tool_calls = answer.calls;
    response.finish_reason = answer.calls.empty() ? FinishReason::stop : FinishReason::tool_calls;
    co_return response;
  }

 private:
  Answer next() {
    if (world_.recovering) return Answer{.tokens = {"recovered"}};
    const std::size_t at = std::min(asked_++, answers_.size() - 1);
    return answers_.at(at);
  }

  /// A failure of the model is one that a provider may have.
  asio::awaitable<void> step() {
    bool failed = false;
    try {
      co_await world_.pause();
    } catch (const std::runtime_error& error) {
      if (std::string_view(error.what()) != "injected") throw;
      failed = true;
    }
    if (failed) throw ProviderError(ErrorCode::network, "injected");
  }

  AgentWorld& world_;
  const std::vector<Answer> answers_;
  const std::string model_ = "stepping-1";
  std::size_t asked_ = 0;
};

/// A tool in such a world; takes some steps, and publishes progress.
class SteppingTool final : public Tool {
 public:
  SteppingTool(AgentWorld& world, std::string name, int steps) : world_(world), steps_(steps) {
    definition_.name = std::move(name);
    definition_.description = "Takes steps";
    definition_.parameters = {{"type", "object"}};
  }

  SteppingTool& requires_confirmation() {
    definition_.requires_confirmation = true;
    return *this;
  }
  SteppingTool& fails() {
    fails_ = true;
    return *this;
  }

  const ToolDefinition& definition() const override { return definition_; }

  asio::awaitable<ToolResult> async_run(json::object, ToolContext& context) override {
    for (int i = 0; i < steps_; ++i) {
      co_await world_.pause();
      context.progress("step");
    }
    if (fails_) co_return ToolResult::failure("it did not work");
    co_return ToolResult::ok("done");
  }

 private:
  AgentWorld& world_;
  ToolDefinition definition_;
  const int steps_;
  bool fails_ = false;
};

}  // namespace strandbus::test
