#include "report/statistics.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace strandbus::bench {
namespace {

TEST(Statistics, TheMedianOfAnOddCountIsTheValueInTheMiddle) {
  const std::vector<double> values{5, 1, 4, 2, 3};
  const Summary summary = summarize(values);
  EXPECT_EQ(summary.median, 3);
  EXPECT_EQ(summary.min, 1);
  EXPECT_EQ(summary.max, 5);
}

TEST(Statistics, TheMedianOfAnEvenCountIsTheMeanOfTheTwoInTheMiddle) {
  const std::vector<double> values{8, 1, 2, 4};
  EXPECT_EQ(summarize(values).median, 3);
}

TEST(Statistics, OneOutlierDoesNotMoveTheMedian) {
  const std::vector<double> values{10, 11, 12, 13, 1'000'000};
  EXPECT_EQ(summarize(values).median, 12);
}

TEST(Statistics, NoValuesGiveZero) {
  const Summary summary = summarize({});
  EXPECT_EQ(summary.median, 0);
  EXPECT_EQ(summary.max, 0);
}

}  // namespace
}  // namespace strandbus::bench
