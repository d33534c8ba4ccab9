#pragma once

#include "kept_run.hpp"
#include "segment.hpp"

#include <boost/circular_buffer.hpp>
#include <boost/container/static_vector.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace strandbus::detail {

/// Segments that left the log; to be dropped after the lock was released, because dropping destroys
/// events.
using Evicted = boost::container::static_vector<Pin<Segment>, 4>;

/// The events that outlive the history: all but the deltas, bounded by count and bytes. Their seqs
/// grow and have gaps.
///
/// Threads: under the lock of the bus.
class LandmarkRing {
 public:
  /// Keeps nothing if `max_events` is 0.
  LandmarkRing(std::size_t max_events, std::size_t max_bytes, std::shared_ptr<SegmentPool> pool);

  /// Makes room for at least one append, so that it does not allocate.
  void prepare() {
    if (max_events_ > 0 && !has_room()) begin_segment();
  }
  /// Whether an event of this type is kept here.
  bool wants(EventType type) const noexcept { return max_events_ > 0 && !is_delta(type); }
  /// Whether append has its place.
  bool has_room() const noexcept { return room_ > 0; }
  /// Keeps a copy of an event that leaves the history.
  void append(const StreamEvent& event, std::uint32_t bytes) noexcept;
  /// Drops what exceeds the bounds, as long as `evicted` can take what is dropped.
  void evict(Evicted& evicted) noexcept {
    if (over_bounds()) drop_what_exceeds(evicted);
  }

  /// The first kept event whose seq is at least `seq`, and those that follow it without a gap; none
  /// if there is no such event.
  KeptRun find(std::uint64_t seq) const noexcept;
  /// The seq of the oldest event. Not empty.
  std::uint64_t first_seq() const noexcept { return (*this)[0].seq(); }
  /// The seq of the last but `count` - 1. At least `count` events are here, and `count` at least 1.
  std::uint64_t seq_from_end(std::uint64_t count) const noexcept {
    return (*this)[size_ - count].seq();
  }

  bool over_bounds() const noexcept {
    return size_ > 0 && (size_ > max_events_ || bytes_ > max_bytes_);
  }
  std::size_t size() const noexcept { return size_; }
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  // Positions count from the oldest event; segments are full but for the first and the last.
  const StreamEvent& operator[](std::size_t position) const noexcept;
  const Pin<Segment>& segment_of(std::size_t position) const noexcept;
  void begin_segment();
  void drop_what_exceeds(Evicted& evicted) noexcept;
  void drop_oldest(Evicted& evicted) noexcept;

  const std::size_t max_events_;
  const std::size_t max_bytes_;
  const std::shared_ptr<SegmentPool> pool_;
  boost::circular_buffer<Pin<Segment>> segments_;
  std::size_t room_ = 0;     ///< in the last segment
  std::size_t dropped_ = 0;  ///< how many of the first segment are gone
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace strandbus::detail
