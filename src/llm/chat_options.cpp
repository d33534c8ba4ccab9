#include "llm/chat_options.hpp"

#include "net/proxy_settings.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strandbus::detail {
namespace {

[[noreturn]] void refuse(std::string_view option, std::string_view problem) {
  throw std::invalid_argument("OpenAiOptions::" + std::string(option) + ' ' + std::string(problem));
}

Url parsed(std::string_view option, const std::string& text) {
  auto url = parse_url(text);
  if (!url) refuse(option, "is no URL: " + url.error().message);
  return *std::move(url);
}

bool is_loopback_or_secure(const Url& url) { return url.secure() || url.is_loopback(); }

void check_base_url(const OpenAiOptions& options) {
  const Url url = parsed("base_url", options.base_url);
  if (!url.userinfo.empty())
    refuse("base_url", "holds a user name or password; use api_key or headers");
  if (!is_loopback_or_secure(url)) {
    refuse("base_url", "is '" + url.scheme + "://" + url.authority() +
                           "': plain http would send the conversation and the key readable for "
                           "everyone; use https, or a server on this machine");
  }
}

/// RFC 9110 section 5.5: no control characters besides the tab, and no white space around.
bool is_header_value(std::string_view value) {
  const bool printable = std::ranges::all_of(value, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte < 0x7F);
  });
  return printable && !value.starts_with(' ') && !value.ends_with(' ') &&
         !value.starts_with('\t') && !value.ends_with('\t');
}

/// RFC 9110 section 5.6.2: a token.
bool is_header_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

void check_headers(const OpenAiOptions& options) {
  // The value stays unsaid: it is secret.
  if (!is_header_value(options.api_key) || options.api_key.find(' ') != std::string::npos) {
    refuse("api_key",
           "holds a space, a line break or another character that no key has; was it copied whole, "
           "without what surrounds it?");
  }
  for (const OpenAiHeader& header : options.headers) {
    if (!is_header_name(header.name))
      refuse("headers", "holds a name that is no header's; letters, digits and - are allowed");
    if (!is_header_value(header.value))
      refuse("headers", "has a value for '" + header.name +
                            "' that no header may have; line breaks are not allowed");
  }
}

void check_proxy(const OpenAiOptions& options) {
  if (options.https_proxy.empty()) return;
  const ProxySettings settings{.https_proxy = options.https_proxy, .no_proxy = {}};
  // For any server: the base URL itself may be one that needs no proxy.
  const auto proxy = proxy_for(settings, *parse_url("https://server.invalid/"));
  if (!proxy) refuse("https_proxy", "cannot be used: " + proxy.error().message);
}

void check_times(const OpenAiOptions& options) {
  struct Named {
    std::string_view name;
    std::chrono::milliseconds time;
  };
  const std::array<Named, 3> times{{{"connect_timeout", options.connect_timeout},
                                    {"first_event_timeout", options.first_event_timeout},
                                    {"silence_timeout", options.silence_timeout}}};
  for (const Named& each : times) {
    if (each.time.count() > 0 && each.time <= std::chrono::hours(24)) continue;
    refuse(each.name, "is " + std::to_string(each.time.count()) +
                          " ms; more than 0 and at most 24 hours are allowed");
  }
}

void check_sizes(const OpenAiOptions& options) {
  struct Named {
    std::string_view name;
    std::size_t size;
  };
  const std::array<Named, 6> sizes{{{"max_line_bytes", options.max_line_bytes},
                                    {"max_event_bytes", options.max_event_bytes},
                                    {"max_body_bytes", options.max_body_bytes},
                                    {"max_answer_bytes", options.max_answer_bytes},
                                    {"max_argument_depth", options.max_argument_depth},
                                    {"max_tool_calls", options.max_tool_calls}}};
  for (const Named& each : sizes) {
    if (each.size == 0) refuse(each.name, "is 0; at least 1 is needed");
  }
}

/// The path of the URL, without a slash at its end and without the query.
std::string path_of(const Url& url) {
  std::string path = url.target.substr(0, url.target.find('?'));
  while (path.ends_with('/')) path.pop_back();
  return path;
}

/// Who gives the whole address means that API.
void check_api(const OpenAiOptions& options) {
  using Api = OpenAiOptions::Api;
  const Url url = base_url(options);
  if (options.api == Api::responses && ends_with_path(url, chat_path))
    refuse("api", "is responses, but base_url ends with /chat/completions; leave out one of them");
  if (options.api == Api::chat && ends_with_path(url, responses_path))
    refuse("api", "is chat, but base_url ends with /responses; leave out one of them");
}

void check_effort(const OpenAiOptions& options) {
  const bool is_word =
      options.effort.size() <= 16 &&
      std::ranges::all_of(options.effort, [](char c) { return c >= 'a' && c <= 'z'; });
  if (!is_word)
    refuse("effort", "is no effort; there are none, minimal, low, medium, high and xhigh");
}

}  // namespace

Url base_url(const OpenAiOptions& options) { return parsed("base_url", options.base_url); }

bool ends_with_path(const Url& url, std::string_view path) { return path_of(url).ends_with(path); }

bool is_openai(const Url& url) {
  return url.host == "api.openai.com" || url.host.ends_with(".openai.azure.com");
}

void check(const OpenAiOptions& options) {
  check_base_url(options);
  check_api(options);
  check_effort(options);
  if (options.model.empty()) refuse("model", "is empty; the name of a model is needed");
  check_headers(options);
  check_proxy(options);
  check_times(options);
  check_sizes(options);
}

OpenAiOptions checked(OpenAiOptions options) {
  check(options);
  return options;
}

Url api_url(const OpenAiOptions& options, std::string_view path) {
  Url url = base_url(options);
  const std::size_t end = std::min(url.target.find('?'), url.target.size());
  std::string target = path_of(url);
  if (!target.ends_with(path)) target += path;
  url.target = target + url.target.substr(end);
  return url;
}

Url chat_url(const OpenAiOptions& options) { return api_url(options, chat_path); }

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

ExchangeLimits exchange_limits(const OpenAiOptions& options) {
  ExchangeLimits limits;
  limits.head = options.connect_timeout + options.first_event_timeout;
  limits.silence = options.silence_timeout;
  limits.body_bytes = options.max_body_bytes;
  limits.sse =
      SseLimits{.line_bytes = options.max_line_bytes, .event_bytes = options.max_event_bytes};
  return limits;
}

AnswerLimits answer_limits(const OpenAiOptions& options) {
  return AnswerLimits{.answer_bytes = options.max_answer_bytes,
                      .argument_depth = options.max_argument_depth,
                      .tool_calls = options.max_tool_calls};
}

Secrets secrets_of(const OpenAiOptions& options) {
  std::vector<std::string> secrets{options.api_key};
  for (const OpenAiHeader& header : options.headers) secrets.push_back(header.value);
  // Some gateways want their key in the query.
  const std::size_t query = options.base_url.find('?');
  if (query != std::string::npos) secrets.push_back(options.base_url.substr(query + 1));
  return Secrets(std::move(secrets));
}

}  // namespace strandbus::detail
