#pragma once

#include "strandbus/llm/provider.hpp"

#include <string>
#include <string_view>

namespace strandbus::detail {

/// What differs between servers that all speak Chat Completions.
struct ChatDialect {
  std::string origin{};         ///< host and port of the server
  std::string default_model{};  ///< for a request that names none
  std::string max_tokens_field{"max_completion_tokens"};
  bool ask_usage{true};  ///< ask for the usage at the end of the stream
  std::string effort{};  ///< of reasoning; empty = the model's own
};

/// The body of a streamed request (OpenAI API reference, POST /chat/completions).
///
/// Members of `request.parameters` are set last and win.
std::string chat_request(const ModelRequest& request, const ChatDialect& dialect);

/// What an assistant message has to keep for this server, for Message::provider_data: a refusal,
/// and the reasoning that went before tool calls, which some servers demand back. `reasoning_field`
/// is the name under which the server sent it, `origin` the server's host and port. Null if there
/// is nothing to keep.
json::value chat_provider_data(const ModelResponse& response, std::string_view reasoning_field,
                               std::string_view origin);

}  // namespace strandbus::detail
