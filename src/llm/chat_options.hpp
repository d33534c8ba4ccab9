#pragma once

#include "llm/chat_request.hpp"
#include "llm/model_exchange.hpp"
#include "llm/secrets.hpp"
#include "net/url.hpp"
#include "strandbus/llm/openai_provider.hpp"

#include <optional>
#include <string_view>

namespace strandbus::detail {

/// Throws std::invalid_argument for the first option that cannot be; the text never holds the key.
void check(const OpenAiOptions& options);

/// Where the requests go. The options must have passed check.
Url chat_url(const OpenAiOptions& options);

ChatDialect chat_dialect(const OpenAiOptions& options, const Url& url);
ExchangeLimits exchange_limits(const OpenAiOptions& options);
AnswerLimits answer_limits(const OpenAiOptions& options);
/// What the tokens of this model cost, if that is known.
std::optional<Price> price_of(const OpenAiOptions& options, std::string_view model);
Secrets secrets_of(const OpenAiOptions& options);

}  // namespace strandbus::detail
