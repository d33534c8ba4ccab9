#pragma once

#include "llm/chat_request.hpp"
#include "llm/server_options.hpp"

namespace strandbus::detail {

/// Where the requests go. The options must have passed check.
Url chat_url(const OpenAiOptions& options);

ChatDialect chat_dialect(const OpenAiOptions& options, const Url& url);

}  // namespace strandbus::detail
