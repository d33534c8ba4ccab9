#pragma once

#include "strandbus/bus/delivery.hpp"
#include "sync.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

namespace strandbus::detail {

class Segment;

/// Segments that nobody uses at the moment, so that a bus in its steady state allocates nothing.
///
/// Threads: any thread.
class SegmentPool : public std::enable_shared_from_this<SegmentPool> {
 public:
  SegmentPool();
  ~SegmentPool();

  /// An empty segment whose first event will have this seq.
  Pin<Segment> take(std::uint64_t first_seq);
  /// An empty segment for events whose seqs have gaps.
  Pin<Segment> take_sparse();
  void put(std::unique_ptr<Segment> segment) noexcept;

 private:
  static constexpr std::size_t max_idle = 4;

  std::unique_ptr<Segment> take_idle();

  sync::Mutex mutex_;
  std::vector<std::unique_ptr<Segment>> idle_;
};

/// Events in place: consecutive ones, but for a sparse segment. Filled by publishers under the
/// log's lock, read without one up to the log's head; alive as long as somebody pins it.
class Segment final : public EventOwner {
 public:
  static constexpr std::size_t capacity = batch_capacity;

  Segment() = default;
  ~Segment() override;

  std::uint64_t first_seq() const noexcept { return first_seq_; }
  /// One past the last seq that this segment can hold; smaller once it was sealed early.
  std::uint64_t end_seq() const noexcept { return end_seq_.load(std::memory_order_relaxed); }
  const StreamEvent* data() const noexcept { return slot(0); }

  // Under the log's lock.
  /// The seq of the first event; while there is none.
  void begin_at(std::uint64_t seq) noexcept {
    first_seq_ = seq;
    end_seq_.store(seq + capacity, std::memory_order_relaxed);
  }
  /// Its seqs have gaps.
  void begin_sparse() noexcept {
    first_seq_ = 0;
    end_seq_.store(std::numeric_limits<std::uint64_t>::max(), std::memory_order_relaxed);
  }
  std::size_t size() const noexcept { return size_; }
  std::uint64_t next_seq() const noexcept { return first_seq_ + size_; }
  /// Makes the next event, of a draft. There is room.
  template <class Draft>
  StreamEvent& append(Draft& draft, std::uint32_t bytes) noexcept {
    StreamEvent* const event = slot(size_);
    draft.place(event);
    bytes_[size_] = bytes;
    types_[size_] = event->type();
    ++size_;
    want(size_ + look_ahead);
    return *event;
  }
  std::uint32_t bytes_at(std::size_t index) const noexcept { return bytes_[index]; }
  /// As data()[index].type(). All types stand together, so that a filter need not look at the
  /// events and a publisher not at what readers may have in their caches.
  EventType type_at(std::size_t index) const noexcept { return types_[index]; }
  /// No further event goes in here, but in `next`. The reader that needs to know sees it through
  /// the log's head.
  void seal(Segment& next) noexcept {
    end_seq_.store(next_seq(), std::memory_order_relaxed);
    next_.store(&next, std::memory_order_relaxed);
  }
  /// The segment that begins at end_seq(), once an event in it was published. Nothing is said about
  /// whether it is still kept.
  Segment* next() const noexcept { return next_.load(std::memory_order_relaxed); }

 private:
  friend class SegmentPool;

  static constexpr std::size_t look_ahead = 2;

  /// Makes the processor fetch the lines that the event at this index will be written to: another
  /// one has them, because it has read them before the segment was used again. Without effect on
  /// what the program does, and on processors that cannot.
  void want(std::size_t index) const noexcept {
#if defined(__x86_64__)
    if (index >= capacity) return;
    const auto* const line = storage_.data() + index * sizeof(StreamEvent);
    for (std::size_t offset = 0; offset < sizeof(StreamEvent); offset += 64)
      asm volatile("prefetchw %0" : : "m"(line[offset]));
#else
    static_cast<void>(index);
#endif
  }
  void give_back() noexcept override;
  void clear() noexcept;
  StreamEvent* slot(std::uint64_t index) noexcept {
    return reinterpret_cast<StreamEvent*>(storage_.data()) + index;
  }
  const StreamEvent* slot(std::uint64_t index) const noexcept {
    return reinterpret_cast<const StreamEvent*>(storage_.data()) + index;
  }

  std::uint64_t first_seq_ = 0;
  sync::Atomic<std::uint64_t> end_seq_{0};
  sync::Atomic<Segment*> next_{nullptr};
  std::shared_ptr<SegmentPool> pool_;  ///< set while in use
  // What publishers write for each event stays off the line that readers look at for each event.
  alignas(64) std::size_t size_ = 0;
  std::array<std::uint32_t, capacity> bytes_{};
  alignas(64) std::array<EventType, capacity> types_{};
  alignas(64) std::array<std::byte, capacity * sizeof(StreamEvent)> storage_;
};

}  // namespace strandbus::detail
