#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace strandbus::bench {

/// How long a word took to another core and back, just before a scenario was measured.
struct RoundTrip {
  double median_ns{};
  double worst_ns{};  ///< of the short series that it was measured in, the 99th percentile
};

/// Whether something else uses the cores: the way between them is long, or not always as long.
bool is_noisy(const RoundTrip& round_trip) noexcept;

/// What these probes say about the machine.
struct Noise {
  std::size_t probes{};
  std::size_t noisy{};
  double median_ns{};  ///< of the medians
  double worst_ns{};
};
Noise noise_of(std::span<const RoundTrip> round_trips);

/// For people; empty where nothing was noisy: "noisy in 2 of 5 probes, round trip up to 10.2 µs".
std::string describe(const Noise& noise);

}  // namespace strandbus::bench
