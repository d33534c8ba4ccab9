#pragma once

#include "llm/messages_request.hpp"
#include "llm/server_options.hpp"

namespace strandbus::detail {

/// Throws std::invalid_argument for the first option that cannot be; the text never holds the key.
void check(const AnthropicOptions& options);

/// Where the requests go. The options must have passed check.
Url messages_url(const AnthropicOptions& options);

MessagesDialect messages_dialect(const AnthropicOptions& options, const Url& url);

}  // namespace strandbus::detail
