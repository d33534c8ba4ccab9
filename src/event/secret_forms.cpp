#include "event/secret_forms.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t shortest_value = 8;

[[noreturn]] void refuse(const std::string& field, const std::string& is,
                         const std::string& allowed) {
  throw std::invalid_argument("RedactionOptions::" + field + " " + is + "; allowed is " + allowed);
}

void check_values(const std::vector<std::string>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i].size() >= shortest_value) continue;
    refuse("values[" + std::to_string(i) + "]",
           "has " + std::to_string(values[i].size()) + " bytes", "at least 8");
  }
}

void check_prefix(const SecretPrefix& prefix, std::size_t index) {
  const std::string field = "prefixes[" + std::to_string(index) + "].";
  const bool named = std::ranges::all_of(
      prefix.kind, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
  if (!named || prefix.kind.empty() || prefix.kind.size() > 40)
    refuse(field + "kind", "is \"" + prefix.kind + "\"", "1 to 40 of a-z, 0-9 and '-'");
  if (prefix.prefix.size() < 3 || prefix.prefix.size() > 64)
    refuse(field + "prefix", "has " + std::to_string(prefix.prefix.size()) + " bytes", "3 to 64");
  if (prefix.length < 4 || prefix.length > 128)
    refuse(field + "length", "is " + std::to_string(prefix.length), "4 to 128");
}

void check_shown(const RedactionOptions& options) {
  for (const std::string& kind : options.shown_kinds) {
    const bool built_in = std::ranges::find(Redactor::kinds(), kind) != Redactor::kinds().end();
    const bool added =
        std::ranges::find(options.prefixes, kind, &SecretPrefix::kind) != options.prefixes.end();
    if (!built_in && !added)
      refuse("shown_kinds", "names \"" + kind + "\"", "a kind of Redactor::kinds() or `prefixes`");
  }
}

class Markers {
 public:
  explicit Markers(const RedactionOptions& options)
      : shown_(options.shown_kinds.begin(), options.shown_kinds.end()) {}

  std::string of(std::string_view kind) const {
    const std::string name(kind);
    return shown_.contains(name) ? std::string() : "[redacted-" + name + "]";
  }

 private:
  std::set<std::string> shown_;
};

SecretForms::Prefix made(const PrefixForm& form, const Markers& markers) {
  return {std::string(form.prefix), markers.of(form.kind), form};
}

}  // namespace

SecretForms::SecretForms(const RedactionOptions& options) {
  check_values(options.values);
  for (std::size_t i = 0; i < options.prefixes.size(); ++i) check_prefix(options.prefixes[i], i);
  check_shown(options);
  const Markers markers(options);
  for (const auto& [marker, kind] :
       std::initializer_list<std::pair<std::string*, std::string_view>>{
           {&value_marker, kind_value},
           {&secret, kind_secret},
           {&authorization, kind_authorization},
           {&url_password, kind_url_password},
           {&private_key, kind_private_key},
           {&jwt, kind_jwt},
           {&telegram, kind_telegram},
           {&discord, kind_discord}}) {
    *marker = markers.of(kind);
  }
  if (!value_marker.empty()) values = KnownValues(options.values);
  for (const PrefixForm& form : known_prefixes()) prefixes.push_back(made(form, markers));
  for (const SecretPrefix& own : options.prefixes) {
    prefixes.push_back(
        made({.kind = own.kind, .prefix = own.prefix, .least = own.length}, markers));
  }
  std::erase_if(prefixes, [](const Prefix& prefix) { return prefix.marker.empty(); });
  std::ranges::stable_sort(prefixes, [](const Prefix& a, const Prefix& b) {
    const auto first = [](const Prefix& prefix) {
      return static_cast<unsigned char>(prefix.text.front());
    };
    return first(a) != first(b) ? first(a) < first(b) : a.text.size() > b.text.size();
  });

  const auto mark = [this](std::string_view chars, Byte meaning) {
    for (const char c : chars) bytes[static_cast<unsigned char>(c)] |= meaning;
  };
  for (const Prefix& prefix : prefixes) {
    const auto byte = static_cast<unsigned char>(prefix.text.front());
    bytes[byte] |= begins;
    ++prefix_begins[byte + std::size_t{1}];
  }
  for (std::size_t byte = 0; byte < 256; ++byte) {
    prefix_begins[byte + 1] =
        static_cast<std::uint16_t>(prefix_begins[byte + 1] + prefix_begins[byte]);
    const char c = static_cast<char>(byte);
    if (is_in(alphanumeric, c)) bytes[byte] |= word;
    if (values.may_begin(c)) bytes[byte] |= value;
  }
  mark("-eBb", begins);
  mark(":=.", joint);
  mark("\\%\x1B", escape);
}

std::string_view Place::behind() const noexcept {
  const std::size_t size = std::min(at, context_bytes);
  return text.substr(at - size, size);
}

Prefixed prefixed(std::string_view rest, std::string_view expected, More more) noexcept {
  if (rest.starts_with(expected)) return Prefixed::yes;
  const bool perhaps = more == More::yes && expected.starts_with(rest);
  return perhaps ? Prefixed::perhaps : Prefixed::no;
}

}  // namespace strandbus::detail
