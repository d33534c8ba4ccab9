#pragma once

#include "strandbus/event/event_type.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace strandbus::detail {

/// Counts what was started and has not ended, by kind, so that an end is known to belong to a
/// start.
///
/// Threads: distinct objects.
class OpenStarts {
 public:
  /// Whether an event of this type would end something that was started.
  bool ended_by(EventType type) const noexcept;
  /// Takes note of an event that was published.
  void record(EventType type) noexcept {
    if (!is_delta(type)) count(type);
  }

 private:
  void count(EventType type) noexcept;

  static constexpr std::size_t kinds = 10;

  std::array<std::uint32_t, kinds> open_{};
};

}  // namespace strandbus::detail
