#pragma once

#include "strandbus/event/json_codec.hpp"
#include "strandbus/llm/provider.hpp"
#include "strandbus/llm/script.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace strandbus::test {

/// Writes down everything that a provider hands over, one line each.
class RecordingSink : public DeltaSink {
 public:
  std::vector<std::string> lines{};
  std::function<void()> after_each{};  ///< called after every piece

  void on_text(std::string_view text) override { add("text " + std::string(text)); }
  void on_reasoning(std::string_view text) override { add("reasoning " + std::string(text)); }
  void on_structured(std::string_view text) override { add("structured " + std::string(text)); }
  void on_tool_call_begin(std::string_view call_id, std::string_view tool_name,
                          std::int64_t index) override {
    add("begin " + std::string(call_id) + ' ' + std::string(tool_name) + ' ' +
        std::to_string(index));
  }
  void on_tool_call_delta(std::string_view call_id, std::string_view fragment) override {
    add("delta " + std::string(call_id) + ' ' + std::string(fragment));
  }
  void on_tool_call_ready(const ToolCall& call) override {
    std::string arguments;
    append_json(arguments, call.arguments);
    add("ready " + call.call_id + ' ' + call.tool_name + ' ' + arguments);
  }
  void on_usage(const Usage& usage, std::optional<NanoUsd> cost) override {
    lines.push_back("usage " + std::to_string(usage.prompt) + '+' +
                    std::to_string(usage.completion) + '=' + std::to_string(usage.total) +
                    (cost ? " costs " + to_string(*cost) : ""));
  }

 private:
  void add(std::string line) {
    lines.push_back(std::move(line));
    if (after_each) after_each();
  }
};

/// How one async_complete ended.
struct Completion {
  std::optional<ModelResponse> response{};
  std::exception_ptr exception{};
  bool done = false;

  /// The ProviderError with which it ended; fails the test if it ended otherwise.
  ProviderError error() const {
    try {
      if (exception) std::rethrow_exception(exception);
    } catch (const ProviderError& provider_error) {
      return provider_error;
    }
    throw std::logic_error("async_complete did not end in a ProviderError");
  }

  /// Whether it ended in operation_aborted.
  bool aborted() const {
    try {
      if (exception) std::rethrow_exception(exception);
    } catch (const system_error& error) {
      return error.code() == asio::error::operation_aborted;
    }
    return false;
  }
};

/// Starts async_complete on `context`; `signal` cancels it. Everything must outlive it.
inline void start(asio::io_context& context, Provider& provider, const ModelRequest& request,
                  DeltaSink& sink, Completion& completion, asio::cancellation_signal& signal) {
  asio::co_spawn(context, provider.async_complete(request, sink),
                 asio::bind_cancellation_slot(
                     signal.slot(), [&](std::exception_ptr exception, ModelResponse response) {
                       completion.exception = exception;
                       if (!exception) completion.response = std::move(response);
                       completion.done = true;
                     }));
}

/// Runs async_complete to its end.
inline Completion complete(Provider& provider, const ModelRequest& request, DeltaSink& sink) {
  asio::io_context context;
  asio::cancellation_signal signal;
  Completion completion;
  start(context, provider, request, sink, completion, signal);
  context.run();
  return completion;
}

inline Message user_says(std::string text) {
  Message message;
  message.role = Role::user;
  message.content = std::move(text);
  return message;
}

inline Message system_says(std::string text) {
  Message message;
  message.role = Role::system;
  message.content = std::move(text);
  return message;
}

inline Message model_calls(std::string call_id, std::string tool_name) {
  Message message;
  message.role = Role::assistant;
  ToolCall& call = message.tool_calls.emplace_back();
  call.call_id = std::move(call_id);
  call.tool_name = std::move(tool_name);
  return message;
}

inline Message tool_says(std::string call_id, std::string text) {
  Message message;
  message.role = Role::tool;
  message.tool_call_id = std::move(call_id);
  message.content = std::move(text);
  return message;
}

/// A request about a conversation that the caller keeps.
inline ModelRequest request_for(const std::vector<Message>& messages, std::int64_t turn = 1) {
  ModelRequest request;
  request.messages = messages;
  request.iteration = turn;
  request.session_id = "session";
  return request;
}

/// The script that this text is; throws what is wrong with it.
inline Script script_of(std::string_view text) {
  ScriptResult script = parse_script(text, "test.json");
  if (!script) throw std::invalid_argument(script.error().message);
  return *std::move(script);
}

}  // namespace strandbus::test
