#include "strandbus/sink/duration_histogram.hpp"

#include "event/sample.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace strandbus::testing {
namespace {

constexpr auto& bounds = DurationHistogram::bounds_ms;

DurationHistogram histogram_of(const std::vector<std::int64_t>& durations) {
  DurationHistogram histogram;
  for (const std::int64_t duration : durations) histogram.record(duration);
  return histogram;
}

std::size_t bucket_of(double duration) {
  std::size_t bucket = 0;
  while (bucket < bounds.size() && duration > static_cast<double>(bounds[bucket])) ++bucket;
  return bucket;
}

TEST(DurationHistogram, EachBoundIsAtMostThreeTimesTheOneBefore) {
  for (std::size_t i = 1; i < bounds.size(); ++i) {
    EXPECT_LT(bounds[i - 1], bounds[i]);
    EXPECT_LE(bounds[i], 3 * bounds[i - 1]);
  }
}

TEST(DurationHistogram, ABucketCountsUpToItsBoundAndWithIt) {
  const DurationHistogram histogram = histogram_of({0, 1, 2, 3, 5, 3'600'000, 3'600'001});
  EXPECT_EQ(histogram.counts[0], 2);  // 0, 1
  EXPECT_EQ(histogram.counts[1], 1);  // 2
  EXPECT_EQ(histogram.counts[2], 2);  // 3, 5
  EXPECT_EQ(histogram.counts[bounds.size() - 1], 1);
  EXPECT_EQ(histogram.counts[bounds.size()], 1);
}

TEST(DurationHistogram, KnowsCountSumAndExtremesExactly) {
  const DurationHistogram histogram = histogram_of({40, 7, 12});
  EXPECT_EQ(histogram.count, 3);
  EXPECT_EQ(histogram.sum_ms, 59);
  EXPECT_EQ(histogram.min_ms, 7);
  EXPECT_EQ(histogram.max_ms, 40);
}

TEST(DurationHistogram, CountsANegativeDurationAsZero) {
  EXPECT_EQ(histogram_of({-5}), histogram_of({0}));
}

TEST(DurationHistogram, ASumStopsAtTheLargestNumber) {
  constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
  DurationHistogram histogram = histogram_of({largest, largest});
  EXPECT_EQ(histogram.sum_ms, largest);
  EXPECT_EQ(histogram.count, 2);
  EXPECT_EQ(histogram.quantile_ms(0.5), static_cast<double>(largest));
}

TEST(DurationHistogram, ASumOfHistogramsIsTheHistogramOfAll) {
  DurationHistogram sum = histogram_of({});
  sum += histogram_of({3, 900});
  sum += histogram_of({});
  sum += histogram_of({1, 70'000});
  EXPECT_EQ(sum, histogram_of({3, 900, 1, 70'000}));
}

TEST(DurationHistogram, HasNoQuantilesWithoutDurations) {
  EXPECT_EQ(DurationHistogram().quantile_ms(0.5), std::nullopt);
}

TEST(DurationHistogram, QuantilesOfEqualDurationsAreExact) {
  for (const double q : {0.0, 0.01, 0.5, 0.99, 1.0}) {
    EXPECT_EQ(histogram_of({42, 42, 42}).quantile_ms(q), 42.0);
  }
}

TEST(DurationHistogram, TakesAQuantileOutsideItsRangeAsTheExtreme) {
  const DurationHistogram histogram = histogram_of({3, 80});
  EXPECT_EQ(histogram.quantile_ms(-1), 3.0);
  EXPECT_EQ(histogram.quantile_ms(std::nan("")), 3.0);
  EXPECT_EQ(histogram.quantile_ms(2), 80.0);
}

TEST(DurationHistogram, AnEstimateLiesInTheBucketOfTheTrueQuantile) {
  const std::uint64_t seed = test_seed();
  SCOPED_TRACE("STRANDBUS_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 500; ++round) {
    std::vector<std::int64_t> durations(1 + random() % 60);
    for (std::int64_t& duration : durations) {
      duration = static_cast<std::int64_t>(std::exp2(static_cast<double>(random() % 2400) / 100));
    }
    std::ranges::sort(durations);
    const DurationHistogram histogram = histogram_of(durations);
    for (const double q : {0.0, 0.1, 0.5, 0.9, 0.95, 0.99, 1.0}) {
      const auto rank = static_cast<std::size_t>(
          std::max(1.0, std::ceil(q * static_cast<double>(durations.size()))));
      const auto exact = static_cast<double>(durations[rank - 1]);
      const double estimate = histogram.quantile_ms(q).value();
      ASSERT_EQ(bucket_of(estimate), bucket_of(exact)) << "q " << q << " exact " << exact;
      ASSERT_GE(estimate, static_cast<double>(durations.front()));
      ASSERT_LE(estimate, static_cast<double>(durations.back()));
    }
  }
}

}  // namespace
}  // namespace strandbus::testing
