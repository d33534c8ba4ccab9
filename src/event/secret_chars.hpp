#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace strandbus::detail {

/// Sets of characters of which secrets are made.
enum CharSet : std::uint8_t {
  alphanumeric = 1,
  token_chars = 2,   ///< alphanumeric, '_', '-'
  dotted_chars = 4,  ///< token_chars, '.'
  token68 = 8,       ///< RFC 9110, section 11.2: base64 in both alphabets, '.', '~'
  upper_digits = 16,
  hex_digits = 32,
  value_chars = 64,  ///< may stand in a value without quotes
  url_chars = 128,   ///< may stand before the host of a URL
};

inline constexpr auto char_sets = [] {
  std::array<std::uint8_t, 256> sets{};
  const auto add = [&sets](std::string_view chars, unsigned set) {
    for (const char c : chars)
      sets[static_cast<unsigned char>(c)] |= static_cast<std::uint8_t>(set);
  };
  constexpr std::string_view upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  constexpr std::string_view lower = "abcdefghijklmnopqrstuvwxyz";
  constexpr std::string_view digits = "0123456789";
  constexpr unsigned all = alphanumeric | token_chars | dotted_chars | token68;
  for (const std::string_view chars : {upper, lower, digits}) add(chars, all);
  add("_-", token_chars | dotted_chars | token68);
  add(".", dotted_chars | token68);
  add("~+/=", token68);
  add(upper, upper_digits);
  add(digits, upper_digits | hex_digits);
  add("abcdefABCDEF", hex_digits);
  for (unsigned c = 0x21; c < 0x100; ++c)
    sets[c] |= static_cast<std::uint8_t>(value_chars | url_chars);
  for (const char c : std::string_view("\"'`\\,;()[]{}<>&|\x7F")) {
    sets[static_cast<unsigned char>(c)] &= static_cast<std::uint8_t>(~unsigned{value_chars});
  }
  for (const char c : std::string_view("\"'`\\/?#<>|\x7F")) {
    sets[static_cast<unsigned char>(c)] &= static_cast<std::uint8_t>(~unsigned{url_chars});
  }
  return sets;
}();

constexpr bool is_in(CharSet set, char c) noexcept {
  return (char_sets[static_cast<unsigned char>(c)] & set) != 0;
}

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
constexpr bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
constexpr char to_lower(char c) noexcept {
  return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace strandbus::detail
