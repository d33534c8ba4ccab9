#pragma once

#include "segment.hpp"
#include "sync.hpp"

#include <boost/circular_buffer.hpp>
#include <boost/container/static_vector.hpp>

#include <cstdint>

namespace strandbus::detail {

/// The kept events of a bus, in segments, bounded by count and bytes.
///
/// Threads: head() and tail() from any thread; everything else under the lock of the bus.
class EventLog {
 public:
  /// Segments that left the log; to be dropped after the lock was released, because dropping
  /// destroys events.
  using Evicted = boost::container::static_vector<Pin<Segment>, 2>;

  EventLog(std::size_t max_events, std::size_t max_bytes);

  /// The newest published seq; 0 before the first. Events up to it can be read.
  std::uint64_t head() const noexcept { return head_.load(std::memory_order_seq_cst); }
  /// The oldest kept seq; head() + 1 when nothing is kept.
  std::uint64_t tail() const noexcept { return tail_.load(std::memory_order_acquire); }

  /// Makes sure that the next append does not allocate, hence not throw.
  void prepare();
  /// Appends a stamped event whose seq is head() + 1.
  void append(StreamEvent&& event, std::size_t bytes) noexcept;
  /// Lets an empty log begin at this seq; after prepare().
  void start_at(std::uint64_t seq) noexcept;

  bool over_bounds() const noexcept { return kept() > max_events_ || bytes_ > max_bytes_; }
  /// Drops what exceeds the bounds and is older than `gate`, the first event that a blocking reader
  /// has not read; at most as many segments as `evicted` can take, and never the newest event.
  void evict(std::uint64_t gate, Evicted& evicted) noexcept;

  /// The segment that holds this seq; none if it is gone or not published.
  Pin<Segment> find(std::uint64_t seq) const noexcept;

  std::uint64_t kept() const noexcept {
    return head_.load(std::memory_order_relaxed) + 1 - tail_.load(std::memory_order_relaxed);
  }
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  bool needs_segment() const noexcept;
  void drop_oldest(Evicted& evicted) noexcept;

  const std::size_t max_events_;
  const std::size_t max_bytes_;
  const std::size_t segment_bytes_;  ///< a segment is sealed when it holds this much
  std::shared_ptr<SegmentPool> pool_ = std::make_shared<SegmentPool>();
  boost::circular_buffer<Pin<Segment>> segments_;
  std::size_t bytes_ = 0;
  std::size_t newest_segment_bytes_ = 0;
  // Pairs with the armed flag of ParkingLot: a publisher stores the head and then looks at the
  // flag, a waiter sets the flag and then looks at the head; sequentially consistent on both sides.
  alignas(64) sync::Atomic<std::uint64_t> head_{0};
  sync::Atomic<std::uint64_t> tail_{1};
};

}  // namespace strandbus::detail
