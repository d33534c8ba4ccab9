#include "event/json_parser.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>

namespace strandbus::detail {
namespace {

/// A JSON number taken apart: 0.d1d2d3… × 10^magnitude, where d1 is not 0.
struct Decimal {
  bool negative = false;
  std::string_view digits;  // from d1 on, maybe with a point among them; empty: the number is 0
  std::int64_t magnitude = 0;
};

Decimal take_apart(std::string_view number) noexcept {
  Decimal decimal;
  decimal.negative = number.starts_with('-');
  if (decimal.negative) number.remove_prefix(1);

  const std::string_view mantissa = number.substr(0, number.find_first_of("eE"));
  std::string_view exponent = number.substr(mantissa.size());
  if (!exponent.empty()) exponent.remove_prefix(1);
  if (exponent.starts_with('+')) exponent.remove_prefix(1);
  std::from_chars(exponent.data(), exponent.data() + exponent.size(), decimal.magnitude);

  const std::size_t first = mantissa.find_first_not_of("0.");
  if (first == std::string_view::npos) return decimal;
  decimal.digits = mantissa.substr(first);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  decimal.magnitude += static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
  if (first > point) ++decimal.magnitude;
  return decimal;
}

/// The number's digits one by one, then zeros.
class Digits {
 public:
  explicit Digits(std::string_view text) noexcept : text_(text) {}

  unsigned next() noexcept {
    if (text_.starts_with('.')) text_.remove_prefix(1);
    if (text_.empty()) return 0;
    const auto digit = static_cast<unsigned>(text_.front() - '0');
    text_.remove_prefix(1);
    return digit;
  }

 private:
  std::string_view text_;
};

}  // namespace

std::optional<double> double_from(std::string_view number) noexcept {
  double value = 0;
  const auto parsed = std::from_chars(number.data(), number.data() + number.size(), value);
  if (parsed.ec == std::errc{}) return value;
  const Decimal decimal = take_apart(number);
  if (decimal.magnitude > 0) return std::nullopt;
  return decimal.negative ? -0.0 : 0.0;  // Too small for a double: nearest is zero.
}

std::optional<NanoUsd> nano_usd_from(std::string_view number) noexcept {
  const Decimal decimal = take_apart(number);
  const std::int64_t count = decimal.magnitude + 9;
  if (decimal.digits.empty() || count < 0) return NanoUsd{};
  if (count > 19) return std::nullopt;

  Digits digits(decimal.digits);
  std::uint64_t nanos = 0;
  for (std::int64_t i = 0; i < count; ++i) nanos = nanos * 10 + digits.next();
  if (digits.next() >= 5) ++nanos;

  constexpr auto limit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (nanos > limit + (decimal.negative ? 1U : 0U)) return std::nullopt;
  return NanoUsd{static_cast<std::int64_t>(decimal.negative ? 0 - nanos : nanos)};
}

}  // namespace strandbus::detail
