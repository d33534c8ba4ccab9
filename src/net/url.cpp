#include "net/url.hpp"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace strandbus::detail {
namespace {

constexpr std::size_t max_url_bytes = 8000;
constexpr std::size_t max_host_bytes = 253;  // RFC 1035, section 2.3.4

/// No message quotes the text: where it is wrong, any part of it may be a password.
UrlError error(std::string message) { return {std::move(message)}; }

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::optional<int> hex_digit(char c) noexcept {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// The text without its percent signs; nullopt where one is not followed by two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const auto high = hex_digit(text[i + 1]);
    const auto low = hex_digit(text[i + 2]);
    if (!high || !low) return std::nullopt;
    out += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return out;
}

bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == '\x7F'; }

std::optional<UrlError> check_characters(std::string_view text) {
  if (text.empty()) return error("the URL is empty");
  if (text.size() > max_url_bytes) {
    return error("the URL is longer than " + std::to_string(max_url_bytes) + " bytes");
  }
  for (const char c : text) {
    if (c == ' ') return error("the URL has a space in it; write it as %20");
    if (is_control(c)) return error("the URL has a control character in it");
    if (static_cast<unsigned char>(c) >= 0x80) {
      return error(
          "the URL has a character beyond ASCII; write it percent-encoded, in a host as xn--");
    }
    if (std::string_view("\"<>\\^`{|}").find(c) != std::string_view::npos) {
      return error(std::string("the URL has a '") + c + "' in it; write it percent-encoded");
    }
    if (c == '#')
      return error("the URL has a fragment (#), which no server gets to see; remove it");
  }
  return std::nullopt;
}

std::optional<UrlError> parse_userinfo(std::string_view text, Url& url) {
  if (text.find('@') != std::string_view::npos) {
    return error("the URL has more than one '@'; write those of the password as %40");
  }
  auto decoded = percent_decode(text);
  if (!decoded) return error("a '%' of the URL's user is not followed by two hexadecimal digits");
  if (std::any_of(decoded->begin(), decoded->end(), is_control)) {
    return error("the URL's user or password has a control character in it");
  }
  url.userinfo = *std::move(decoded);
  return std::nullopt;
}

std::optional<UrlError> parse_host(std::string_view text, Url& url) {
  if (text.empty()) return error("the URL has no host; write https://HOST/PATH");
  if (text.size() > max_host_bytes) return error("the URL's host is longer than 253 characters");
  const bool clean = std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
  });
  if (!clean) return error("the URL's host may have letters, digits, '-', '.' and '_' only");
  if (text.front() == '.' || text.back() == '.' || text.find("..") != std::string_view::npos) {
    return error("the URL's host has an empty part between its dots");
  }
  url.host = lower(text);
  return std::nullopt;
}

std::optional<UrlError> parse_ipv6(std::string_view text, Url& url) {
  error_code ec;
  asio::ip::make_address_v6(std::string(text), ec);
  if (ec || text.find('%') != std::string_view::npos) {
    return error("what stands in the URL's brackets is not an IPv6 address");
  }
  url.host = lower(text);
  return std::nullopt;
}

std::optional<UrlError> parse_port(std::string_view text, Url& url) {
  unsigned int port = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = failure == std::errc() && end == text.data() + text.size();
  if (!whole || port == 0 || port > 65535) {
    return error("the URL's port is not a number from 1 to 65535");
  }
  url.port = static_cast<std::uint16_t>(port);
  return std::nullopt;
}

/// "user@host:port"
std::optional<UrlError> parse_authority(std::string_view text, Url& url) {
  if (const auto at = text.rfind('@'); at != std::string_view::npos) {
    if (auto wrong = parse_userinfo(text.substr(0, at), url)) return wrong;
    text.remove_prefix(at + 1);
  }
  std::string_view rest;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return error("the URL's IPv6 address has no closing ']'");
    if (auto wrong = parse_ipv6(text.substr(1, end - 1), url)) return wrong;
    rest = text.substr(end + 1);
  } else {
    const auto end = std::min(text.find(':'), text.size());
    if (auto wrong = parse_host(text.substr(0, end), url)) return wrong;
    rest = text.substr(end);
  }
  if (rest.empty()) return std::nullopt;
  if (rest.front() != ':') return error("after the URL's IPv6 address only a port may follow");
  return parse_port(rest.substr(1), url);
}

std::optional<UrlError> parse_target(std::string_view text, Url& url) {
  if (text.find_first_of("[]") != std::string_view::npos) {
    return error("the URL's path or query has a '[' or ']' in it; write it percent-encoded");
  }
  if (!percent_decode(text)) {
    return error("a '%' of the URL's path or query is not followed by two hexadecimal digits");
  }
  url.target = text.starts_with('/') ? "" : "/";
  url.target += text;
  return std::nullopt;
}

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

std::uint16_t default_port(std::string_view scheme) noexcept {
  return scheme == "https" ? 443 : 80;
}

}  // namespace

std::string Url::authority() const {
  return port == default_port(scheme) ? bracketed(host) : peer();
}

std::string Url::peer() const { return bracketed(host) + ":" + std::to_string(port); }

bool Url::is_loopback() const {
  if (host == "localhost") return true;
  error_code not_v4;
  const auto v4 = asio::ip::make_address_v4(host, not_v4);  // four decimal numbers, nothing else
  if (!not_v4) return v4.is_loopback();
  error_code not_v6;
  const auto v6 = asio::ip::make_address_v6(host, not_v6);
  return !not_v6 && v6.is_loopback();
}

boost::system::result<Url, UrlError> parse_url(std::string_view text) {
  if (auto wrong = check_characters(text)) return *wrong;
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) {
    return error("the URL has no scheme; begin it with https://");
  }
  Url url;
  url.scheme = lower(text.substr(0, colon));
  if (url.scheme != "https" && url.scheme != "http") {
    return error("the URL's scheme is neither https nor http");
  }
  url.port = default_port(url.scheme);
  text.remove_prefix(colon + 3);
  const auto end = std::min(text.find_first_of("/?"), text.size());
  if (auto wrong = parse_authority(text.substr(0, end), url)) return *wrong;
  if (auto wrong = parse_target(text.substr(end), url)) return *wrong;
  return url;
}

}  // namespace strandbus::detail
