#include "event/json_scan.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace strandbus::detail {
namespace {

constexpr bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

constexpr bool ends_scalar(char c) noexcept {
  return c == ',' || c == ']' || c == '}' || is_space(c);
}

std::size_t skip_whitespace(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && is_space(text[at])) ++at;
  return at;
}

/// The end of the string literal that begins at `at`.
std::size_t string_end(std::string_view text, std::size_t at) noexcept {
  for (;;) {
    at = text.find('"', at + 1);
    std::size_t backslashes = 0;
    while (text[at - 1 - backslashes] == '\\') ++backslashes;
    if (backslashes % 2 == 0) return at + 1;  // Otherwise the quote is escaped.
  }
}

/// The end of the value that begins at `at`.
std::size_t value_end(std::string_view text, std::size_t at) noexcept {
  if (text[at] == '"') return string_end(text, at);
  if (text[at] != '{' && text[at] != '[') {
    while (at < text.size() && !ends_scalar(text[at])) ++at;
    return at;
  }
  std::size_t depth = 0;
  do {
    switch (text[at]) {
      case '"': at = string_end(text, at); continue;
      case '{':
      case '[': ++depth; break;
      case '}':
      case ']': --depth; break;
      default: break;
    }
    ++at;
  } while (depth > 0);
  return at;
}

/// Removes a separating comma and the white space around it.
void skip_separator(std::string_view& rest) noexcept {
  std::size_t at = skip_whitespace(rest, 0);
  if (at < rest.size() && rest[at] == ',') at = skip_whitespace(rest, at + 1);
  rest.remove_prefix(at);
}

std::uint32_t hex4(const char* digits) noexcept {
  std::uint32_t value = 0;
  std::from_chars(digits, digits + 4, value, 16);
  return value;
}

void append_code_point(std::string& out, std::uint32_t code) {
  const auto tail = [&](unsigned shift) {
    out += static_cast<char>(0x80U | ((code >> shift) & 0x3FU));
  };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0U | (code >> 6U));
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0U | (code >> 12U));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0U | (code >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

/// Appends what the escape sequence at `at` stands for; the result is its end.
std::size_t append_escape(std::string& out, std::string_view body, std::size_t at) {
  switch (const char c = body[at + 1]) {
    case 'b': out += '\b'; return at + 2;
    case 'f': out += '\f'; return at + 2;
    case 'n': out += '\n'; return at + 2;
    case 'r': out += '\r'; return at + 2;
    case 't': out += '\t'; return at + 2;
    case 'u': break;
    default: out += c; return at + 2;
  }
  const std::uint32_t code = hex4(&body[at + 2]);
  if (code < 0xD800 || code > 0xDBFF) {
    append_code_point(out, code);
    return at + 6;
  }
  const std::uint32_t trailing = hex4(&body[at + 8]);  // The parser refuses lone surrogates.
  append_code_point(out, 0x10000 + ((code - 0xD800) << 10U) + (trailing - 0xDC00));
  return at + 12;
}

}  // namespace

JsonKind kind_of(std::string_view value) noexcept {
  switch (value.front()) {
    case 'n': return JsonKind::null;
    case 't':
    case 'f': return JsonKind::boolean;
    case '"': return JsonKind::string;
    case '[': return JsonKind::array;
    case '{': return JsonKind::object;
    default: return JsonKind::number;
  }
}

std::string_view inside(std::string_view container) noexcept {
  return container.substr(1, container.size() - 2);
}

bool MemberScanner::next() {
  skip_separator(rest_);
  if (rest_.empty()) return false;
  const std::size_t key_end = string_end(rest_, 0);
  const std::size_t colon = skip_whitespace(rest_, key_end);
  const std::size_t begin = skip_whitespace(rest_, colon + 1);
  const std::size_t end = value_end(rest_, begin);
  const std::string_view literal = rest_.substr(0, key_end);
  key_ = inside(literal);
  if (key_.find('\\') != std::string_view::npos) key_ = unescaped_ = unescape(literal);
  value_ = rest_.substr(begin, end - begin);
  member_ = rest_.substr(0, end);
  rest_.remove_prefix(end);
  return true;
}

bool ElementScanner::next() noexcept {
  skip_separator(rest_);
  if (rest_.empty()) return false;
  value_ = rest_.substr(0, value_end(rest_, 0));
  rest_.remove_prefix(value_.size());
  return true;
}

std::string unescape(std::string_view literal) {
  const std::string_view body = inside(literal);
  std::string out;
  out.reserve(body.size());
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t escape = std::min(body.find('\\', at), body.size());
    out += body.substr(at, escape - at);
    at = escape < body.size() ? append_escape(out, body, escape) : escape;
  }
  return out;
}

void append_slice(std::string& out, std::string_view slice) {
  for (const char c : slice) {
    if (c != '\n' && c != '\r') out += c;  // Inside a string literal they cannot occur.
  }
}

}  // namespace strandbus::detail
