#include "net/request_head.hpp"

#include "net/proxy_settings.hpp"

#include <boost/algorithm/string/predicate.hpp>

#include <algorithm>

namespace strandbus::detail {
namespace {

/// What only the client itself knows, or does not offer.
constexpr std::string_view reserved_headers[] = {
    "Connection", "Content-Length",    "Expect", "Host", "Keep-Alive", "TE", "Proxy-Authorization",
    "Trailer",    "Transfer-Encoding", "Upgrade"};

[[noreturn]] void refuse(const std::string& message) {
  throw HttpError(HttpFailure::refused, message);
}

bool is_visible(char c) noexcept { return c > ' ' && c <= '~'; }

/// RFC 9110, section 5.6.2.
bool is_token(std::string_view text) noexcept {
  constexpr std::string_view separators = "\"(),/:;<=>?@[\\]{}";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_visible(c) && separators.find(c) == std::string_view::npos;
  });
}

/// Visible characters, spaces, tabs, and what is beyond ASCII.
bool is_field_value(std::string_view text) noexcept {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < ' ' && c != '\t') || byte == 0x7F;
  });
}

/// The value itself may be a key: it is never shown.
void check_header(const HttpHeader& header, const std::string& peer) {
  if (!is_token(header.name)) {
    refuse("a request to " + peer + " has a header whose name is none; use letters, digits and -");
  }
  if (!is_field_value(header.value)) {
    refuse("the header " + header.name + " of a request to " + peer +
           " has a control character in its value; remove it (a line end at its end?)");
  }
  const bool reserved = std::any_of(
      std::begin(reserved_headers), std::end(reserved_headers),
      [&](std::string_view name) { return boost::algorithm::iequals(name, header.name); });
  if (reserved) {
    refuse("the header " + header.name + " of a request to " + peer +
           " is written by the client itself; remove it");
  }
}

void check(const HttpRequest& request) {
  const Url& url = request.url;
  const auto all_visible = [](std::string_view text) {
    return std::all_of(text.begin(), text.end(), is_visible);
  };
  if (!is_token(request.method)) refuse("a request to " + url.peer() + " has no valid method");
  if (url.host.empty() || !all_visible(url.host) || !url.target.starts_with('/') ||
      !all_visible(url.target)) {
    refuse("a request has a URL with a character that no URL may have; make it with parse_url");
  }
  for (const HttpHeader& header : request.headers) check_header(header, url.peer());
}

bool has_header(const HttpRequest& request, std::string_view name) {
  return std::any_of(request.headers.begin(), request.headers.end(), [&](const HttpHeader& header) {
    return boost::algorithm::iequals(header.name, name);
  });
}

void add(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ").append(value).append("\r\n");
}

/// A length of 0 is only told where a body would be expected (RFC 9110, section 8.6).
bool tells_length(const HttpRequest& request) {
  return !request.body.empty() || request.method == "POST" || request.method == "PUT" ||
         request.method == "PATCH";
}

}  // namespace

std::string request_head(const HttpRequest& request, std::string_view user_agent) {
  check(request);
  std::string head = request.method + " " + request.url.target + " HTTP/1.1\r\n";
  add(head, "Host", request.url.authority());
  if (!has_header(request, "User-Agent")) add(head, "User-Agent", user_agent);
  // A compressed event stream could arrive late: a compressor waits for more.
  if (!has_header(request, "Accept-Encoding")) add(head, "Accept-Encoding", "identity");
  for (const HttpHeader& header : request.headers) add(head, header.name, header.value);
  if (tells_length(request)) add(head, "Content-Length", std::to_string(request.body.size()));
  return head += "\r\n";
}

std::string connect_head(const Url& target, const Url& proxy, std::string_view user_agent) {
  std::string head = "CONNECT " + target.peer() + " HTTP/1.1\r\n";
  add(head, "Host", target.peer());
  add(head, "User-Agent", user_agent);
  if (const std::string user = proxy_authorization(proxy); !user.empty()) {
    add(head, "Proxy-Authorization", user);
  }
  return head += "\r\n";
}

}  // namespace strandbus::detail
