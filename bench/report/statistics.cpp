#include "report/statistics.hpp"

#include <algorithm>
#include <vector>

namespace strandbus::bench {

Summary summarize(std::span<const double> values) {
  if (values.empty()) return {};
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const std::size_t upper = sorted.size() / 2;
  const std::size_t lower = (sorted.size() - 1) / 2;
  return {
      .median = (sorted[lower] + sorted[upper]) / 2, .min = sorted.front(), .max = sorted.back()};
}

}  // namespace strandbus::bench
