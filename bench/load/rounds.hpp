#pragma once

#include "load/readers.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace strandbus::load {

/// What one round of publishing came to.
struct Round {
  double deliveries_per_second = 0;
  double p50_ms = 0;
  double p99_ms = 0;
};

/// Of each figure the one in the middle; 0 of none.
Round median_of(const std::vector<Round>& rounds);

/// Publishes to a session, and waits for its readers.
///
/// Threads: one caller at a time.
class Stage {
 public:
  using Crowd = std::vector<Readers*>;

  /// The first event that is published gets the seq behind `after`. The target must outlive this.
  Stage(const Target& target, std::uint64_t after) : target_(target), last_(after) {}

  /// Publishes as fast as the server answers.
  Round burst(const Crowd& crowd, std::size_t events);
  /// Publishes at a pace that the readers of a small machine can follow.
  Round paced(const Crowd& crowd, std::size_t events);
  /// Publishes without readers, all in one request.
  void fill(std::size_t events);

  std::uint64_t last_seq() const noexcept { return last_; }

 private:
  Round publish(const Crowd& crowd, std::size_t events, std::chrono::nanoseconds gap);

  const Target& target_;
  std::uint64_t last_;
};

}  // namespace strandbus::load
