#pragma once

#include "segment.hpp"

#include <algorithm>
#include <cstdint>

namespace strandbus::detail {

/// Kept events whose seqs follow each other without a gap, standing one behind the other in one
/// segment, and the place in them from which somebody wants to read.
struct KeptRun {
  Pin<Segment> segment{};
  const StreamEvent* events = nullptr;
  std::uint64_t first = 0;  ///< the seq of *events
  std::uint64_t last = 0;   ///< the last seq that can stand here
  std::uint64_t next = 0;   ///< the first kept seq that is not before the one that was looked for

  /// One past the last seq that can stand here; smaller once the segment was sealed early.
  std::uint64_t end() const noexcept { return std::min(last + 1, segment->end_seq()); }
  bool covers(std::uint64_t seq) const noexcept { return segment && seq >= first && seq < end(); }
  const StreamEvent& operator[](std::uint64_t seq) const noexcept { return events[seq - first]; }
  EventType type_at(std::uint64_t seq) const noexcept {
    return segment->type_at(static_cast<std::size_t>(events - segment->data()) + (seq - first));
  }
};

}  // namespace strandbus::detail
