#pragma once

#include "strandbus/agent/agent.hpp"
#include "strandbus/bus/event_bus.hpp"
#include "strandbus/bus/trace_checker.hpp"
#include "strandbus/llm/scripted_provider.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace strandbus::test {

/// Every wrong thing in the events of whole runs: a broken promise, a run without an end, a start
/// or an end without a span.
inline std::vector<std::string> faults(const std::vector<StreamEvent>& events) {
  TraceChecker checker;
  std::vector<std::string> found;
  for (const StreamEvent& event : events) {
    checker.add(event);
    if (event.span_id() == 0) found.push_back("without a span: " + std::string(event.wire_type()));
  }
  for (const TraceFinding& finding : checker.findings()) found.push_back(to_string(finding));
  for (const TraceOpenRun& run : checker.open_runs()) found.push_back("never ended: " + run.run_id);
  return found;
}

/// Every tool call of the conversation has exactly one answer, right behind it.
inline bool valid_for_providers(const std::vector<Message>& messages) {
  std::vector<std::string> unanswered;
  for (const Message& message : messages) {
    if (message.role == Role::tool) {
      if (unanswered.empty() || unanswered.front() != message.tool_call_id) return false;
      unanswered.erase(unanswered.begin());
      continue;
    }
    if (!unanswered.empty()) return false;
    for (const ToolCall& call : message.tool_calls) unanswered.push_back(call.call_id);
  }
  return unanswered.empty();
}

/// A model that a test plays: each request is given to the next function of a list.
class PlayedProvider final : public Provider {
 public:
  using Answer = std::function<asio::awaitable<ModelResponse>(const ModelRequest&, DeltaSink&)>;

  explicit PlayedProvider(std::vector<Answer> answers) : answers_(std::move(answers)) {}

  std::string_view name() const noexcept override { return "played"; }
  const std::string& model() const noexcept override { return model_; }
  using Provider::async_complete;
  asio::awaitable<ModelResponse> async_complete(const ModelRequest& request,
                                                DeltaSink& sink) override {
    requests.emplace_back(request.messages.begin(), request.messages.end());
    return answers_.at(requests.size() - 1)(request, sink);
  }

  std::vector<std::vector<Message>> requests;  ///< the messages of each

 private:
  std::vector<Answer> answers_;
  std::string model_ = "played-1";
};

inline ModelResponse text_response(std::string text) {
  ModelResponse response;
  response.content = std::move(text);
  response.finish_reason = FinishReason::stop;
  response.usage = Usage{.prompt = 10, .completion = 2, .total = 12};
  return response;
}

inline ModelResponse call_response(std::vector<ToolCall> calls) {
  ModelResponse response;
  response.tool_calls = std::move(calls);
  response.finish_reason = FinishReason::tool_calls;
  response.usage = Usage{.prompt = 10, .completion = 2, .total = 12};
  return response;
}

/// Answers with a text, streamed in one piece.
inline PlayedProvider::Answer says(std::string text) {
  return [text](const ModelRequest&, DeltaSink& sink) -> asio::awaitable<ModelResponse> {
    sink.on_text(text);
    co_return text_response(text);
  };
}

/// Answers with tool calls.
inline PlayedProvider::Answer calls(std::vector<ToolCall> list) {
  return [list](const ModelRequest&, DeltaSink&) -> asio::awaitable<ModelResponse> {
    co_return call_response(list);
  };
}

/// Streams a text and then never goes on, until it is cancelled.
inline PlayedProvider::Answer hangs_after(std::string text, std::function<void()> reached) {
  return [text, reached](const ModelRequest&, DeltaSink& sink) -> asio::awaitable<ModelResponse> {
    sink.on_text(text);
    const Usage usage{.prompt = 7, .completion = 1, .total = 8};
    sink.on_usage(usage, std::nullopt);
    reached();
    asio::steady_timer never(co_await asio::this_coro::executor,
                             asio::steady_timer::time_point::max());
    co_await never.async_wait(asio::use_awaitable);
    co_return ModelResponse();
  };
}

/// Fails with an error.
inline PlayedProvider::Answer fails(ErrorCode code, std::string text) {
  return [code, text](const ModelRequest&, DeltaSink& sink) -> asio::awaitable<ModelResponse> {
    sink.on_text("so far");
    throw ProviderError(code, text);
    co_return ModelResponse();
  };
}

struct NoArgs {};
BOOST_DESCRIBE_STRUCT(NoArgs, (), ())

inline ToolCall tool_call(std::string id, std::string name,
                          json::value arguments = json::object()) {
  return ToolCall{
      .call_id = std::move(id), .tool_name = std::move(name), .arguments = std::move(arguments)};
}

/// An agent on a bus of its own, and everything that it published. In the end all of it must be a
/// sequence of events as the vocabulary promises it.
class AgentTest : public ::testing::Test {
 protected:
  void TearDown() override {
    for (const TraceFinding& finding : checker_.findings()) ADD_FAILURE() << to_string(finding);
    for (const TraceOpenRun& run : checker_.open_runs())
      ADD_FAILURE() << "the run " << run.run_id << " has no end";
  }

  void start(std::vector<PlayedProvider::Answer> answers, AgentOptions options = {}) {
    provider_ = std::make_shared<PlayedProvider>(std::move(answers));
    start(provider_, std::move(options));
  }

  void start(std::shared_ptr<Provider> provider, AgentOptions options = {}) {
    agent_ =
        std::make_unique<Agent>(io_.get_executor(), std::move(provider), tools_,
                                bus_.publisher(RunContext{.session_id = "s1"}), std::move(options));
  }

  /// Runs one message to its end.
  RunResult process(const std::string& text) {
    agent_->async_process_message(text, [this](error_code ec, RunResult result) {
      ec_ = ec;
      result_ = std::move(result);
    });
    io_.restart();
    io_.run();
    return result_;
  }

  std::vector<std::string> types() const {
    std::vector<std::string> names;
    for (const StreamEvent& event : events_) names.emplace_back(event.wire_type());
    return names;
  }

  template <PayloadType T>
  std::vector<T> all() const {
    std::vector<T> found;
    for (const StreamEvent& event : events_) {
      if (const T* payload = event.get_if<T>()) found.push_back(*payload);
    }
    return found;
  }

  asio::io_context io_;
  EventBus bus_{io_.get_executor()};
  std::vector<StreamEvent> events_;
  TraceChecker checker_;  // sees every event, also those that a test takes out of events_
  std::function<void(const StreamEvent&)> on_event_;
  Subscription subscription_ = bus_.subscribe([this](const StreamEvent& event) {
    events_.push_back(event);
    checker_.add(event);
    if (on_event_) on_event_(event);
  });
  ToolRegistry tools_{ToolRegistryOptions{.threads = 2, .executor = {}}};
  std::shared_ptr<PlayedProvider> provider_;
  std::unique_ptr<Agent> agent_;
  error_code ec_;
  RunResult result_;
};

}  // namespace strandbus::test
