#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::bench {

/// One number that a measurement found, in the unit that its name tells.
struct Figure {
  std::string metric;  ///< events_per_second, nanoseconds, bytes, p50_nanoseconds …
  double value;
};

/// Something that can be measured: what one contender does in one scenario.
struct Measurement {
  std::string_view scenario;   ///< "P1.pinned"
  std::string_view contender;  ///< "strandbus batch"
  std::function<std::vector<Figure>()> measure;
};

/// The main function of a measuring program. Without arguments it lists what it can measure, one
/// "scenario<TAB>contender" per line; with a scenario and a contender it measures that once and
/// prints one "metric<TAB>value" per line. What goes wrong, and a check that fails, is told on
/// standard error with exit code 1.
int run_measurements(int argc, char** argv, std::span<const Measurement> measurements);

/// Events per second, from a count and the nanoseconds that it took.
Figure events_per_second(double events, double nanoseconds);

/// The median and the 99th percentile of single times, in nanoseconds.
std::vector<Figure> percentiles(std::vector<double> nanoseconds);

}  // namespace strandbus::bench
