#pragma once

namespace strandbus::detail {

/// How many columns a terminal gives to a code point that is not a control: 0, 1 or 2.
int columns_of(char32_t code_point) noexcept;

/// Whether the code point shows nothing itself or changes how others are shown.
bool is_hidden(char32_t code_point) noexcept;

/// Whether zero-width joiners belong to the spelling of words with this letter.
bool is_joining_letter(char32_t code_point) noexcept;

/// Whether the code point may begin or continue an emoji sequence.
bool is_pictograph(char32_t code_point) noexcept;

inline constexpr char32_t zero_width_non_joiner = 0x200C;
inline constexpr char32_t zero_width_joiner = 0x200D;
inline constexpr char32_t text_presentation = 0xFE0E;
inline constexpr char32_t emoji_presentation = 0xFE0F;

}  // namespace strandbus::detail
