#include "server/access.hpp"

#include "server/secret.hpp"

#include <boost/algorithm/string/predicate.hpp>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t least_token_bytes = 16;

HttpRefusal unauthorized(std::string message) {
  HttpRefusal result = make_refusal(401, "unauthorized", std::move(message));
  HttpHeader header;
  header.name = "WWW-Authenticate";
  header.value = "Bearer realm=\"strandbus\"";
  result.headers.push_back(std::move(header));
  return result;
}

/// A host and its port, 0 where none is written.
struct HostPort {
  std::string_view host;
  unsigned port = 0;
};

std::optional<HostPort> split(std::string_view text) {
  HostPort result;
  const auto end =
      text.starts_with('[') ? text.find(']') + 1 : std::min(text.find(':'), text.size());
  if (end == 0) return std::nullopt;
  result.host = text.substr(0, end);
  text.remove_prefix(end);
  if (text.empty()) return result;
  if (text.front() != ':') return std::nullopt;
  text.remove_prefix(1);
  const auto [rest, failure] = std::from_chars(text.data(), text.data() + text.size(), result.port);
  const bool whole = failure == std::errc() && rest == text.data() + text.size();
  if (!whole || result.port == 0 || result.port > 65535 || text.size() > 5) return std::nullopt;
  return result;
}

std::optional<asio::ip::address> address_of(std::string_view host) {
  const bool v6 = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (v6) host = host.substr(1, host.size() - 2);
  error_code ec;
  if (v6) {
    const auto address = asio::ip::make_address_v6(std::string(host), ec);
    return ec ? std::nullopt : std::optional<asio::ip::address>(address);
  }
  const auto address = asio::ip::make_address_v4(std::string(host), ec);
  return ec ? std::nullopt : std::optional<asio::ip::address>(address);
}

/// A WebSocket carries commands, whatever it begins with.
bool changes_nothing(const ServerRequest& request) noexcept {
  const std::string& method = request.method;
  const bool reads = method == "GET" || method == "HEAD" || method == "OPTIONS";
  return reads && !request.header("Upgrade");
}

bool needs_no_token(const ServerRequest& request) {
  const std::string& path = request.target.path;
  if (path == "/healthz" || path == "/readyz") return request.method != "OPTIONS";
  return path == "/login" && request.method == "GET";
}

/// The value of a cookie (RFC 6265, section 4.2.1).
std::optional<std::string_view> cookie(const ServerRequest& request, std::string_view name) {
  for (const HttpHeader& header : request.headers) {
    if (!boost::algorithm::iequals(header.name, "Cookie")) continue;
    std::string_view rest = header.value;
    while (!rest.empty()) {
      std::string_view pair = rest.substr(0, rest.find(';'));
      rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
      while (pair.starts_with(' ')) pair.remove_prefix(1);
      const auto equals = pair.find('=');
      if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
        return pair.substr(equals + 1);
      }
    }
  }
  return std::nullopt;
}

/// A cookie comes by itself, whoever made the browser send the request: it counts only for what
/// a page of the server, or the person himself, has asked for.
std::optional<HttpRefusal> check_cookie_use(const ServerRequest& request) {
  if (request.header("Origin")) return std::nullopt;  // it was found good
  const auto site = request.header("Sec-Fetch-Site");
  if (site == "same-origin") return std::nullopt;
  if (changes_nothing(request) && (!site || site == "none")) return std::nullopt;
  return make_refusal(
      403, "origin_refused",
      "a request with a cookie must come from a page of this server; use the token");
}

}  // namespace

AccessPolicy::AccessPolicy(AccessOptions options)
    : options_(std::move(options)),
      logins_(options_.token),
      cookie_name_("strandbus_" + std::to_string(options_.port)) {}

std::string AccessPolicy::new_cookie(LoginSeal::Clock::time_point now) const {
  return cookie_name_ + '=' + logins_.new_login(now);
}

