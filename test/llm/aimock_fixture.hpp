#pragma once

#include "llm/aimock_server.hpp"
#include "llm/protocol_sink.hpp"
#include "llm/recording_sink.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

// The whole way: a provider of ours, our HTTP client, a socket, and a server that somebody else
// wrote.

namespace strandbus::test {

class AimockTest : public testing::Test {
 protected:
  // Not SetUpTestSuite: when that fails, the tests count as skipped.
  void SetUp() override {
    if (!server_) server_ = std::make_unique<AimockServer>();
  }
  static void TearDownTestSuite() { server_.reset(); }

  /// Asks about a text.
  Completion ask(const std::string& text, Provider& provider) {
    conversation_ = {user_says(text)};
    return ask(provider);
  }
  Completion ask(Provider& provider) {
    const ModelRequest request = request_for(conversation_);
    return ask(provider, request);
  }
  Completion ask(Provider& provider, const ModelRequest& request) {
    sink_ = std::make_unique<ProtocolSink>();
    Completion completion;
    asio::cancellation_signal signal;
    start(context_, provider, request, *sink_, completion, signal);
    context_.restart();
    context_.run();
    if (completion.response)
      sink_->compare(*completion.response, !request.response_schema.is_null());
    EXPECT_THAT(sink_->faults, testing::IsEmpty());
    return completion;
  }

  /// Cancels a request as soon as something of its answer has come.
  Completion cancel(const std::string& text, Provider& provider) {
    asio::cancellation_signal signal;
    Completion completion;
    RecordingSink sink;
    conversation_ = {user_says(text)};
    const ModelRequest request = request_for(conversation_);
    start(context_, provider, request, sink, completion, signal);
    while (sink.lines.empty() && !completion.done) context_.run_one();
    signal.emit(asio::cancellation_type::terminal);
    context_.run();
    return completion;
  }

  /// The answer; throws the error if it is none.
  static ModelResponse answer_of(const Completion& completion) {
    if (completion.exception) std::rethrow_exception(completion.exception);
    return completion.response.value();
  }

  static std::vector<std::string> calls_of(const ModelResponse& answer) {
    std::vector<std::string> calls;
    for (const ToolCall& call : answer.tool_calls) {
      std::string& text = calls.emplace_back(call.call_id + ' ' + call.tool_name + ' ');
      append_json(text, call.arguments);
    }
    return calls;
  }

  static inline std::unique_ptr<AimockServer> server_;
  asio::io_context context_;  // of all requests: it must outlive the providers
  std::vector<Message> conversation_;
  std::unique_ptr<ProtocolSink> sink_;
};

}  // namespace strandbus::test
