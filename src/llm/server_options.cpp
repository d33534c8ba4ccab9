#include "llm/server_options.hpp"

#include "net/proxy_settings.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace strandbus::detail {
namespace {

Url parsed_base_url(const ServerOptions& options) {
  auto url = parse_url(options.base_url);
  if (!url) refuse_option(options.type, "base_url", "is no URL: " + url.error().message);
  return *std::move(url);
}

bool is_loopback_or_secure(const Url& url) { return url.secure() || url.is_loopback(); }

void check_base_url(const ServerOptions& options) {
  const Url url = parsed_base_url(options);
  if (!url.userinfo.empty())
    refuse_option(options.type, "base_url",
                  "holds a user name or password; use api_key or headers");
  if (!is_loopback_or_secure(url)) {
    refuse_option(options.type, "base_url",
                  "is '" + url.scheme + "://" + url.authority() +
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

void check_headers(const ServerOptions& options) {
  // The value stays unsaid: it is secret.
  if (!is_header_value(options.api_key) || options.api_key.find(' ') != std::string::npos) {
    refuse_option(
        options.type, "api_key",
        "holds a space, a line break or another character that no key has; was it copied whole, "
        "without what surrounds it?");
  }
  for (const ProviderHeader& header : options.headers) {
    if (!is_header_name(header.name))
      refuse_option(options.type, "headers",
                    "holds a name that is no header's; letters, digits and - are allowed");
    if (!is_header_value(header.value))
      refuse_option(options.type, "headers",
                    "has a value for '" + header.name +
                        "' that no header may have; line breaks are not allowed");
  }
}

void check_proxy(const ServerOptions& options) {
  if (options.https_proxy.empty()) return;
  const ProxySettings settings{.https_proxy = options.https_proxy, .no_proxy = {}};
  // For any server: the base URL itself may be one that needs no proxy.
  const auto proxy = proxy_for(settings, *parse_url("https://server.invalid/"));
  if (!proxy)
    refuse_option(options.type, "https_proxy", "cannot be used: " + proxy.error().message);
}

void check_times(const ServerOptions& options) {
  struct Named {
    std::string_view name;
    std::chrono::milliseconds time;
  };
  const std::array<Named, 3> times{{{"connect_timeout", options.connect_timeout},
                                    {"first_event_timeout", options.first_event_timeout},
                                    {"silence_timeout", options.silence_timeout}}};
  for (const Named& each : times) {
    if (each.time.count() > 0 && each.time <= std::chrono::hours(24)) continue;
    refuse_option(options.type, each.name,
                  "is " + std::to_string(each.time.count()) +
                      " ms; more than 0 and at most 24 hours are allowed");
  }
}

void check_sizes(const ServerOptions& options) {
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
    if (each.size == 0) refuse_option(options.type, each.name, "is 0; at least 1 is needed");
  }
}

}  // namespace

void refuse_option(std::string_view type, std::string_view option, std::string_view problem) {
  throw std::invalid_argument(std::string(type) + "::" + std::string(option) + ' ' +
                              std::string(problem));
}

void check(const ServerOptions& options) {
  check_base_url(options);
  if (options.model.empty())
    refuse_option(options.type, "model", "is empty; the name of a model is needed");
  check_headers(options);
  check_proxy(options);
  check_times(options);
  check_sizes(options);
}

Url server_url(const ServerOptions& options, std::string_view path) {
  Url url = parsed_base_url(options);
  const std::size_t end = std::min(url.target.find('?'), url.target.size());
  std::string target = url.target.substr(0, end);
  while (target.ends_with('/')) target.pop_back();
  // Who gives the whole address means it.
  if (!target.ends_with(path)) target += path;
  url.target = target + url.target.substr(end);
  return url;
}

ExchangeLimits exchange_limits(const ServerOptions& options) {
  ExchangeLimits limits;
  limits.head = options.connect_timeout + options.first_event_timeout;
  limits.silence = options.silence_timeout;
  limits.body_bytes = options.max_body_bytes;
  limits.sse =
      SseLimits{.line_bytes = options.max_line_bytes, .event_bytes = options.max_event_bytes};
  return limits;
}

AnswerLimits answer_limits(const ServerOptions& options) {
  return AnswerLimits{.answer_bytes = options.max_answer_bytes,
                      .argument_depth = options.max_argument_depth,
                      .tool_calls = options.max_tool_calls};
}

Secrets secrets_of(const ServerOptions& options) {
  std::vector<std::string> secrets{options.api_key};
  for (const ProviderHeader& header : options.headers) secrets.push_back(header.value);
  // Some gateways want their key in the query.
  const std::size_t query = options.base_url.find('?');
  if (query != std::string::npos) secrets.push_back(options.base_url.substr(query + 1));
  return Secrets(std::move(secrets));
}

std::optional<Price> price_of(const ServerOptions& options, std::string_view model) {
  if (options.price || !options.prices) return options.price;
  return options.prices->find(model);
}

AnswerContext answer_context(const ServerOptions& options, const Url& url,
                             const ModelRequest& request) {
  return answer_context(options, url, request.model.empty() ? options.model : request.model);
}

AnswerContext answer_context(const ServerOptions& options, const Url& url,
                             const std::string& model) {
  AnswerContext context;
  context.server.server = url.authority();
  context.server.model = model;
  context.server.key_sent = !options.api_key.empty() || !options.headers.empty();
  context.server.secrets = secrets_of(options);
  context.price = price_of(options, model);
  context.limits = answer_limits(options);
  return context;
}

HttpClientOptions client_options(const ServerOptions& options) {
  HttpClientOptions client;
  client.connect_timeout = options.connect_timeout;
  client.proxy.https_proxy = options.https_proxy;
  client.proxy.no_proxy = options.no_proxy;
  client.max_body_bytes = options.max_body_bytes;
  client.ca_file = options.ca_file;
  return client;
}

HttpRequest server_request(const ServerOptions& options, const Url& url,
                           const std::vector<HttpHeader>& own, std::string body) {
  HttpRequest http;
  http.url = url;
  http.headers.push_back({"Content-Type", "application/json"});
  http.headers.push_back({"Accept", "text/event-stream, application/json"});
  http.headers.insert(http.headers.end(), own.begin(), own.end());
  for (const ProviderHeader& header : options.headers)
    http.headers.push_back({header.name, header.value});
  http.body = std::move(body);
  return http;
}

}  // namespace strandbus::detail
