#include "event/json_scan.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstdint>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

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

char* write_code_point(char* out, std::uint32_t code) noexcept {
  const auto tail = [&](unsigned shift) {
    *out++ = static_cast<char>(0x80U | ((code >> shift) & 0x3FU));
  };
  if (code < 0x80) {
    *out++ = static_cast<char>(code);
  } else if (code < 0x800) {
    *out++ = static_cast<char>(0xC0U | (code >> 6U));
    tail(0);
  } else if (code < 0x10000) {
    *out++ = static_cast<char>(0xE0U | (code >> 12U));
    tail(6);
    tail(0);
  } else {
    *out++ = static_cast<char>(0xF0U | (code >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
  return out;
}

/// Writes what the escape sequence at `at` stands for, which is shorter, and steps behind it.
char* write_escape(char* out, const char*& at) noexcept {
  const char kind = at[1];
  if (kind != 'u') {
    at += 2;
    switch (kind) {
      case 'b': *out = '\b'; break;
      case 'f': *out = '\f'; break;
      case 'n': *out = '\n'; break;
      case 'r': *out = '\r'; break;
      case 't': *out = '\t'; break;
      default: *out = kind; break;
    }
    return out + 1;
  }
  std::uint32_t code = hex4(at + 2);
  at += 6;
  if (code >= 0xD800 && code <= 0xDBFF) {  // The parser refuses lone surrogates.
    code = 0x10000 + ((code - 0xD800) << 10U) + (hex4(at + 2) - 0xDC00);
    at += 6;
  }
  return write_code_point(out, code);
}

/// Copies what stands before the next backslash or the end, and steps there. `out` has room for all
/// that is left.
char* copy_plain(char* out, const char*& at, const char* end) noexcept {
#ifdef __SSE2__
  for (; end - at >= 16; at += 16, out += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
    const __m128i backslashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    const auto marks = static_cast<unsigned>(_mm_movemask_epi8(backslashes));
    if (marks == 0) continue;
    const int size = std::countr_zero(marks);
    at += size;
    return out + size;
  }
#endif
  while (at != end && *at != '\\') *out++ = *at++;
  return out;
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
  key_ = unescape(rest_.substr(0, key_end), unescaped_);
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

std::string_view unescape(std::string_view literal, std::string& unescaped) {
  const std::string_view body = inside(literal);
  if (body.find('\\') == std::string_view::npos) return body;
  unescaped.resize(body.size());
  char* out = unescaped.data();
  const char* at = body.data();
  const char* const end = at + body.size();
  while (at != end) {
    out = copy_plain(out, at, end);
    if (at != end) out = write_escape(out, at);
  }
  unescaped.resize(static_cast<std::size_t>(out - unescaped.data()));
  return unescaped;
}

void append_slice(std::string& out, std::string_view slice) {
  for (const char c : slice) {
    if (c != '\n' && c != '\r') out += c;  // Inside a string literal they cannot occur.
  }
}

}  // namespace strandbus::detail
