#pragma once

#include "event/known_values.hpp"
#include "event/secret_chars.hpp"
#include "event/secret_tail.hpp"
#include "strandbus/event/redactor.hpp"

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// What was found at a place of a text.
struct Found {
  enum class State : std::uint8_t { nothing, undecided, secret };

  static constexpr Found undecided() noexcept { return {.state = State::undecided}; }

  State state = State::nothing;
  std::size_t begin = 0;  ///< in the text; not before the place
  std::size_t end = 0;    ///< what is certain to belong to it
  Tail tail = Tail::none;
  std::string_view marker{};
};

/// A beginning that says what the rest is.
struct PrefixForm {
  std::string_view kind{};
  std::string_view prefix{};
  std::size_t least = 16;  ///< characters that must follow
  CharSet chars = token_chars;
  Tail tail = Tail::token;
  /// Lower-case words follow such a beginning too.
  enum class Mixed : bool { no, yes } mixed = Mixed::no;
  /// Whether the beginning stays: it is an address.
  enum class Stays : bool { no, yes } stays = Stays::no;
};

/// The keys of known services.
const std::vector<PrefixForm>& known_prefixes();

// The kinds that are no prefixes.
inline constexpr std::string_view kind_value = "value";
inline constexpr std::string_view kind_secret = "secret";
inline constexpr std::string_view kind_authorization = "authorization";
inline constexpr std::string_view kind_url_password = "url-password";
inline constexpr std::string_view kind_private_key = "private-key";
inline constexpr std::string_view kind_jwt = "jwt";
inline constexpr std::string_view kind_telegram = "telegram-token";
inline constexpr std::string_view kind_discord = "discord-token";

/// What to look for, made of the options once.
struct SecretForms {
  /// What a byte may mean.
  enum Byte : std::uint8_t {
    word = 1,    ///< a letter or digit
    begins = 2,  ///< a form may begin with it
    joint = 4,   ///< a secret may follow it
    escape = 8,  ///< it begins an escape sequence
    value = 16,  ///< a registered value may begin with it
  };
  struct Prefix {
    std::string text;
    std::string marker;
    PrefixForm form;
  };

  explicit SecretForms(const RedactionOptions& options);

  std::uint8_t of(char c) const noexcept { return bytes[static_cast<unsigned char>(c)]; }
  /// Whether a form or a value may begin with both.
  bool may_begin(char first, char second) const noexcept { return pairs.test(pair(first, second)); }
  static std::size_t pair(char first, char second) noexcept {
    return static_cast<unsigned char>(first) * std::size_t{256} +
           static_cast<unsigned char>(second);
  }

  std::array<std::uint8_t, 256> bytes{};
  std::bitset<65536> pairs;
  KnownValues values;
  std::vector<Prefix> prefixes;                    ///< by their first byte, the longest first
  std::array<std::uint16_t, 257> prefix_begins{};  ///< the first one of each byte
  // Markers; an empty one says that the kind is shown.
  std::string value_marker, secret, authorization, url_password, private_key, jwt, telegram,
      discord;

 private:
  void sort_prefixes();
  void mark_bytes();
};

/// A place in a text, and what is known of the text around it.
struct SecretPlace {
  std::string_view text;
  std::size_t at;
  More more;

  std::string_view rest() const noexcept { return text.substr(at); }
  /// What precedes it, no more than any reader of the text has kept.
  std::string_view behind() const noexcept;
};

/// How much of the text before a place decides about it. Bytes.
inline constexpr std::size_t context_bytes = 128;
/// How far behind a place its decision may lie, but for registered values. Bytes.
inline constexpr std::size_t horizon_bytes = 512;

/// A secret that begins at a place where a word may begin.
Found find_beginning(const SecretForms& forms, const SecretPlace& place) noexcept;
/// A secret behind the ':', '=' or '.' at this place.
Found find_behind_joint(const SecretForms& forms, const SecretPlace& place) noexcept;

// Parts of these.

Found find_prefix(const SecretForms& forms, const SecretPlace& place) noexcept;
/// A password or key that is assigned to a name.
Found find_assigned(const SecretForms& forms, const SecretPlace& place) noexcept;
/// The value, from `begin` on, of a name of this kind.
Found find_value(const SecretForms& forms, const SecretPlace& place, std::size_t begin,
                 std::string_view name, bool spaced) noexcept;

/// How many characters of a set `rest` begins with, at most `most`.
inline std::size_t run(std::string_view rest, CharSet set, std::size_t most) noexcept {
  std::size_t size = 0;
  while (size < rest.size() && size < most && is_in(set, rest[size])) ++size;
  return size;
}

/// Whether a run of this size ends with what is known of the text, and may go on.
inline bool is_open(std::size_t size, std::string_view rest, More more) noexcept {
  return size == rest.size() && more == More::yes;
}

/// How a text begins with an expected one.
enum class Prefixed : std::uint8_t { no, perhaps, yes };
inline Prefixed prefixed(std::string_view rest, std::string_view expected, More more) noexcept {
  // Most texts differ in the second or third byte: a loop is faster than memcmp.
  const std::size_t size = rest.size() < expected.size() ? rest.size() : expected.size();
  for (std::size_t i = 0; i < size; ++i) {
    if (rest[i] != expected[i]) return Prefixed::no;
  }
  if (size == expected.size()) return Prefixed::yes;
  return more == More::yes ? Prefixed::perhaps : Prefixed::no;
}

}  // namespace strandbus::detail
