#pragma once

#include <chrono>
#include <cstdint>

namespace strandbus::detail {

/// How long those who wake readers go on looking for more before they let publishers wake them.
/// Waking costs the publisher much, and looking after every event makes two processors fight for
/// one cache line; so while another thread publishes one event after the other, a look is made
/// every few microseconds. Nobody lingers for a lone event, nor where readers and publishers share
/// a thread.
///
/// Threads: distinct objects.
class Linger {
 public:
  using Clock = std::chrono::steady_clock;

  /// Takes note of a look: how many events it found, and when; false when it was the last one.
  /// The time does not matter unless others publish.
  bool goes_on_after(std::uint64_t events, bool others_publish, Clock::time_point now) noexcept {
    looked_ = now;
    busy_ = others_publish && (busy_ || events >= many);
    if (events > 0) empty_ = 0;
    return events > 0 || (busy_ && ++empty_ <= patience);
  }

  /// Whether to wait before the next look.
  bool waits() const noexcept { return busy_; }
  /// When to look next; what comes before is in the past.
  Clock::time_point next_look() const noexcept { return busy_ ? looked_ + interval : looked_; }

 private:
  static constexpr std::chrono::microseconds interval{2};
  /// Looks that find nothing: longer than waking somebody takes.
  static constexpr int patience = 25;
  static constexpr std::uint64_t many = 8;

  Clock::time_point looked_{};
  bool busy_ = false;
  int empty_ = 0;
};

}  // namespace strandbus::detail
