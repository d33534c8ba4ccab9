#pragma once

#include "llm/responses_request.hpp"
#include "llm/server_options.hpp"

#include <string>
#include <string_view>

// What OpenAI's two APIs have in common.

namespace strandbus::detail {

inline constexpr std::string_view chat_path = "/chat/completions";
inline constexpr std::string_view responses_path = "/responses";

/// The options themselves. Throws std::invalid_argument for the first one that cannot be; the text
/// never holds the key.
OpenAiOptions checked(OpenAiOptions options);

// For options that have passed this:

/// Which API is asked: never Api::automatic.
OpenAiOptions::Api chosen_api(const OpenAiOptions& options);

/// Whether it is OpenAI's own server, or Azure's.
bool is_openai(const Url& url);

Url responses_url(const OpenAiOptions& options);
ResponsesDialect responses_dialect(const OpenAiOptions& options, const Url& url);

HttpRequest openai_request(const OpenAiOptions& options, const Url& url, std::string body);

}  // namespace strandbus::detail
