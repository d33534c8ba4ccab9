#pragma once

#include "agent/agent_world.hpp"
#include "strandbus/agent/workflow_engine.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace strandbus::test {

/// Time that stands still until it is moved.
class SteppedTime {
 public:
  using Clock = std::chrono::steady_clock;

  explicit SteppedTime(asio::io_context& io) : io_(io) {}

  /// Waits until the time has been moved so far.
  asio::awaitable<void> wait(std::chrono::milliseconds delay) {
    const auto place = waits_.emplace(waits_.end(), now_ + delay, io_);
    error_code ec;
    co_await place->timer.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    const bool passed = place->passed;
    waits_.erase(place);
    if (!passed) throw system_error(asio::error::operation_aborted);
  }

  /// Moves the time to where the next wait ends; false if nobody waits.
  bool advance() {
    const auto next = std::ranges::min_element(waits_, {}, [](const Wait& wait) {
      return wait.passed ? std::chrono::milliseconds::max() : wait.until;
    });
    if (next == waits_.end() || next->passed) return false;
    now_ = next->until;
    next->passed = true;
    next->timer.cancel();
    return true;
  }

  std::chrono::milliseconds now() const noexcept { return now_; }

 private:
  struct Wait {
    Wait(std::chrono::milliseconds when, asio::io_context& io)
        : until(when), timer(io, Clock::time_point::max()) {}

    std::chrono::milliseconds until;
    asio::steady_timer timer;
    bool passed = false;
  };

  asio::io_context& io_;
  std::list<Wait> waits_;
  std::chrono::milliseconds now_{0};
};

/// A world in which workflows run step by step, without a clock.
class WorkflowWorld : public AgentWorld {
 public:
  WorkflowWorld() {
    on_idle = [this] { return time.advance(); };
  }

  /// A failure that has met nobody so far meets nobody any more.
  void forget_failure() {
    recover();
    recovering = false;
    on_idle = [this] { return time.advance(); };
  }

  WorkflowOptions options() {
    WorkflowOptions options;
    options.wait = [this](std::chrono::milliseconds delay) { return time.wait(delay); };
    return options;
  }

  void make_engine(Workflow workflow, WorkflowOptions how) {
    engine = std::make_unique<WorkflowEngine>(io.get_executor(), std::move(workflow),
                                              bus_.publisher(RunContext{.session_id = "s1"}),
                                              std::move(how));
  }
  void make_engine(Workflow workflow) { make_engine(std::move(workflow), options()); }

  SteppedTime time{io};
  std::map<std::string, int> asked;  ///< how often, by the name of the agent
  std::unique_ptr<WorkflowEngine> engine;
};

/// A model in such a world. It answers a prompt with the prompt in brackets, in two pieces; what it
/// is told otherwise it does first.
class TalkingProvider final : public Provider {
 public:
  struct Habits {
    int failures = 0;  ///< so many requests fail first
    ErrorCode fails_with = ErrorCode::server_error;
    int hangs = 0;        ///< so many requests never end
    std::string says{};   ///< instead of the prompt
    std::string calls{};  ///< a tool, once per run
  };

  TalkingProvider(WorkflowWorld& world, std::string name, Habits habits)
      : world_(world), name_(std::move(name)), habits_(std::move(habits)) {}

  std::string_view name() const noexcept override { return "talking"; }
  const std::string& model() const noexcept override { return model_; }

  using Provider::async_complete;
  asio::awaitable<ModelResponse> async_complete(const ModelRequest& request,
                                                DeltaSink& sink) override {
    const Message last = request.messages.back();
    const int number = ++world_.asked[name_];
    co_await step();
    if (number <= habits_.hangs) co_await hang();
    if (number <= habits_.failures) throw ProviderError(habits_.fails_with, "scripted failure");
    ModelResponse response;
    response.usage = Usage{.prompt = 10, .completion = 2, .total = 12};
    if (!habits_.calls.empty() && last.role == Role::user) {
      const ToolCall call{.call_id = "c" + std::to_string(number),
                          .tool_name = habits_.calls,
                          .arguments = json::object()};
      sink.on_tool_call_begin(call.call_id, call.tool_name, 0);
      sink.on_tool_call_ready(call);
      response.tool_calls.push_back(call);
      response.finish_reason = FinishReason::tool_calls;
      co_return response;
    }
    response.content = habits_.says.empty() ? "[" + last.content + "]" : habits_.says;
    sink.on_text(std::string_view(response.content).substr(0, 1));
    co_await step();
    sink.on_text(std::string_view(response.content).substr(1));
    response.finish_reason = FinishReason::stop;
    co_return response;
  }

 private:
  static asio::awaitable<void> hang() {
    asio::steady_timer never(co_await asio::this_coro::executor,
                             asio::steady_timer::time_point::max());
    co_await never.async_wait(asio::use_awaitable);
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

  WorkflowWorld& world_;
  const std::string name_;
  const Habits habits_;
  const std::string model_ = "talking-1";
};

/// An agent without limits in time, with the tools of the world.
inline WorkflowAgent talker(WorkflowWorld& world, const std::string& name = "talker",
                            TalkingProvider::Habits habits = {}) {
  WorkflowAgent agent;
  agent.provider = std::make_shared<TalkingProvider>(world, name, std::move(habits));
  agent.tools = world.tools;
  agent.options.name = name;
  agent.options.tool_timeout = std::chrono::milliseconds(0);
  agent.options.approval_timeout = std::chrono::milliseconds(0);
  return agent;
}

}  // namespace strandbus::test
