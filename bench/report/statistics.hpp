#pragma once

#include <span>

namespace strandbus::bench {

/// What the rounds of a measurement come to.
struct Summary {
  double median{};  ///< with an even count the mean of the two in the middle
  double min{};
  double max{};
};

/// All zero without values.
Summary summarize(std::span<const double> values);

}  // namespace strandbus::bench
