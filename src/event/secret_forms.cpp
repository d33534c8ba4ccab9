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
  if (!is_in(alphanumeric, prefix.prefix.front()))
    refuse(field + "prefix", "is \"" + prefix.prefix + "\"",
           "one that begins with a letter or digit");
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
  value_marker = markers.of(kind_value);
  secret = markers.of(kind_secret);
  authorization = markers.of(kind_authorization);
  url_password = markers.of(kind_url_password);
  private_key = markers.of(kind_private_key);
  jwt = markers.of(kind_jwt);
  telegram = markers.of(kind_telegram);
  discord = markers.of(kind_discord);
  if (!value_marker.empty()) values = KnownValues(options.values);
  for (const PrefixForm& form : known_prefixes()) prefixes.push_back(made(form, markers));
  for (const SecretPrefix& own : options.prefixes) {
    prefixes.push_back(
        made({.kind = own.kind, .prefix = own.prefix, .least = own.length}, markers));
  }
  std::erase_if(prefixes, [](const Prefix& prefix) { return prefix.marker.empty(); });
  sort_prefixes();
  mark_bytes();
}

void SecretForms::sort_prefixes() {
  const auto first = [](const Prefix& prefix) {
    return static_cast<unsigned char>(prefix.text.front());
  };
  std::ranges::stable_sort(prefixes, [first](const Prefix& a, const Prefix& b) {
    return first(a) != first(b) ? first(a) < first(b) : a.text.size() > b.text.size();
  });
  for (const Prefix& prefix : prefixes) ++prefix_begins[first(prefix) + std::size_t{1}];
  std::uint16_t sum = 0;
  for (std::uint16_t& begin : prefix_begins) {
    sum = static_cast<std::uint16_t>(sum + begin);
    begin = sum;
  }
}

void SecretForms::mark_bytes() {
  const auto mark = [this](char c, Byte meaning) {
    bytes[static_cast<unsigned char>(c)] |= meaning;
  };
  const auto mark_beginning = [&](std::string_view text, Byte meaning) {
    mark(text[0], meaning);
    pairs.set(pair(text[0], text[1]));
  };
  for (unsigned c = 0; c < 256; ++c) {
    if (is_in(alphanumeric, static_cast<char>(c))) mark(static_cast<char>(c), word);
  }
  for (const Prefix& prefix : prefixes) mark_beginning(prefix.text, begins);
  for (const std::string_view text : {"--", "ey", "be", "Be", "bE", "BE", "ba", "Ba", "bA", "BA"})
    mark_beginning(text, begins);
  for (const std::string& text : values.texts()) mark_beginning(text, value);
  for (const char c : std::string_view(":=.")) mark(c, joint);
  for (const char c : std::string_view("\\%\x1B")) mark(c, escape);
}

std::string_view SecretPlace::behind() const noexcept {
  const std::size_t size = std::min(at, context_bytes);
  return text.substr(at - size, size);
}

}  // namespace strandbus::detail
