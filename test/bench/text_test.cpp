#include "report/text.hpp"

#include <gtest/gtest.h>

namespace strandbus::bench {
namespace {

TEST(Text, ThreeDigitsCountWhateverTheSize) {
  EXPECT_EQ(three_digits(0.00452), "0.00452");
  EXPECT_EQ(three_digits(9.312), "9.31");
  EXPECT_EQ(three_digits(41.26), "41.3");
  EXPECT_EQ(three_digits(412.4), "412");
  EXPECT_EQ(three_digits(2301), "2301");
  EXPECT_EQ(three_digits(0), "0.00");
}

TEST(Text, AMetricChoosesItsUnit) {
  EXPECT_EQ(with_unit("events_per_second", 9'310'000), "9.31 M/s");
  EXPECT_EQ(with_unit("nanoseconds", 12.34), "12.3 ns");
  EXPECT_EQ(with_unit("p99_nanoseconds", 41'200), "41.2 µs");
  EXPECT_EQ(with_unit("nanoseconds_per_step", 2'500'000), "2.50 ms");
  EXPECT_EQ(with_unit("bytes", 1734), "1734 B");
}

TEST(Text, AMetricIsNamedOnlyWhereThereIsDoubt) {
  EXPECT_EQ(metric_label("events_per_second"), "");
  EXPECT_EQ(metric_label("p50_nanoseconds"), "p50");
  EXPECT_EQ(metric_label("nanoseconds_per_token"), "per token");
  EXPECT_EQ(metric_label("something_else"), "something_else");
}

TEST(Text, PaddingCountsCharactersNotBytes) {
  EXPECT_EQ(right("1 µs", 6), "  1 µs");
  EXPECT_EQ(left("1 µs", 6), "1 µs  ");
  EXPECT_EQ(right("too long", 3), "too long");
}

}  // namespace
}  // namespace strandbus::bench
