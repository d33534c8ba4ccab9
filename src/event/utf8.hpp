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
inline Utf8Step utf8_step(std::string_view text) noexcept {
  using enum Utf8Step::Kind;
  const auto in = [text](std::size_t at, unsigned min, unsigned max) {
    const unsigned byte = static_cast<unsigned char>(text[at]);
    return byte >= min && byte <= max;
  };
  if (in(0, 0x00, 0x7F)) return {valid, 1};
  if (!in(0, 0xC2, 0xF4)) return {invalid, 1};
  if (text.size() == 1) return {incomplete, 1};
  // What may follow a lead byte (Unicode 15, table 3-7).
  unsigned min = 0x80;
  unsigned max = 0xBF;
  if (in(0, 0xE0, 0xE0)) min = 0xA0;
  if (in(0, 0xED, 0xED)) max = 0x9F;  // no surrogates
  if (in(0, 0xF0, 0xF0)) min = 0x90;
  if (in(0, 0xF4, 0xF4)) max = 0x8F;  // not beyond U+10FFFF
  if (!in(1, min, max)) return {invalid, 1};
  if (in(0, 0xC2, 0xDF)) return {valid, 2};
  if (text.size() == 2) return {incomplete, 2};
  if (!in(2, 0x80, 0xBF)) return {invalid, 2};
  if (in(0, 0xE0, 0xEF)) return {valid, 3};
  if (text.size() == 3) return {incomplete, 3};
  if (!in(3, 0x80, 0xBF)) return {invalid, 3};
  return {valid, 4};
}

inline constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

}  // namespace strandbus::detail
