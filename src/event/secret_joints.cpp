#include "event/secret_forms.hpp"
#include "event/secret_value.hpp"

#include <algorithm>
#include <optional>

namespace strandbus::detail {
namespace {

constexpr std::size_t longest_seen_value = 64;  // so many bytes show what a value is
constexpr std::string_view blanks = " \t";
constexpr std::string_view quotes = "\"'`";

bool is_one_of(char c, std::string_view chars) noexcept {
  return chars.find(c) != std::string_view::npos;
}

/// How many of the last characters of `text` satisfy `test`, at most `most`.
template <class Test>
std::size_t run_back(std::string_view text, std::size_t most, Test test) noexcept {
  std::size_t size = 0;
  while (size < text.size() && size < most && test(text[text.size() - 1 - size])) ++size;
  return size;
}

/// scheme://user:password@host (RFC 3986, section 3.2.1)
Found find_url_password(const SecretForms& forms, const SecretPlace& place) noexcept {
  constexpr std::size_t longest_user = 96;
  constexpr std::size_t longest_password = 256;
  const std::string_view behind = place.behind();
  const std::size_t user = run_back(
      behind, longest_user, [](char c) { return c != ':' && c != '@' && is_in(url_chars, c); });
  if (!behind.substr(0, behind.size() - user).ends_with("://")) return {};
  const std::string_view body = place.rest().substr(1);
  const std::size_t size = run(body, url_chars, longest_password);
  if (size < longest_password && is_open(size, body, place.more)) return Found::undecided();
  if (size == 0 || is_one_of(body.front(), "[${<%(*")) return {};
  const std::size_t begin = place.at + 1;
  const std::size_t password = body.substr(0, size).rfind('@');
  if (password == 0) return {};
  if (password != std::string_view::npos)
    return {Found::State::secret, begin, begin + password, Tail::none, forms.url_password};
  if (size < longest_password) return {};
  return {Found::State::secret, begin, begin + size, Tail::url, forms.url_password};
}

/// Bot API: the number of the bot, then its key.
Found find_telegram(const SecretForms& forms, const SecretPlace& place) noexcept {
  constexpr std::size_t key = 34;
  const std::string_view behind = place.behind();
  const std::size_t digits = run_back(behind, 11, is_digit);
  if (digits < 8 || digits > 10) return {};
  const std::string_view body = place.rest().substr(1);
  const std::size_t size = run(body, token_chars, key);
  if (size < key) return is_open(size, body, place.more) ? Found::undecided() : Found{};
  const std::size_t begin = place.at + 1;
  return {Found::State::secret, begin, begin + size, Tail::token, forms.telegram};
}

/// The number of the bot in base64, a time, a signature.
Found find_discord(const SecretForms& forms, const SecretPlace& place) noexcept {
  constexpr std::size_t signature = 27;
  const std::string_view behind = place.behind();
  const std::size_t number = run_back(behind, 31, [](char c) { return is_in(token_chars, c); });
  if (number < 23 || number > 30 || !is_one_of(behind[behind.size() - number], "MNO")) return {};
  const std::string_view body = place.rest().substr(1);
  const std::size_t time = run(body, token_chars, 8);
  if (time > 7) return {};
  if (is_open(time, body, place.more)) return Found::undecided();
  if (time < 5 || time == body.size() || body[time] != '.') return {};
  const std::string_view rest = body.substr(time + 1);
  const std::size_t size = run(rest, token_chars, signature);
  if (size < signature) return is_open(size, rest, place.more) ? Found::undecided() : Found{};
  const std::size_t begin = place.at + 1;
  return {Found::State::secret, begin, begin + time + 1 + size, Tail::token, forms.discord};
}

/// What a name is assigned to: name, "name", name"], each perhaps with blanks behind it.
struct Name {
  explicit Name(std::string_view behind) noexcept {
    const std::size_t gap = run_back(behind, 8, [](char c) { return is_one_of(c, blanks); });
    behind.remove_suffix(gap);
    spaced = gap > 0;
    if (behind.ends_with(']')) behind.remove_suffix(1);
    if (!behind.empty() && is_one_of(behind.back(), quotes)) behind.remove_suffix(1);
    if (behind.ends_with('\\')) behind.remove_suffix(1);
    const std::size_t size = run_back(behind, 64, [](char c) { return is_in(token_chars, c); });
    text = behind.substr(behind.size() - size);
    before = behind.substr(0, behind.size() - size);
  }

