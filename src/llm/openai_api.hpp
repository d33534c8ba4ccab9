#pragma once

#include "llm/answer_assembler.hpp"
#include "llm/responses_request.hpp"
#include "net/http_transport.hpp"
#include "net/url.hpp"
#include "strandbus/llm/openai_provider.hpp"

#include <string>

// What requests to OpenAI's two APIs have in common. The options must have passed check.

namespace strandbus::detail {

/// Which API is asked: never Api::automatic.
OpenAiOptions::Api chosen_api(const OpenAiOptions& options);

Url responses_url(const OpenAiOptions& options);
ResponsesDialect responses_dialect(const OpenAiOptions& options, const Url& url);

/// For the request of a model; empty = that of the options.
AnswerContext answer_context(const OpenAiOptions& options, const Url& url,
                             const std::string& model);

HttpRequest http_request(const OpenAiOptions& options, const Url& url, std::string body);

}  // namespace strandbus::detail
