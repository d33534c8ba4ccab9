#pragma once

#include "strandbus/event/timestamp.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

namespace strandbus::test {

/// A clock that stands still until it is told otherwise. Copies share the time, so one can be given
/// to BusOptions::clock and another kept.
///
/// Threads: any thread.
class FakeClock {
 public:
  explicit FakeClock(Timestamp start = Timestamp(std::chrono::seconds(1'800'000'000)))
      : nanoseconds_(
            std::make_shared<std::atomic<std::int64_t>>(start.time_since_epoch().count())) {}

  Timestamp operator()() const {
    return Timestamp(std::chrono::nanoseconds(nanoseconds_->load(std::memory_order_relaxed)));
  }

  /// Moves the time, backwards too.
  void advance(std::chrono::nanoseconds step) const {
    nanoseconds_->fetch_add(step.count(), std::memory_order_relaxed);
  }

 private:
  std::shared_ptr<std::atomic<std::int64_t>> nanoseconds_;
};

}  // namespace strandbus::test
