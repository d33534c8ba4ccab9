#pragma once

#include "llm/fake_transport.hpp"
#include "llm/protocol_sink.hpp"
#include "llm/recording_sink.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace strandbus::test {

inline constexpr const char* secret_key = "sk-test-0123456789abcdefghij";

/// A provider whose server is played by a list of answers.
template <class PlayedProvider, class Options>
struct ProviderSetup {
  ProviderSetup(std::vector<FakeAnswer> answers, Options options)
      : provider(std::move(options), std::make_shared<FakeTransport>(server)) {
    server.answers = std::move(answers);
  }

  FakeServer server;
  PlayedProvider provider;
};

inline FakeAnswer body(std::string text) {
  FakeAnswer answer;
  answer.pieces.push_back(std::move(text));
  return answer;
}

inline FakeAnswer status(int code, std::string text) {
  FakeAnswer answer = body(std::move(text));
  answer.status = code;
  return answer;
}

/// "name arguments" of each call.
inline std::vector<std::string> calls_of(const ModelResponse& answer) {
  std::vector<std::string> calls;
  for (const ToolCall& call : answer.tool_calls) {
    std::string& text = calls.emplace_back(call.tool_name + ' ');
    append_json(text, call.arguments);
  }
  return calls;
}

/// How one request ended: an answer, or the text and code of its error. Never both, never neither.
struct Outcome {
  std::optional<ModelResponse> answer{};
  std::optional<ProviderError> error{};
  std::vector<std::string> faults{};  ///< of the sink's protocol, and whatever else is wrong
};

/// Asks, and checks everything that holds for every request.
inline Outcome ask(Provider& provider, const FakeServer& server, const ModelRequest& request) {
  ProtocolSink sink;
  const Completion completion = complete(provider, request, sink);
  Outcome outcome;
  outcome.faults = sink.faults;
  if (!completion.done) outcome.faults.emplace_back("it never ended");
  if (server.open != 0) outcome.faults.emplace_back("a connection stayed open");
  if (completion.exception) {
    try {
      std::rethrow_exception(completion.exception);
    } catch (const ProviderError& error) {
      outcome.error = error;
    } catch (const std::exception& error) {
      outcome.faults.emplace_back(std::string("another exception: ") + error.what());
    }
  }
  if (outcome.error) {
    const std::string text = outcome.error->what();
    if (text.empty() || text.size() > 1000) outcome.faults.emplace_back("a bad message: " + text);
    if (text.find_first_of("\r\n") != text.npos) outcome.faults.emplace_back("several lines");
    if (text.find("0123456789ab") != text.npos) outcome.faults.emplace_back("the key is told");
  }
  outcome.answer = completion.response;
  if (outcome.answer) {
    ProtocolSink checked = std::move(sink);
    checked.compare(*outcome.answer, !request.response_schema.is_null());
    outcome.faults = checked.faults;
  }
  return outcome;
}

template <class PlayedProvider, class Options>
Outcome ask(ProviderSetup<PlayedProvider, Options>& setup, const ModelRequest& request) {
  return ask(setup.provider, setup.server, request);
}

}  // namespace strandbus::test
