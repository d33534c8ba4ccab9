#include "agent/json_compare.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace strandbus::detail {
namespace {

/// Numbers around the places where the kinds differ, in ascending order, each different.
std::vector<json::value> ascending_numbers() {
  const double two53 = 9007199254740992.0;
  const double two63 = 9223372036854775808.0;
  const double two64 = 18446744073709551616.0;
  return {-std::numeric_limits<double>::infinity(),
          -std::numeric_limits<double>::max(),
          -two64,
          -two63 - 2048,
          std::numeric_limits<std::int64_t>::min(),
          std::numeric_limits<std::int64_t>::min() + 1,
          -9007199254740993,
          -two53,
          -1.5,
          -1,
          -0.5,
          -std::numeric_limits<double>::denorm_min(),
          0,
          std::numeric_limits<double>::denorm_min(),
          0.5,
          1,
          1.5,
          two53,
          9007199254740993,
          std::numeric_limits<std::int64_t>::max(),
          two63,
          std::uint64_t{9223372036854775809U},
          std::numeric_limits<std::uint64_t>::max(),
          two64,
          std::numeric_limits<double>::max(),
          std::numeric_limits<double>::infinity()};
}

TEST(JsonCompare, OrdersNumbersOfAllKindsExactly) {
  const auto numbers = ascending_numbers();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    for (std::size_t j = 0; j < numbers.size(); ++j) {
      EXPECT_EQ(compare_json(numbers[i], numbers[j]), i <=> j)
          << numbers[i] << " and " << numbers[j];
    }
  }
}

TEST(JsonCompare, TakesEqualNumbersOfDifferentKindsAsEqual) {
  EXPECT_TRUE(equal_json(1, 1.0));
  EXPECT_TRUE(equal_json(std::uint64_t{1}, 1));
  EXPECT_TRUE(equal_json(0, -0.0));
  EXPECT_TRUE(equal_json(std::numeric_limits<std::int64_t>::min(), -9223372036854775808.0));
  EXPECT_TRUE(equal_json(std::uint64_t{1} << 63U, 9223372036854775808.0));
}

TEST(JsonCompare, PutsNanBelowEverything) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(equal_json(nan, nan));
  for (const json::value& number : ascending_numbers()) {
    EXPECT_EQ(compare_json(nan, number), std::strong_ordering::less);
    EXPECT_EQ(compare_json(number, nan), std::strong_ordering::greater);
  }
}

TEST(JsonCompare, KeepsKindsApart) {
  const std::vector<json::value> kinds = {nullptr, false,         true,          0, 1, "",
                                          "0",     json::array(), json::object()};
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    for (std::size_t j = 0; j < kinds.size(); ++j) {
      EXPECT_EQ(compare_json(kinds[i], kinds[j]), i <=> j) << kinds[i] << " and " << kinds[j];
    }
  }
}

TEST(JsonCompare, IgnoresTheOrderOfMembersOnly) {
  EXPECT_TRUE(equal_json({{"a", 1}, {"b", {1, 2}}}, {{"b", {1.0, 2}}, {"a", 1}}));
  EXPECT_FALSE(equal_json({{"a", 1}, {"b", 2}}, {{"a", 2}, {"b", 1}}));
  EXPECT_FALSE(equal_json(json::array{1, 2}, json::array{2, 1}));
  EXPECT_FALSE(equal_json({{"a", 1}}, {{"a", 1}, {"b", 1}}));
}

TEST(JsonCompare, SaysWhatAValueIs) {
  EXPECT_EQ(kind_of(nullptr), "null");
  EXPECT_EQ(kind_of(true), "a boolean");
  EXPECT_EQ(kind_of(1), "an integer");
  EXPECT_EQ(kind_of(std::uint64_t{1}), "an integer");
  EXPECT_EQ(kind_of(2.0), "an integer");
  EXPECT_EQ(kind_of(2.5), "a number");
  EXPECT_EQ(kind_of(std::numeric_limits<double>::infinity()), "a number");
  EXPECT_EQ(kind_of("x"), "a string");
  EXPECT_EQ(kind_of(json::array()), "an array");
  EXPECT_EQ(kind_of(json::object()), "an object");
}

RC_GTEST_PROP(JsonNumberProperty, MultiplesOfIntegersAreWhatTheRemainderSays,
              (std::int64_t a, std::int32_t b)) {
  RC_PRE(b > 0);
  RC_ASSERT(JsonNumber(a).is_multiple_of(JsonNumber(std::int64_t{b})) == (a % b == 0));
}

RC_GTEST_PROP(JsonNumberProperty, MultiplesOfDecimalsAreWhatSchoolSays,
              (std::int16_t a, std::int16_t b)) {
  RC_PRE(b > 0);
  // a thousandths are a multiple of b thousandths exactly when a is one of b.
  RC_ASSERT(JsonNumber(a / 1000.0).is_multiple_of(JsonNumber(b / 1000.0)) == (a % b == 0));
}

RC_GTEST_PROP(JsonNumberProperty, OrderOfDoublesAndIntegersIsThatOfWideArithmetic,
              (std::int64_t a, double b)) {
  const auto wide = static_cast<long double>(a);  // 64 bits of mantissa: exact
  const auto expected = wide < b   ? std::strong_ordering::less
                        : wide > b ? std::strong_ordering::greater
                                   : std::strong_ordering::equal;
  RC_ASSERT((JsonNumber(a) <=> JsonNumber(b)) == expected);
}

}  // namespace
}  // namespace strandbus::detail
