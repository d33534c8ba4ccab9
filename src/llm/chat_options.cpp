#include "llm/chat_options.hpp"

#include "llm/openai_api.hpp"

namespace strandbus::detail {

Url chat_url(const OpenAiOptions& options) { return server_url(options, chat_path); }

ChatDialect chat_dialect(const OpenAiOptions& options, const Url& url) {
  using MaxTokens = OpenAiOptions::MaxTokens;
  const bool new_name = options.max_tokens_field == MaxTokens::max_completion_tokens ||
                        (options.max_tokens_field == MaxTokens::automatic && is_openai(url));
  ChatDialect dialect;
  dialect.origin = url.authority();
  dialect.default_model = options.model;
  dialect.max_tokens_field = new_name ? "max_completion_tokens" : "max_tokens";
  dialect.ask_usage = options.stream_usage == OpenAiOptions::StreamUsage::ask;
  dialect.effort = options.effort;
  return dialect;
}

}  // namespace strandbus::detail
