#include "llm/messages_options.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace strandbus::detail {
namespace {

constexpr std::string_view type = "AnthropicOptions";
constexpr std::int64_t least_budget = 1024;  // as the API demands
constexpr std::int64_t most_tokens = 100'000'000;
constexpr std::int64_t most_pauses = 100;

void check_between(std::string_view option, std::int64_t value, std::int64_t least,
                   std::int64_t most) {
  if (value >= least && value <= most) return;
  refuse_option(type, option,
                "is " + std::to_string(value) + "; " + std::to_string(least) + " to " +
                    std::to_string(most) + " are allowed");
}

bool is_version(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '.';
  });
}

}  // namespace

void check(const AnthropicOptions& options) {
  check(ServerOptions(options));
  if (!is_version(options.version))
    refuse_option(type, "version",
                  "is '" + options.version + "'; a date like 2023-06-01 is wanted");
  check_between("max_tokens", options.max_tokens, 1, most_tokens);
  check_between("max_pauses", options.max_pauses, 0, most_pauses);
  if (options.thinking == AnthropicOptions::Thinking::budget) {
    check_between("thinking_budget", options.thinking_budget, least_budget,
                  std::max(least_budget, options.max_tokens - 1));
  }
}

Url messages_url(const AnthropicOptions& options) {
  // Base URLs are written with the version and without it.
  const std::string base = server_url(options, "").target;
  const bool versioned = std::string_view(base).substr(0, base.find('?')).ends_with("/v1");
  return server_url(options, versioned ? "/messages" : "/v1/messages");
}

MessagesDialect messages_dialect(const AnthropicOptions& options, const Url& url) {
  MessagesDialect dialect;
  dialect.origin = url.authority();
  dialect.default_model = options.model;
  dialect.max_tokens = options.max_tokens;
  dialect.thinking = options.thinking;
  dialect.thinking_budget = options.thinking_budget;
  return dialect;
}

}  // namespace strandbus::detail
