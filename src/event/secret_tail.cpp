#include "event/secret_tail.hpp"

#include "event/secret_chars.hpp"

#include <algorithm>

namespace strandbus::detail {
namespace {

constexpr TailStep over{};
constexpr TailStep undecided{.decided = false};

constexpr TailStep one_if(bool belongs) noexcept { return {.size = belongs ? 1U : 0U}; }

/// Up to a quote that is not escaped, or the end of the line.
TailStep quoted(char quote, std::string_view rest, More more) noexcept {
  const char c = rest.front();
  if (c == quote || c == '\n' || c == '\r') return over;
  if (c != '\\') return {.size = 1};
  if (rest.size() == 1) return more == More::yes ? undecided : over;
  return {.size = 2};
}

/// The same inside a text that is quoted itself.
TailStep escaped(std::string_view rest, More more) noexcept {
  const char c = rest.front();
  if (c == '"' || c == '\n' || c == '\r') return over;
  if (c != '\\') return {.size = 1};
  if (rest.size() == 1) return more == More::yes ? undecided : over;
  if (rest[1] == '"') return over;
  return {.size = 2};
}

/// RFC 7468: base64 lines, "Proc-Type:" and such before them, and an end line. Line breaks may be
/// escaped.
TailStep private_key(std::string_view rest, More more) noexcept {
  constexpr std::string_view end_line = "-----END ";
  const char c = rest.front();
  if (c == '\\') {
    if (rest.size() == 1) return more == More::yes ? undecided : over;
    const bool line_break = rest[1] == 'n' || rest[1] == 'r' || rest[1] == 't';
    return {.size = line_break ? 2U : 0U};
  }
  if (c != '-') {
    const bool space = c == ' ' || c == '\n' || c == '\r' || c == '\t';
    return one_if(space || c == ':' || c == ',' || c == '_' ||
                  (c != '~' && c != '.' && is_in(CharSet::token68, c)));
  }
  const std::size_t known = std::min(rest.size(), end_line.size());
  if (rest.substr(0, known) != end_line.substr(0, known)) return {.size = 1};
  if (known < end_line.size()) return more == More::yes ? undecided : TailStep{.size = 1};
  constexpr std::size_t longest = 64;
  const std::size_t dashes = rest.substr(0, longest).find("-----", end_line.size());
  if (dashes != std::string_view::npos) return {.size = dashes + 5, .last = true};
  if (rest.size() < longest && more == More::yes) return undecided;
  return {.size = end_line.size(), .last = true};
}

}  // namespace

TailStep tail_step(Tail tail, std::string_view rest, More more) noexcept {
  const char c = rest.front();
  switch (tail) {
    case Tail::none: return over;
    case Tail::token: return one_if(is_in(CharSet::token_chars, c));
    case Tail::dotted: return one_if(is_in(CharSet::dotted_chars, c));
    case Tail::token68: return one_if(is_in(CharSet::token68, c));
    case Tail::plain: return one_if(is_in(CharSet::value_chars, c));
    case Tail::url: return one_if(c != '@' && is_in(CharSet::url_chars, c));
    case Tail::double_quoted: return quoted('"', rest, more);
    case Tail::single_quoted: return quoted('\'', rest, more);
    case Tail::back_quoted: return quoted('`', rest, more);
    case Tail::escaped_quoted: return escaped(rest, more);
    case Tail::private_key: return private_key(rest, more);
  }
  return over;
}

}  // namespace strandbus::detail
