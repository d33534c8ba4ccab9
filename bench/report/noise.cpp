#include "report/noise.hpp"

#include "report/statistics.hpp"
#include "report/text.hpp"

#include <algorithm>
#include <vector>

namespace strandbus::bench {

namespace {

constexpr double far_ns = 600;       // 240 to 330 on a quiet machine of two cores
constexpr double steady_factor = 3;  // from the median to the worst

}  // namespace

bool is_noisy(const RoundTrip& round_trip) noexcept {
  return round_trip.median_ns > far_ns ||
         round_trip.worst_ns > steady_factor * round_trip.median_ns;
}

Noise noise_of(std::span<const RoundTrip> round_trips) {
  Noise noise{.probes = round_trips.size()};
  std::vector<double> medians;
  for (const RoundTrip& round_trip : round_trips) {
    medians.push_back(round_trip.median_ns);
    if (is_noisy(round_trip)) ++noise.noisy;
    noise.worst_ns = std::max(noise.worst_ns, round_trip.worst_ns);
  }
  noise.median_ns = summarize(medians).median;
  return noise;
}

std::string describe(const Noise& noise) {
  if (noise.noisy == 0) return "";
  return "noisy in " + std::to_string(noise.noisy) + " of " + std::to_string(noise.probes) +
         " probes, round trip up to " + with_unit("nanoseconds", noise.worst_ns);
}

}  // namespace strandbus::bench
