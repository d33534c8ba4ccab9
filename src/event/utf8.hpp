#pragma once

#include <cstddef>
#include <string_view>

namespace strandbus::detail {

/// The first code point of a text, or the bytes that stand where one should be.
struct Utf8Step {
  enum class Kind { valid, invalid, incomplete };
  Kind kind;
  std::size_t size;  ///< bytes that belong to it, at least 1
};

/// Looks at the first code point of `text`, which must not be empty.
///
/// What is invalid ends where WHATWG Encoding ends it ("maximal subpart", Unicode 15 section 3.9),
/// so that every decoder makes the same number of U+FFFD of it. Incomplete: the text ends inside a
/// sequence that was valid so far.
Utf8Step utf8_step(std::string_view text) noexcept;

inline constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

}  // namespace strandbus::detail
