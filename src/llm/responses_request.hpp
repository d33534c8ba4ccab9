#pragma once

#include "llm/responses_event.hpp"
#include "strandbus/llm/provider.hpp"

#include <span>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// What differs between requests to servers that speak Responses.
struct ResponsesDialect {
  std::string origin{};         ///< host and port of the server
  std::string default_model{};  ///< for a request that names none
  std::string effort{};         ///< of reasoning; empty = as the model's name says
  bool ask_summary{};           ///< ask for a summary of what the model reasoned
};

/// The body of a streamed request (OpenAI API reference, POST /responses).
///
/// The server is told to keep nothing: the conversation is sent with every request, and with it the
/// reasoning that went before tool calls. Members of `request.parameters` are set last and win.
std::string responses_request(const ModelRequest& request, const ResponsesDialect& dialect);

/// What the model reasoned, and before which call of its answer, counted from 0.
struct ReasonedBefore {
  std::size_t call{};
  ResponsesItem item{};
};

/// What an assistant message has to keep for this server, for Message::provider_data: a refusal,
/// and the reasoning before tool calls, which the server demands back. Null if there is nothing.
json::value responses_provider_data(const ModelResponse& response,
                                    std::span<const ReasonedBefore> reasoning,
                                    std::string_view origin);

}  // namespace strandbus::detail
