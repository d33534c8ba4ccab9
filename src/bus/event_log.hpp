#pragma once

#include "kept_run.hpp"
#include "landmark_ring.hpp"
#include "segment.hpp"
#include "sync.hpp"

#include <boost/circular_buffer.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>

namespace strandbus::detail {

/// How much an EventLog keeps.
struct LogBounds {
  std::size_t events;
  std::size_t bytes;
  std::size_t landmarks;
  std::size_t landmark_bytes;
};

/// The kept events of a bus, in segments: a window of the newest ones, bounded by count and bytes,
/// and before it the landmarks, which are what the window lost without its deltas.
///
/// Threads: head() and tail() from any thread; everything else under the lock of the bus.
class EventLog {
 public:
  explicit EventLog(const LogBounds& bounds);

  /// The newest published seq; 0 before the first. Events up to it can be read.
  std::uint64_t head() const noexcept { return head_.load(std::memory_order_acquire); }
  /// The first seq of the window, from which on all events are kept; head() + 1 when it is empty.
  std::uint64_t tail() const noexcept { return tail_.load(std::memory_order_acquire); }
  /// The oldest kept seq; head() + 1 when nothing is kept.
  std::uint64_t oldest() const noexcept {
    return landmarks_.size() > 0 ? landmarks_.first_seq() : tail();
  }
  /// The seq of the first of the `count` newest kept events; the oldest if fewer are kept.
  std::uint64_t first_of_last(std::uint64_t count) const noexcept;

  /// Makes sure that the next append of an event of this size does not allocate, hence not throw.
  [[gnu::always_inline]] void prepare(std::size_t bytes) {
    if (room_ == 0 || newest_segment_bytes_ >= segment_bytes_) begin_segment();
    if (kept() >= bounds_.events || bytes_ + bytes > bounds_.bytes) landmarks_.prepare();
  }
  /// Makes sure that evict can keep at least one more landmark.
  void prepare_landmark() { landmarks_.prepare(); }
  /// Makes the event of seq head() + 1 of a draft. Nobody sees it before show().
  template <class Draft>
  StreamEvent& append(Draft& draft, std::size_t bytes) noexcept {
    const auto counted = static_cast<std::uint32_t>(
        std::min<std::size_t>(bytes, std::numeric_limits<std::uint32_t>::max()));
    bytes_ += counted;
    newest_segment_bytes_ += counted;
    --room_;
    return newest_->append(draft, counted);
  }
  /// Lets the event that was appended be seen.
  void show(std::uint64_t seq) noexcept { head_.store(seq, std::memory_order_release); }
  /// Lets an empty log begin at this seq; after prepare().
  void start_at(std::uint64_t seq) noexcept;

  bool over_bounds() const noexcept {
    return kept() > bounds_.events || bytes_ > bounds_.bytes || landmarks_.over_bounds();
  }
  /// Drops from the window what exceeds its bounds and is older than `gate`, the first event that a
  /// blocking reader has not read; never the newest event. Stops early when `evicted` is full or
  /// when a landmark finds no room.
  void evict(std::uint64_t gate, Evicted& evicted) noexcept {
    std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    while (tail < gate && tail < head &&
           (head + 1 - tail > bounds_.events || bytes_ > bounds_.bytes)) {
      if (!drop_oldest(tail, evicted)) break;
      ++tail;
    }
    landmarks_.evict(evicted);
    tail_.store(tail, std::memory_order_release);
  }

  /// The first kept event whose seq is at least `seq`, and what stands around it; none if that is
  /// not published.
  KeptRun find(std::uint64_t seq) const noexcept;

  /// The events of the window.
  std::uint64_t kept() const noexcept {
    return head_.load(std::memory_order_relaxed) + 1 - tail_.load(std::memory_order_relaxed);
  }
  std::size_t bytes() const noexcept { return bytes_; }
  const LandmarkRing& landmarks() const noexcept { return landmarks_; }

 private:
  void begin_segment();
  /// Takes the event at `tail` out of the window; false when there is no place for what that
  /// leaves.
  bool drop_oldest(std::uint64_t tail, Evicted& evicted) noexcept {
    const std::size_t index = tail - oldest_first_;
    const bool empties = tail + 1 == oldest_end_;
    if (empties && evicted.size() == evicted.capacity()) return false;
    const std::uint32_t bytes = oldest_->bytes_at(index);
    if (landmarks_.wants(oldest_->type_at(index))) {
      if (!landmarks_.has_room()) return false;
      landmarks_.append(oldest_->data()[index], bytes);
    }
    bytes_ -= bytes;
    if (empties) drop_oldest_segment(evicted);
    return true;
  }
  void drop_oldest_segment(Evicted& evicted) noexcept;
  void know_oldest() noexcept;

  const LogBounds bounds_;
  const std::size_t segment_bytes_;  ///< a segment is sealed when it holds this much
  std::shared_ptr<SegmentPool> pool_ = std::make_shared<SegmentPool>();
  boost::circular_buffer<Pin<Segment>> segments_;
  // Of the ends of the list, so that a publish does not look into a segment's head, which readers
  // write: how many events the newest one still takes, and where the oldest one begins and ends.
  std::size_t room_ = 0;
  Segment* newest_ = nullptr;
  Segment* oldest_ = nullptr;
  std::uint64_t oldest_first_ = 0;
  std::uint64_t oldest_end_ = 0;
  std::size_t bytes_ = 0;
  std::size_t newest_segment_bytes_ = 0;
  LandmarkRing landmarks_;
  // Pairs with the armed flag of ParkingLot and the count of CallbackDispatcher: a publisher stores
  // the head and then looks at the flag, with a light barrier between; a waiter sets the flag and
  // then looks at the head, with a heavy one.
  alignas(64) sync::Atomic<std::uint64_t> head_{0};
  sync::Atomic<std::uint64_t> tail_{1};
};

}  // namespace strandbus::detail
