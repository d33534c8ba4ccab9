#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace strandbus::detail {

/// What the name of a value says about it.
enum class NameKind : std::uint8_t {
  ordinary,
  secret,         ///< a token, a key: made by a machine
  password,       ///< perhaps made up by a person
  authorization,  ///< a scheme, then credentials (RFC 9110, section 11.6.2)
};

NameKind name_kind(std::string_view name) noexcept;

/// How a value is written.
struct ValueStyle {
  bool quoted = false;
  bool spaced = false;     ///< a space before the separator: source code rather than a setting
  bool all_upper = false;  ///< the name is: a variable of the environment
  char next = '\0';        ///< what follows
};

/// Whether a value of such a name is a secret rather than a word, a placeholder, an expression.
bool looks_secret(std::string_view value, NameKind name, const ValueStyle& style) noexcept;

/// The length of an authentication scheme and its space at the beginning of `value`, or 0.
std::size_t scheme_size(std::string_view value) noexcept;

}  // namespace strandbus::detail
