#include "server/http_message.hpp"

#include "strandbus/event/json_codec.hpp"

#include <boost/algorithm/string/predicate.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

namespace strandbus::detail {
namespace {

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

enum class Plus { stays, is_space };

/// Nothing where a '%' is not followed by two hexadecimal digits, or NUL would come out.
std::optional<std::string> decoded(std::string_view text, Plus plus) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && plus == Plus::is_space) c = ' ';
    if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (c == '\0') return std::nullopt;
    result += c;
  }
  return result;
}

bool read_path(std::string_view path, RequestTarget& target) {
  target.path = path;
  path.remove_prefix(1);
  if (path.empty()) return true;
  for (;;) {
    const auto end = path.find('/');
    auto segment = decoded(path.substr(0, end), Plus::stays);
    if (!segment) return false;
    target.segments.push_back(*std::move(segment));
    if (end == std::string_view::npos) return true;
    path.remove_prefix(end + 1);
  }
}

bool read_query(std::string_view query, RequestTarget& target) {
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(part.size() + 1, query.size()));
    if (part.empty()) continue;
    const auto equals = std::min(part.find('='), part.size());
    auto name = decoded(part.substr(0, equals), Plus::is_space);
    auto value = decoded(part.substr(std::min(equals + 1, part.size())), Plus::is_space);
    if (!name || !value) return false;
    target.query.emplace_back(*std::move(name), *std::move(value));
  }
  return true;
}

std::string_view reason(int status) noexcept {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 426: return "Upgrade Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Internal Server Error";
  }
}

void add(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ").append(value).append("\r\n");
}

/// What answers have that say nothing else.
void add_unless_said(std::string& head, const HttpReply& reply, std::string_view name,
                     std::string_view value) {
  const bool said = std::any_of(reply.headers.begin(), reply.headers.end(),
                                [&](const HttpHeader& header) { return header.name == name; });
  if (!said) add(head, name, value);
}

}  // namespace

std::optional<std::string_view> RequestTarget::parameter(std::string_view name) const noexcept {
  for (const auto& [known, value] : query) {
    if (known == name) return value;
  }
  return std::nullopt;
}

std::optional<std::string_view> ServerRequest::header(std::string_view name) const noexcept {
  for (const HttpHeader& header : headers) {
    if (boost::algorithm::iequals(header.name, name)) return header.value;
  }
  return std::nullopt;
}

std::size_t ServerRequest::count(std::string_view name) const noexcept {
  return static_cast<std::size_t>(std::count_if(
      headers.begin(), headers.end(),
      [&](const HttpHeader& header) { return boost::algorithm::iequals(header.name, name); }));
}

std::optional<RequestTarget> parse_target(std::string_view target) {
  const bool clean = std::all_of(target.begin(), target.end(),
                                 [](char c) { return c > ' ' && c <= '~' && c != '#'; });
  if (!clean || !target.starts_with('/')) return std::nullopt;
  RequestTarget result;
  const auto end = std::min(target.find('?'), target.size());
  if (!read_path(target.substr(0, end), result)) return std::nullopt;
  if (end < target.size() && !read_query(target.substr(end + 1), result)) return std::nullopt;
  return result;
}

HttpRefusal make_refusal(int status, std::string code, std::string message) {
  HttpRefusal refusal;
  refusal.status = status;
  refusal.code = std::move(code);
  refusal.message = std::move(message);
  return refusal;
}

HttpRefusal too_many_requests() {
  HttpRefusal refusal =
      make_refusal(429, "too_many_requests", "too many requests from one address; wait a second");
  HttpHeader header;
  header.name = "Retry-After";
  header.value = "1";
  refusal.headers.push_back(std::move(header));
  return refusal;
}

HttpReply reply_to(const HttpRefusal& refusal) {
  HttpReply reply;
  reply.status = refusal.status;
  reply.content_type = "application/json";
  reply.headers = refusal.headers;
  reply.body = "{\"error\":{\"code\":";
  append_json_string(reply.body, refusal.code);
  reply.body += ",\"message\":";
  append_json_string(reply.body, refusal.message);
  reply.body += '}';
  if (!refusal.more.empty()) reply.body.append(",").append(refusal.more);
  reply.body += "}\n";
  return reply;
}

std::string reply_head(const HttpReply& reply, bool http_1_1) {
  std::string head = http_1_1 ? "HTTP/1.1 " : "HTTP/1.0 ";
  head += std::to_string(reply.status);
  head.append(" ").append(reason(reply.status)).append("\r\n");
  if (!reply.content_type.empty()) add(head, "Content-Type", reply.content_type);
  // A page that got hold of an answer shows nothing of it and keeps nothing.
  add(head, "X-Content-Type-Options", "nosniff");
  add_unless_said(head, reply, "Cache-Control", "no-store");
  add_unless_said(head, reply, "Content-Security-Policy",
                  "default-src 'none'; frame-ancestors 'none'");
  add(head, "Referrer-Policy", "no-referrer");
  for (const HttpHeader& header : reply.headers) add(head, header.name, header.value);
  return head;
}

std::string http_date(std::chrono::system_clock::time_point time) {
  constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                days.at(std::chrono::weekday(day).c_encoding()), static_cast<unsigned>(date.day()),
                months.at(static_cast<unsigned>(date.month()) - 1), static_cast<int>(date.year()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

}  // namespace strandbus::detail
