#include "event/known_values.hpp"

#include "event/secret_chars.hpp"
#include "strandbus/event/json_codec.hpp"

#include <algorithm>
#include <set>

namespace strandbus::detail {
namespace {

constexpr std::size_t shortest_encoding = 8;

std::string json_escaped(std::string_view value) {
  std::string quoted;
  append_json_string(quoted, value);
  return quoted.substr(1, quoted.size() - 2);
}

/// RFC 3986, section 2.1.
std::string percent_encoded(std::string_view value, std::string_view digits, std::string_view kept,
                            std::string_view space) {
  std::string encoded;
  for (const char c : value) {
    const unsigned byte = static_cast<unsigned char>(c);
    if (c == ' ' && !space.empty()) {
      encoded += space;
    } else if (is_in(CharSet::alphanumeric, c) || kept.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += digits[byte >> 4U];
      encoded += digits[byte & 15U];
    }
  }
  return encoded;
}

/// The characters of a base64 text (RFC 4648) that depend on nothing but `value`, when `before`
/// bytes precede it.
std::string base64_core(std::string_view value, std::size_t before, std::string_view last_two) {
  static constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const std::string bytes = std::string(before, '\0') + std::string(value);
  std::string text;
  for (std::size_t bit = 0; bit + 6 <= bytes.size() * 8; bit += 6) {
    const std::size_t at = bit / 8;
    const unsigned high = static_cast<unsigned char>(bytes[at]);
    const unsigned low = at + 1 < bytes.size() ? static_cast<unsigned char>(bytes[at + 1]) : 0U;
    const unsigned digit = ((high << 8U | low) >> (10 - bit % 8)) & 63U;
    text += digit < 62 ? alphabet[digit] : last_two[digit - 62];
  }
  return text.substr((before * 8 + 5) / 6);
}

void add_encodings(std::set<std::string>& all, const std::string& value) {
  all.insert(value);
  const std::string escaped = json_escaped(value);
  all.insert(escaped);
  all.insert(json_escaped(escaped));  // JSON in JSON: arguments in a request body
  for (const std::string_view digits : {"0123456789ABCDEF", "0123456789abcdef"}) {
    all.insert(percent_encoded(value, digits, "-._~", ""));
    all.insert(percent_encoded(value, digits, "-._~!*'()", ""));  // encodeURIComponent
    all.insert(percent_encoded(value, digits, "-._*", "+"));      // forms
  }
  for (std::size_t before = 0; before < 3; ++before) {
    for (const std::string_view last_two : {"+/", "-_"}) {
      std::string core = base64_core(value, before, last_two);
      if (core.size() >= shortest_encoding) all.insert(std::move(core));
    }
  }
}

}  // namespace

KnownValues::KnownValues(const std::vector<std::string>& values) {
  std::set<std::string> all;
  for (const std::string& value : values) add_encodings(all, value);
  values_.assign(all.begin(), all.end());
  std::ranges::stable_sort(values_, [](const std::string& a, const std::string& b) {
    const auto first = [](const std::string& text) {
      return static_cast<unsigned char>(text.front());
    };
    return first(a) != first(b) ? first(a) < first(b) : a.size() > b.size();
  });
  for (const std::string& value : values_) {
    ++begins_[static_cast<unsigned char>(value.front()) + std::size_t{1}];
  }
  for (std::size_t byte = 0; byte < 256; ++byte) begins_[byte + 1] += begins_[byte];
}

std::optional<std::size_t> KnownValues::match(std::string_view rest, More more) const noexcept {
  const std::size_t end = bucket_end(rest.front());
  for (std::size_t i = bucket(rest.front()); i < end; ++i) {
    const std::string_view value = values_[i];
    if (rest.starts_with(value)) return value.size();
    if (more == More::yes && rest.size() < value.size() && value.starts_with(rest))
      return std::nullopt;
  }
  return 0;
}

}  // namespace strandbus::detail
