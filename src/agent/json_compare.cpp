#include "agent/json_compare.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>
#include <vector>

namespace strandbus::detail {
namespace {

constexpr double two_to_64 = 18446744073709551616.0;

std::uint64_t magnitude_of(std::int64_t value) noexcept {
  const auto bits = static_cast<std::uint64_t>(value);
  return value < 0 ? 0 - bits : bits;
}

std::strong_ordering reversed_if(bool reverse, std::strong_ordering order) noexcept {
  return reverse ? 0 <=> order : order;
}

/// Of two doubles that are no NaN, or a NaN and anything.
std::strong_ordering compare_reals(double a, double b) noexcept {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(b) <=> std::isnan(a);
  if (a < b) return std::strong_ordering::less;
  return a > b ? std::strong_ordering::greater : std::strong_ordering::equal;
}

/// Compares a whole number with a double that is no whole number of that range.
std::strong_ordering compare_whole(bool negative, std::uint64_t magnitude, double real) noexcept {
  if (std::isnan(real)) return std::strong_ordering::greater;
  if (real >= two_to_64) return std::strong_ordering::less;
  if (real <= -two_to_64) return std::strong_ordering::greater;
  if (negative != std::signbit(real)) {
    return negative ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  // The real lies strictly between two whole numbers, so equal parts mean a smaller magnitude.
  const auto part = static_cast<std::uint64_t>(std::fabs(real));
  return reversed_if(
      negative, magnitude <= part ? std::strong_ordering::less : std::strong_ordering::greater);
}

std::uint64_t multiply_modulo(std::uint64_t a, std::uint64_t b, std::uint64_t modulus) noexcept {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>(static_cast<Wide>(a) * b % modulus);
}

/// (digits × 10^exponent) mod modulus.
std::uint64_t shifted_modulo(std::uint64_t digits, int exponent, std::uint64_t modulus) noexcept {
  std::uint64_t result = digits % modulus;
  std::uint64_t power = 10 % modulus;
  for (auto rest = static_cast<unsigned>(exponent); rest != 0; rest >>= 1U) {
    if ((rest & 1U) != 0) result = multiply_modulo(result, power, modulus);
    power = multiply_modulo(power, power, modulus);
  }
  return result;
}

int rank(const json::value& value) noexcept {
  switch (value.kind()) {
    case json::kind::null: return 0;
    case json::kind::bool_: return 1;
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_: return 2;
    case json::kind::string: return 3;
    case json::kind::array: return 4;
    case json::kind::object: return 5;
  }
  return 0;
}

std::strong_ordering compare_text(std::string_view a, std::string_view b) noexcept {
  return a.compare(b) <=> 0;
}

std::strong_ordering compare_arrays(const json::array& a, const json::array& b) {
  if (a.size() != b.size()) return a.size() <=> b.size();
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto order = compare_json(a[i], b[i]);
    if (order != 0) return order;
  }
  return std::strong_ordering::equal;
}

std::vector<const json::key_value_pair*> sorted_members(const json::object& object) {
  std::vector<const json::key_value_pair*> members;
  members.reserve(object.size());
  for (const auto& member : object) members.push_back(&member);
  std::ranges::sort(members, {}, [](const json::key_value_pair* member) -> std::string_view {
    return member->key();
  });
  return members;
}

std::strong_ordering compare_objects(const json::object& a, const json::object& b) {
  if (a.size() != b.size()) return a.size() <=> b.size();
  const auto left = sorted_members(a);
  const auto right = sorted_members(b);
  for (std::size_t i = 0; i < left.size(); ++i) {
    auto order = compare_text(left[i]->key(), right[i]->key());
    if (order == 0) order = compare_json(left[i]->value(), right[i]->value());
    if (order != 0) return order;
  }
  return std::strong_ordering::equal;
}

}  // namespace

JsonNumber::JsonNumber(std::int64_t value) noexcept
    : whole_(true), negative_(value < 0), magnitude_(magnitude_of(value)) {}

JsonNumber::JsonNumber(std::uint64_t value) noexcept
    : whole_(true), negative_(false), magnitude_(value) {}

JsonNumber::JsonNumber(double value) noexcept : whole_(false), negative_(value < 0), real_(value) {
  if (std::fabs(value) < two_to_64 && std::trunc(value) == value) {
    whole_ = true;
    magnitude_ = static_cast<std::uint64_t>(std::fabs(value));
  }
}

JsonNumber::JsonNumber(const json::value& value) noexcept
    : JsonNumber(value.is_int64()    ? JsonNumber(value.get_int64())
                 : value.is_uint64() ? JsonNumber(value.get_uint64())
                                     : JsonNumber(value.get_double())) {}

std::strong_ordering operator<=>(const JsonNumber& a, const JsonNumber& b) noexcept {
  if (!a.whole_ && !b.whole_) return compare_reals(a.real_, b.real_);
  if (!b.whole_) return compare_whole(a.negative_, a.magnitude_, b.real_);
  if (!a.whole_) return 0 <=> compare_whole(b.negative_, b.magnitude_, a.real_);
  if (a.negative_ != b.negative_) return b.negative_ <=> a.negative_;
  return reversed_if(a.negative_, a.magnitude_ <=> b.magnitude_);
}

bool JsonNumber::is_integer() const noexcept {
  return whole_ || (std::isfinite(real_) && std::trunc(real_) == real_);
}

JsonNumber::Decimal JsonNumber::decimal() const {
  Decimal result{magnitude_, 0};
  if (!whole_) {
    std::array<char, 32> text{};
    const auto written = std::to_chars(text.data(), text.data() + text.size(), std::fabs(real_),
                                       std::chars_format::scientific);
    const std::string_view number(text.data(), static_cast<std::size_t>(written.ptr - text.data()));
    const std::size_t e = number.find('e');
    for (const char c : number.substr(0, e)) {
      if (c != '.') result.digits = result.digits * 10 + static_cast<std::uint64_t>(c - '0');
    }
    std::string_view exponent = number.substr(e + 1);
    if (exponent.starts_with('+')) exponent.remove_prefix(1);
    std::from_chars(exponent.data(), exponent.data() + exponent.size(), result.exponent);
    if (e > 2) result.exponent -= static_cast<int>(e) - 2;  // digits behind the point
  }
  while (result.digits != 0 && result.digits % 10 == 0) {
    result.digits /= 10;
    ++result.exponent;
  }
  return result;
}

bool JsonNumber::is_multiple_of(const JsonNumber& divisor) const {
  if (!whole_ && !std::isfinite(real_)) return false;
  const Decimal a = decimal();
  const Decimal b = divisor.decimal();
  if (a.digits == 0) return true;
  // Without zeros at its end, a multiple ends no lower than the divisor.
  if (a.exponent < b.exponent) return false;
  return shifted_modulo(a.digits, a.exponent - b.exponent, b.digits) == 0;
}

std::strong_ordering compare_json(const json::value& a, const json::value& b) {
  if (rank(a) != rank(b)) return rank(a) <=> rank(b);
  if (a.is_number()) return JsonNumber(a) <=> JsonNumber(b);
  if (a.is_bool()) return a.get_bool() <=> b.get_bool();
  if (a.is_string()) return compare_text(a.get_string(), b.get_string());
  if (a.is_array()) return compare_arrays(a.get_array(), b.get_array());
  if (a.is_object()) return compare_objects(a.get_object(), b.get_object());
  return std::strong_ordering::equal;
}

std::string_view kind_of(const json::value& value) noexcept {
  switch (value.kind()) {
    case json::kind::null: return "null";
    case json::kind::bool_: return "a boolean";
    case json::kind::int64:
    case json::kind::uint64: return "an integer";
    case json::kind::double_: return JsonNumber(value).is_integer() ? "an integer" : "a number";
    case json::kind::string: return "a string";
    case json::kind::array: return "an array";
    case json::kind::object: return "an object";
  }
  return "nothing";
}

}  // namespace strandbus::detail