  std::string_view text;
  std::string_view before;
  bool spaced = false;
};

/// curl -u user:password
Found find_user_option(const SecretForms& forms, const SecretPlace& place,
                       const Name& name) noexcept {
  constexpr std::size_t seen = 64;
  if (!name.before.ends_with("-u ") && !name.before.ends_with("--user ")) return {};
  const std::string_view body = place.rest().substr(1);
  const std::size_t size = run(body, value_chars, seen);
  if (size < seen && is_open(size, body, place.more)) return Found::undecided();
  const std::string_view password = body.substr(0, size);
  if (size < 6 || password.find_first_not_of("0123456789:") == std::string_view::npos) return {};
  const std::size_t begin = place.at + 1;
  return {Found::State::secret, begin, begin + size, Tail::plain, forms.secret};
}

struct Opening {
  Tail tail = Tail::plain;
  std::size_t size = 0;
};

/// How a value begins.
Opening opening_of(std::string_view rest) noexcept {
  if (rest.starts_with("\\\"")) return {Tail::escaped_quoted, 2};
  const bool lettered =
      rest.size() > 1 && is_one_of(rest[0], "bBfFrRuUL@") && is_one_of(rest[1], quotes);
  const std::size_t size = lettered ? 2 : 1;
  switch (rest[size - 1]) {
    case '"': return {Tail::double_quoted, size};
    case '\'': return {Tail::single_quoted, size};
    case '`': return {Tail::back_quoted, size};
    default: return {};
  }
}

/// How many bytes of `rest` a value takes; nothing if only more text tells. The first 64 are
/// enough.
std::optional<std::size_t> value_size(Tail tail, std::string_view rest, More more) noexcept {
  std::size_t size = 0;
  while (size < longest_seen_value) {
    if (size >= rest.size()) {
      if (more == More::yes) return std::nullopt;
      return rest.size();
    }
    const TailStep step = tail_step(tail, rest.substr(size), more);
    if (!step.decided) return std::nullopt;
    if (step.size == 0) break;
    size += step.size;
  }
  return size;
}

bool is_all_upper(std::string_view name) noexcept {
  return std::ranges::none_of(name, is_lower) && std::ranges::any_of(name, is_upper);
}

/// Credentials behind a scheme; base64 need not have a digit.
bool looks_like_credentials(std::string_view value, const ValueStyle& style) noexcept {
  if (looks_secret(value, NameKind::authorization, style)) return true;
  return value.size() >= 8 && value.size() % 4 == 0 && std::ranges::any_of(value, is_upper) &&
         std::ranges::any_of(value, is_lower) &&
         std::ranges::all_of(value, [](char c) { return is_in(token68, c); });
}

}  // namespace

Found find_value(const SecretForms& forms, const SecretPlace& place, std::size_t begin,
                 std::string_view name, bool spaced) noexcept {
  const NameKind kind = name_kind(name);
  const std::string& marker = kind == NameKind::authorization ? forms.authorization : forms.secret;
  if (kind == NameKind::ordinary || marker.empty()) return {};
  std::string_view rest = place.text.substr(begin);
  const Found unknown = place.more == More::yes ? Found::undecided() : Found{};
  const std::size_t gap = std::min(rest.find_first_not_of(blanks), rest.size());
  if (gap > 8) return {};
  rest.remove_prefix(gap);
  if (rest.empty() || rest == "\\") return unknown;
  const Opening opening = opening_of(rest);
  rest.remove_prefix(opening.size);
  std::size_t scheme = 0;
  if (kind == NameKind::authorization) {
    if (rest.size() < 18 && rest.find_first_of(" \"'\n") == std::string_view::npos &&
        place.more == More::yes)
      return Found::undecided();
    scheme = scheme_size(rest);
    rest.remove_prefix(scheme);
  }
  const auto size = value_size(opening.tail, rest, place.more);
  if (!size) return Found::undecided();
  const bool whole = *size < longest_seen_value;
  const ValueStyle style{.quoted = opening.size > 0 || scheme > 0,
                         .spaced = spaced,
                         .all_upper = is_all_upper(name),
                         .next = whole && *size < rest.size() ? rest[*size] : '\0'};
  const std::string_view value = rest.substr(0, *size);
  const bool secret =
      scheme > 0 ? looks_like_credentials(value, style) : looks_secret(value, kind, style);
  if (!secret) return {};
  const std::size_t at = place.text.size() - rest.size();
  const Found known = find_prefix(forms, {place.text, at, place.more});
  if (known.state == Found::State::undecided) return known;
  const bool named = known.state == Found::State::secret && known.begin == at;
  return {Found::State::secret, at, at + *size, whole ? Tail::none : opening.tail,
          named ? known.marker : std::string_view(marker)};
}

Found find_assigned(const SecretForms& forms, const SecretPlace& place) noexcept {
  const char joint = place.text[place.at];
  const Name name(place.behind());
  const bool ordinary = name_kind(name.text) == NameKind::ordinary;
  const bool signature = name.text == "sig";  // of a shared access signature, in a query
  if (ordinary || (signature && !name.before.ends_with('&') && !name.before.ends_with('?')))
    return joint == ':' && !forms.secret.empty() ? find_user_option(forms, place, name) : Found{};
  const std::string_view rest = place.rest();
  if (rest.size() == 1) return place.more == More::yes ? Found::undecided() : Found{};
  const char next = rest[1];
  if (next == joint || (joint == '=' && next == '~')) return {};
  const bool arrow = (joint == '=' && next == '>') || (joint == ':' && next == '=');
  return find_value(forms, place, place.at + (arrow ? 2 : 1), name.text, name.spaced);
}

Found find_behind_joint(const SecretForms& forms, const SecretPlace& place) noexcept {
  const char c = place.text[place.at];
  if (c == '.') return forms.discord.empty() ? Found{} : find_discord(forms, place);
  Found found;
  if (c == ':' && !forms.url_password.empty()) found = find_url_password(forms, place);
  if (c == ':' && found.state == Found::State::nothing && !forms.telegram.empty())
    found = find_telegram(forms, place);
  return found.state != Found::State::nothing ? found : find_assigned(forms, place);
}

}  // namespace strandbus::detail
