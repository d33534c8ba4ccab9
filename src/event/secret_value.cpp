#include "event/secret_value.hpp"

#include "event/secret_chars.hpp"

#include <algorithm>
#include <array>

namespace strandbus::detail {
namespace {

constexpr std::size_t longest_name = 64;
constexpr std::size_t shortest_value = 8;

constexpr std::array<std::string_view, 5> password_names{"password", "passwd", "pwd", "passphrase",
                                                         "passcode"};
constexpr std::array<std::string_view, 26> secret_names{
    "secret",     "token",      "apikey",     "accesskey",       "secretkey",
    "privatekey", "authkey",    "accountkey", "signingkey",      "encryptionkey",
    "masterkey",  "sharedkey",  "credential", "credentials",     "secretkeybase",
    "storagekey", "servicekey", "sessionkey", "amzsignature",    "googsignature",
    "webhookkey", "licensekey", "clientkey",  "subscriptionkey", "deploykey",
    "appkey"};

/// A name in lower case without what joins its words.
struct PlainName {
  explicit PlainName(std::string_view name) noexcept {
    if (name.size() > longest_name) name.remove_prefix(name.size() - longest_name);
    for (const char c : name) {
      if (c != '_' && c != '-' && c != '.') text[size++] = to_lower(c);
    }
  }
  std::string_view view() const noexcept { return {text.data(), size}; }

  std::array<char, longest_name> text;
  std::size_t size = 0;
};

struct Tally {
  explicit Tally(std::string_view value) noexcept : size(value.size()) {
    for (const char c : value) {
      digits += is_digit(c);
      upper += is_upper(c);
      lower += is_lower(c);
      spaces += c == ' ';
      joints += c == '_' || c == '-' || c == '.' || c == '/' || c == ':';
    }
  }
  std::size_t letters() const noexcept { return upper + lower; }
  std::size_t symbols() const noexcept { return size - letters() - digits - spaces - joints; }

  std::size_t size;
  std::size_t digits = 0;
  std::size_t upper = 0;
  std::size_t lower = 0;
  std::size_t spaces = 0;
  std::size_t joints = 0;
};

bool is_placeholder(std::string_view value) noexcept {
  constexpr std::string_view beginnings = "$<{[(*%&@";
  return beginnings.find(value.front()) != std::string_view::npos || value.starts_with("http://") ||
         value.starts_with("https://") ||
         value.find_first_not_of(value.front()) == std::string_view::npos;
}

bool is_path(std::string_view value, const Tally& tally) noexcept {
  constexpr std::string_view beginnings = "/.~";
  return beginnings.find(value.front()) != std::string_view::npos &&
         (tally.upper + tally.digits) * 4 < tally.size;
}

/// A call, an element or a member, not a text.
bool is_expression(const ValueStyle& style) noexcept {
  return !style.quoted &&
         (style.next == '(' || style.next == '[' || style.next == '{' || style.next == '<');
}

/// Letters and digits, not the name of something else.
bool is_mixed(const Tally& tally, const ValueStyle& style) noexcept {
  if (tally.digits == 0 || tally.letters() == 0) return false;
  if (style.quoted || !style.spaced) return true;
  return tally.size >= 12 && tally.digits >= 3;
}

bool is_password(const Tally& tally, const ValueStyle& style) noexcept {
  if (!style.quoted && style.spaced) return false;
  const bool several_kinds =
      (tally.upper > 0) + (tally.lower > 0) + (tally.digits > 0) + (tally.symbols() > 0) >= 3;
  return several_kinds || tally.digits == tally.size ||
         (style.all_upper && tally.symbols() == 0 && tally.lower > 0);
}

bool ends_like(std::string_view name, const auto& endings) noexcept {
  return std::ranges::any_of(endings,
                             [name](std::string_view ending) { return name.ends_with(ending); });
}

}  // namespace

NameKind name_kind(std::string_view name) noexcept {
  if (name.size() < 3) return NameKind::ordinary;
  const PlainName plain(name);
  std::string_view words = plain.view();
  while (!words.empty() && is_digit(words.back())) words.remove_suffix(1);
  if (words.ends_with("authorization")) return NameKind::authorization;
  if (ends_like(words, password_names) || words == "pass" || name.ends_with("_pass") ||
      name.ends_with("_PASS"))
    return NameKind::password;
  if (ends_like(words, secret_names) || name == "sig") return NameKind::secret;
  const bool constant = name.ends_with("_KEY") || name.ends_with("_PAT");
  return constant && std::ranges::none_of(name, is_lower) ? NameKind::secret : NameKind::ordinary;
}

bool looks_secret(std::string_view value, NameKind name, const ValueStyle& style) noexcept {
  if (name == NameKind::ordinary || value.size() < shortest_value) return false;
  const Tally tally(value);
  const bool phrase = tally.spaces > 0 && name != NameKind::password;
  if (phrase || tally.spaces > 4 || is_placeholder(value) || is_path(value, tally) ||
      is_expression(style))
    return false;
  return is_mixed(tally, style) || (name == NameKind::password && is_password(tally, style));
}

std::size_t scheme_size(std::string_view value) noexcept {
  const std::size_t space = value.find(' ');
  if (space == std::string_view::npos || space < 3 || space > 16) return 0;
  const bool word = std::ranges::all_of(
      value.substr(0, space), [](char c) { return is_upper(c) || is_lower(c) || c == '-'; });
  return word ? space + 1 : 0;
}

}  // namespace strandbus::detail
