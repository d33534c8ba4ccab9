#pragma once

#include "strandbus/error.hpp"

#include <boost/json/value.hpp>

#include <compare>
#include <cstdint>
#include <string_view>

namespace strandbus::detail {

/// A JSON number as a value: kinds do not matter, 1 and 1.0 are the same.
class JsonNumber {
 public:
  explicit JsonNumber(std::int64_t value) noexcept;
  explicit JsonNumber(std::uint64_t value) noexcept;
  explicit JsonNumber(double value) noexcept;
  /// `value` must be a number.
  explicit JsonNumber(const json::value& value) noexcept;

  /// Exact, whatever the kinds; a NaN is below everything and equal to itself.
  friend std::strong_ordering operator<=>(const JsonNumber& a, const JsonNumber& b) noexcept;
  friend bool operator==(const JsonNumber& a, const JsonNumber& b) noexcept {
    return (a <=> b) == 0;
  }

  bool is_integer() const noexcept;
  /// Whether this is a whole multiple of `divisor`, which is not zero. Doubles count as the
  /// shortest decimal number that reads back as the same double, so 0.3 is a multiple of 0.1.
  bool is_multiple_of(const JsonNumber& divisor) const;

 private:
  struct Decimal {
    std::uint64_t digits;  ///< without zeros at the end
    int exponent;
  };
  Decimal decimal() const;

  // The value is the magnitude with its sign, or the double where it is no integer of 65 bits.
  bool whole_;
  bool negative_;
  std::uint64_t magnitude_ = 0;
  double real_ = 0;
};

/// A total order of JSON values in which equal means equal as JSON Schema says: objects without
/// regard to the order of members, numbers by value.
std::strong_ordering compare_json(const json::value& a, const json::value& b);

inline bool equal_json(const json::value& a, const json::value& b) {
  return compare_json(a, b) == 0;
}

/// "a string", "an object" … for messages; an integer is "an integer".
std::string_view kind_of(const json::value& value) noexcept;

}  // namespace strandbus::detail
