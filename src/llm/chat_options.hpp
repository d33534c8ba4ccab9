#pragma once

#include "llm/chat_request.hpp"
#include "llm/model_exchange.hpp"
#include "llm/secrets.hpp"
#include "net/url.hpp"
#include "strandbus/llm/openai_provider.hpp"

#include <string_view>

namespace strandbus::detail {

/// Throws std::invalid_argument for the first option that cannot be; the text never holds the key.
void check(const OpenAiOptions& options);

/// The options themselves, if they pass check.
OpenAiOptions checked(OpenAiOptions options);

// For options that have passed check:

inline constexpr std::string_view chat_path = "/chat/completions";
inline constexpr std::string_view responses_path = "/responses";

Url base_url(const OpenAiOptions& options);
/// Whether the path, without the query, ends with `path`.
bool ends_with_path(const Url& url, std::string_view path);
/// Whether it is OpenAI's own server, or Azure's.
bool is_openai(const Url& url);

/// The base URL with `path` behind its own, unless it ends so already.
Url api_url(const OpenAiOptions& options, std::string_view path);
Url chat_url(const OpenAiOptions& options);

ChatDialect chat_dialect(const OpenAiOptions& options, const Url& url);
ExchangeLimits exchange_limits(const OpenAiOptions& options);
AnswerLimits answer_limits(const OpenAiOptions& options);
Secrets secrets_of(const OpenAiOptions& options);

}  // namespace strandbus::detail
