#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace strandbus {

/// How long things took: a count per bucket of fixed bounds, the exact count, sum and extremes.
///
/// The bounds go from 1 ms to one hour, each at most three times the one before: fine enough for a
/// tool that takes milliseconds and wide enough for a run that takes minutes. They are the same
/// everywhere and for ever, so that histograms of different processes and days can be added.
///
/// Threads: distinct objects.
struct DurationHistogram {
  /// The longest duration that each bucket counts; the last bucket has no bound.
  static constexpr std::array<std::int64_t, 20> bounds_ms{
      1,     2,     5,      10,     20,     50,      100,     200,     500,       1'000,
      2'000, 5'000, 10'000, 30'000, 60'000, 120'000, 300'000, 600'000, 1'800'000, 3'600'000};

  std::array<std::int64_t, bounds_ms.size() + 1> counts{};  ///< per bucket, not cumulative
  std::int64_t count{};
  std::int64_t sum_ms{};  ///< stops at the largest number
  std::int64_t min_ms{};  ///< 0 while count is 0
  std::int64_t max_ms{};  ///< 0 while count is 0

  /// Counts one duration; a negative one, which no clock makes, as 0.
  void record(std::int64_t duration_ms) noexcept;

  DurationHistogram& operator+=(const DurationHistogram& other) noexcept;

  /// An estimate of the duration that a share `q` (0 … 1) of all durations does not exceed: 0.5 is
  /// the median. Absent while count is 0.
  ///
  /// The true value, the one of rank ceil(q × count), lies in the same bucket as the estimate, and
  /// between min_ms and max_ms. So the estimate is off by less than the width of that bucket: at
  /// most 1 ms below 1 ms, and by a factor of at most 3 up to an hour. Exact for q = 0 and q = 1.
  std::optional<double> quantile_ms(double q) const noexcept;

  friend bool operator==(const DurationHistogram&, const DurationHistogram&) = default;
};

}  // namespace strandbus
