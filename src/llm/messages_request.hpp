#pragma once

#include "strandbus/llm/anthropic_provider.hpp"
#include "strandbus/llm/provider.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>

namespace strandbus::detail {

/// What a server is asked beside what is in the request.
struct MessagesDialect {
  std::string origin{};         ///< host and port of the server
  std::string default_model{};  ///< for a request that names none
  std::int64_t max_tokens{8192};
  AnthropicOptions::Thinking thinking{};
  std::int64_t thinking_budget{4096};
};

/// The body of a streamed request (Anthropic API reference, POST /v1/messages).
///
/// The conversation may come from anyone, see messages_conversation. Members of
/// `request.parameters` are set last and win.
json::object messages_request(const ModelRequest& request, const MessagesDialect& dialect);

}  // namespace strandbus::detail
