#include "strandbus/sink/duration_histogram.hpp"

#include "event/saturating_sum.hpp"

#include <algorithm>
#include <cmath>

namespace strandbus {

using detail::add_to;

void DurationHistogram::record(std::int64_t duration_ms) noexcept {
  const std::int64_t duration = std::max<std::int64_t>(duration_ms, 0);
  const auto bucket = std::lower_bound(bounds_ms.begin(), bounds_ms.end(), duration);
  ++counts[static_cast<std::size_t>(bucket - bounds_ms.begin())];
  min_ms = count == 0 ? duration : std::min(min_ms, duration);
  max_ms = std::max(max_ms, duration);
  ++count;
  add_to(sum_ms, duration);
}

DurationHistogram& DurationHistogram::operator+=(const DurationHistogram& other) noexcept {
  if (other.count == 0) return *this;
  min_ms = count == 0 ? other.min_ms : std::min(min_ms, other.min_ms);
  max_ms = std::max(max_ms, other.max_ms);
  for (std::size_t i = 0; i < counts.size(); ++i) add_to(counts[i], other.counts[i]);
  add_to(count, other.count);
  add_to(sum_ms, other.sum_ms);
  return *this;
}

std::optional<double> DurationHistogram::quantile_ms(double q) const noexcept {
  if (count == 0) return std::nullopt;
  if (!(q > 0)) return static_cast<double>(min_ms);
  if (q >= 1) return static_cast<double>(max_ms);
  const auto total = static_cast<double>(count);
  const double rank = std::clamp(std::ceil(q * total), 1.0, total);
  double below = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto here = static_cast<double>(counts[i]);
    if (here == 0 || below + here < rank) {
      below += here;
      continue;
    }
    const std::int64_t lower = std::max(i == 0 ? 0 : bounds_ms[i - 1], min_ms);
    const std::int64_t upper = i == bounds_ms.size() ? max_ms : std::min(bounds_ms[i], max_ms);
    return static_cast<double>(lower) + static_cast<double>(upper - lower) * (rank - below) / here;
  }
  return static_cast<double>(max_ms);
}

}  // namespace strandbus
