#include "event/secret_forms.hpp"
#include "event/secret_value.hpp"

#include <algorithm>

namespace strandbus::detail {
namespace {

Found match(const SecretForms::Prefix& prefix, const SecretPlace& place) noexcept {
  const std::string_view rest = place.rest();
  const Prefixed begins = prefixed(rest, prefix.text, place.more);
  if (begins == Prefixed::no) return {};
  if (begins == Prefixed::perhaps) return Found::undecided();
  const PrefixForm& form = prefix.form;
  const std::string_view body = rest.substr(prefix.text.size());
  const std::size_t size = run(body, form.chars, form.least);
  if (size < form.least) return is_open(size, body, place.more) ? Found::undecided() : Found{};
  const bool mixed =
      std::ranges::any_of(body.substr(0, size), [](char c) { return is_digit(c) || is_upper(c); });
  if (form.mixed == PrefixForm::Mixed::yes && !mixed) return {};
  const bool stays = form.stays == PrefixForm::Stays::yes;
  const std::size_t end = place.at + prefix.text.size() + size;
  return {Found::State::secret, stays ? end - size : place.at, end, form.tail, prefix.marker};
}

/// RFC 7519: the header is the base64url of an object.
Found find_jwt(const SecretForms& forms, const SecretPlace& place) noexcept {
  constexpr std::string_view beginning = "eyJ";
  constexpr std::size_t longest_header = horizon_bytes - 16;
  constexpr std::size_t shortest_body = 4;
  const std::string_view rest = place.rest();
  const Prefixed begins = prefixed(rest, beginning, place.more);
  if (begins == Prefixed::perhaps) return Found::undecided();
  if (begins == Prefixed::no) return {};
  const std::size_t header = run(rest, token_chars, longest_header);
  const Found whole{Found::State::secret, place.at, place.at + header, Tail::dotted, forms.jwt};
  if (header == longest_header) return whole;
  if (is_open(header, rest, place.more)) return Found::undecided();
  if (header < 13 || header == rest.size() || rest[header] != '.') return {};
  const std::string_view body = rest.substr(header + 1);
  const std::size_t size = run(body, token_chars, shortest_body);
  if (size == shortest_body) return whole;
  return is_open(size, body, place.more) ? Found::undecided() : Found{};
}

Prefixed prefixed_in_any_case(std::string_view rest, std::string_view expected,
                              More more) noexcept {
  const std::size_t size = std::min(rest.size(), expected.size());
  for (std::size_t i = 0; i < size; ++i) {
    if (to_lower(rest[i]) != expected[i]) return Prefixed::no;
  }
  if (size == expected.size()) return Prefixed::yes;
  return more == More::yes ? Prefixed::perhaps : Prefixed::no;
}

/// Credentials behind the name of their scheme (RFC 6750, RFC 7617), header or not.
Found find_credentials(const SecretForms& forms, const SecretPlace& place, std::string_view scheme,
                       std::size_t least) noexcept {
  constexpr std::size_t seen = 64;  // so far a digit must show that it is no word
  const std::string_view rest = place.rest();
  const Prefixed begins = prefixed_in_any_case(rest, scheme, place.more);
  if (begins == Prefixed::perhaps) return Found::undecided();
  if (begins == Prefixed::no) return {};
  const std::string_view body = rest.substr(scheme.size());
  const std::size_t size = run(body, token68, seen);
  const auto digit = std::ranges::find_if(
      body.substr(0, size), [](char c) { return is_digit(c) || c == '=' || c == '+'; });
  const std::size_t enough =
      std::max(least, static_cast<std::size_t>(digit - body.begin()) + std::size_t{1});
  if (size >= enough) {
    const std::size_t begin = place.at + scheme.size();
    return {Found::State::secret, begin, begin + enough, Tail::token68, forms.authorization};
  }
  return size < seen && is_open(size, body, place.more) ? Found::undecided() : Found{};
}

Found find_authorization(const SecretForms& forms, const SecretPlace& place) noexcept {
  const Found bearer = find_credentials(forms, place, "bearer ", 16);
  return bearer.state != Found::State::nothing ? bearer
                                               : find_credentials(forms, place, "basic ", 12);
}

/// RFC 7468, and OpenPGP (RFC 4880, section 6.2).
Found find_private_key(const SecretForms& forms, const SecretPlace& place) noexcept {
  constexpr std::string_view beginning = "-----BEGIN ";
  constexpr std::size_t longest_label = 48;
  const std::string_view rest = place.rest();
  const Prefixed begins = prefixed(rest, beginning, place.more);
  if (begins == Prefixed::perhaps) return Found::undecided();
  if (begins == Prefixed::no) return {};
  const std::string_view line = rest.substr(beginning.size());
  const std::string_view known = line.substr(0, longest_label);
  const std::size_t end = known.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ");
  if (end == std::string_view::npos)
    return is_open(known.size(), line, place.more) ? Found::undecided() : Found{};
  const std::string_view label = known.substr(0, end);
  if (!label.ends_with("PRIVATE KEY") && !label.ends_with("PRIVATE KEY BLOCK")) return {};
  const Prefixed closed = prefixed(line.substr(end), "-----", place.more);
  if (closed == Prefixed::perhaps) return Found::undecided();
  if (closed == Prefixed::no) return {};
  return {Found::State::secret, place.at, place.at + beginning.size() + end + 5, Tail::private_key,
          forms.private_key};
}

/// An option of a command: --password hunter2
Found find_option(const SecretForms& forms, const SecretPlace& place) noexcept {
  constexpr std::size_t longest_name = 40;
  if (place.at > 0 && place.text[place.at - 1] == '-') return {};
  const std::string_view rest = place.rest();
  const Prefixed begins = prefixed(rest, "--", place.more);
  if (begins == Prefixed::perhaps) return Found::undecided();
  if (begins == Prefixed::no) return {};
  const std::string_view name_on = rest.substr(2);
  const std::size_t size = run(name_on, token_chars, longest_name);
  if (size < longest_name && is_open(size, name_on, place.more)) return Found::undecided();
  if (size == 0 || size == longest_name || size == name_on.size() || name_on[size] != ' ')
    return {};
  return find_value(forms, place, place.at + 2 + size + 1, name_on.substr(0, size), false);
}

}  // namespace

Found find_prefix(const SecretForms& forms, const SecretPlace& place) noexcept {
  const auto byte = static_cast<unsigned char>(place.text[place.at]);
  for (std::size_t i = forms.prefix_begins[byte]; i < forms.prefix_begins[byte + std::size_t{1}];
       ++i) {
    const Found found = match(forms.prefixes[i], place);
    if (found.state != Found::State::nothing) return found;
  }
  return {};
}

Found find_beginning(const SecretForms& forms, const SecretPlace& place) noexcept {
  const char c = place.text[place.at];
  Found found;
  if (c == '-') {
    if (!forms.private_key.empty()) found = find_private_key(forms, place);
    if (found.state == Found::State::nothing) found = find_option(forms, place);
  } else if (c == 'e' && !forms.jwt.empty()) {
    found = find_jwt(forms, place);
  } else if ((c == 'b' || c == 'B') && !forms.authorization.empty()) {
    found = find_authorization(forms, place);
  }
  return found.state != Found::State::nothing ? found : find_prefix(forms, place);
}

}  // namespace strandbus::detail