AccessPolicy::HostKind AccessPolicy::host_kind(std::string_view host) const {
  const auto parts = split(host);
  if (!parts) return HostKind::none;
  const bool right_port = parts->port == options_.port || (parts->port == 0 && options_.port == 80);
  const auto address = address_of(parts->host);
  if (right_port && boost::algorithm::iequals(parts->host, "localhost")) return HostKind::own;
  if (right_port && address) {
    // What is an address was not made to point here by a name. Of a server that listens at all
    // addresses every one is its own.
    const bool own = *address == options_.address || options_.address.is_unspecified() ||
                     *address == asio::ip::address(asio::ip::address_v6::loopback()) ||
                     *address == asio::ip::address(asio::ip::address_v4::loopback());
    if (own) return HostKind::own;
  }
  for (const std::string& allowed : options_.allowed_hosts) {
    const auto wanted = split(allowed);
    if (!wanted || !boost::algorithm::iequals(wanted->host, parts->host)) continue;
    const bool fits = wanted->port == 0 ? parts->port == 0 || parts->port == options_.port
                                        : parts->port == wanted->port;
    if (fits) return HostKind::named;
  }
  return HostKind::none;
}

bool AccessPolicy::is_own_origin(std::string_view origin, std::string_view host,
                                 HostKind kind) const {
  if (boost::algorithm::iequals(origin, "http://" + std::string(host))) return true;
  // In front of a named host may be a proxy that speaks TLS.
  return kind == HostKind::named &&
         boost::algorithm::iequals(origin, "https://" + std::string(host));
}

bool AccessPolicy::is_allowed_origin(std::string_view origin) const {
  return std::any_of(
      options_.allowed_origins.begin(), options_.allowed_origins.end(),
      [&](const std::string& allowed) { return boost::algorithm::iequals(allowed, origin); });
}

void AccessPolicy::check_credentials(const ServerRequest& request, LoginSeal::Clock::time_point now,
                                     Access& access) const {
  if (const auto authorization = request.header("Authorization")) {
    constexpr std::string_view scheme = "Bearer ";
    const bool right = boost::algorithm::istarts_with(*authorization, scheme) &&
                       equal_secrets(authorization->substr(scheme.size()), options_.token);
    if (!right) {
      access.refusal =
          unauthorized("this is not the server's token; send it as Authorization: Bearer TOKEN");
    }
    return;
  }
  const auto value = cookie(request, cookie_name_);
  access.by_cookie = value.has_value();
  if (!value) {
    access.refusal = unauthorized("send the server's token as Authorization: Bearer TOKEN");
  } else if (!logins_.is_login(*value, now)) {
    access.refusal = unauthorized("this login is not valid any more; open a new one-time link");
  } else {
    access.refusal = check_cookie_use(request);
  }
}

Access AccessPolicy::decide(const ServerRequest& request, LoginSeal::Clock::time_point now) const {
  Access access;
  const std::string_view host = request.header("Host").value_or("");
  const HostKind kind = host_kind(host);
  if (kind == HostKind::none) {
    access.refusal = make_refusal(
        403, "host_refused", "this server does not answer to that Host; see its allowed hosts");
    return access;
  }
  if (const auto origin = request.header("Origin")) {
    if (is_allowed_origin(*origin)) {
      access.cors_origin = *origin;
    } else if (!is_own_origin(*origin, host, kind)) {
      access.refusal = make_refusal(403, "origin_refused",
                                    "pages of that Origin may not use this server; see its allowed "
                                    "origins");
      return access;
    }
    access.preflight =
        request.method == "OPTIONS" && request.header("Access-Control-Request-Method");
  }
  // A preflight cannot have a token; its answer says nothing but what is in docs/service.md.
  if (!access.preflight && !needs_no_token(request)) {
    check_credentials(request, now, access);
  }
  return access;
}

void check_access_options(const std::string& token, const std::vector<std::string>& allowed_hosts,
                          const std::vector<std::string>& allowed_origins) {
  const bool visible =
      std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (token.size() < least_token_bytes || !visible) {
    throw std::invalid_argument(
        "HttpServerOptions::token: has " + std::to_string(token.size()) +
        " bytes; it needs at least 16, all of them visible ASCII characters");
  }
  for (const std::string& host : allowed_hosts) {
    if (!split(host)) {
      throw std::invalid_argument("HttpServerOptions::allowed_hosts: \"" + host +
                                  "\" is no host; write NAME or NAME:PORT");
    }
  }
  for (const std::string& origin : allowed_origins) {
    const bool has_scheme = origin.starts_with("http://") || origin.starts_with("https://");
    const auto host =
        has_scheme ? split(std::string_view(origin).substr(origin.find("//") + 2)) : std::nullopt;
    if (!host || host->host.find('/') != std::string_view::npos) {
      throw std::invalid_argument("HttpServerOptions::allowed_origins: \"" + origin +
                                  "\" is no origin; write https://NAME or https://NAME:PORT");
    }
  }
}

}  // namespace strandbus::detail
