#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace strandbus::load {

/// What is looked at in an event.
struct SeenEvent {
  std::uint64_t seq = 0;
  std::chrono::nanoseconds of_day{};  ///< of its time stamp, since midnight
};

/// The seq and time stamp of an event in the native form; none of what is no event.
std::optional<SeenEvent> see_event(std::string_view json);

/// From one time of a day to a later one, perhaps of the next day; 0 if it is slightly earlier.
std::chrono::nanoseconds delay_between(std::chrono::nanoseconds from, std::chrono::nanoseconds to);

/// The time of day now, of the system's clock.
std::chrono::nanoseconds time_of_day();

/// One event of an agent outside: a notice, with the time at which it was made.
std::string make_event(std::uint64_t number);

/// Whether a reader gets every event once and in order.
///
/// Threads: distinct objects.
class EventCheck {
 public:
  explicit EventCheck(std::uint64_t after = 0) noexcept : last_(after) {}

  /// False when it is not the next one.
  bool take(std::uint64_t seq) noexcept {
    const bool right = seq == last_ + 1;
    if (!right) ++faults_;
    last_ = seq;
    return right;
  }

  std::uint64_t last() const noexcept { return last_; }
  std::uint64_t faults() const noexcept { return faults_; }

 private:
  std::uint64_t last_;
  std::uint64_t faults_ = 0;
};

}  // namespace strandbus::load
