#pragma once

#include "llm/messages_provider.hpp"
#include "llm/provider_fixture.hpp"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

namespace strandbus::test {

inline AnthropicOptions messages_options() {
  AnthropicOptions options;
  options.base_url = "https://server.test";
  options.api_key = secret_key;
  return options;
}

struct MessagesSetup : ProviderSetup<detail::MessagesProvider, AnthropicOptions> {
  explicit MessagesSetup(std::vector<FakeAnswer> answers,
                         AnthropicOptions options = messages_options())
      : ProviderSetup(std::move(answers), std::move(options)) {}
  explicit MessagesSetup(FakeAnswer answer, AnthropicOptions options = messages_options())
      : MessagesSetup(std::vector{std::move(answer)}, std::move(options)) {}
};

/// An event of a stream, with the line that names it.
inline std::string messages_event(std::string_view type, std::string_view rest) {
  std::string text =
      "event: " + std::string(type) + "\ndata: {\"type\":\"" + std::string(type) + '"';
  if (!rest.empty()) text += "," + std::string(rest);
  return text + "}\n\n";
}

inline std::string message_start(
    std::string_view usage = R"({"input_tokens":5,"output_tokens":1})") {
  return messages_event(
      "message_start",
      R"("message":{"id":"msg_1","type":"message","role":"assistant","content":[],)"
      R"("model":"claude-haiku-4-5","stop_reason":null,"usage":)" +
          std::string(usage) + "}");
}

inline std::string block_start(int index, std::string_view block) {
  return messages_event("content_block_start", "\"index\":" + std::to_string(index) +
                                                   ",\"content_block\":" + std::string(block));
}

inline std::string block_delta(int index, std::string_view delta) {
  return messages_event("content_block_delta",
                        "\"index\":" + std::to_string(index) + ",\"delta\":" + std::string(delta));
}

inline std::string block_stop(int index) {
  return messages_event("content_block_stop", "\"index\":" + std::to_string(index));
}

/// A whole block of text.
inline std::string text_block(int index, std::string_view text) {
  return block_start(index, R"({"type":"text","text":""})") +
         block_delta(index, R"({"type":"text_delta","text":")" + std::string(text) + "\"}") +
         block_stop(index);
}

/// The JSON text of a text.
inline std::string in_json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

/// A whole call; `arguments` are JSON.
inline std::string call_block(int index, std::string_view id, std::string_view name,
                              std::string_view arguments) {
  return block_start(index, R"({"type":"tool_use","id":")" + std::string(id) + R"(","name":")" +
                                std::string(name) + R"(","input":{}})") +
         block_delta(index,
                     R"({"type":"input_json_delta","partial_json":)" + in_json(arguments) + "}") +
         block_stop(index);
}

inline std::string message_delta(std::string_view reason, int output_tokens = 7) {
  return messages_event("message_delta",
                        R"("delta":{"stop_reason":")" + std::string(reason) +
                            R"(","stop_sequence":null},"usage":{"output_tokens":)" +
                            std::to_string(output_tokens) + "}");
}

inline std::string message_end(std::string_view reason = "end_turn") {
  return message_delta(reason) + messages_event("message_stop", "");
}

}  // namespace strandbus::test
