#pragma once

#include "strandbus/event/stream_event.hpp"

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>

namespace strandbus {
namespace detail {

/// What events live in: kept alive by a count, given back when it falls to zero.
class EventOwner {
 public:
  EventOwner(const EventOwner&) = delete;
  EventOwner& operator=(const EventOwner&) = delete;

  void retain(std::uint32_t count = 1) noexcept {
    references_.fetch_add(count, std::memory_order_relaxed);
  }
  void release(std::uint32_t count = 1) noexcept {
    // acq_rel: the last holder sees what every other one did before it let go.
    if (references_.fetch_sub(count, std::memory_order_acq_rel) == count) give_back();
  }

 protected:
  EventOwner() = default;
  virtual ~EventOwner() = default;

 private:
  virtual void give_back() noexcept = 0;

  std::atomic<std::uint32_t> references_{0};
};

/// One counted reference to an EventOwner.
template <class Owner>
class Pin {
 public:
  Pin() = default;
  explicit Pin(Owner* owner) noexcept : owner_(owner) {
    if (owner_) owner_->retain();
  }
  /// Takes over a reference that was counted before.
  static Pin adopt(Owner* owner) noexcept {
    Pin pin;
    pin.owner_ = owner;
    return pin;
  }
  Pin(const Pin& other) noexcept : Pin(other.owner_) {}
  Pin(Pin&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
  Pin& operator=(Pin other) noexcept {
    std::swap(owner_, other.owner_);
    return *this;
  }
  ~Pin() {
    if (owner_) owner_->release();
  }

  Owner* get() const noexcept { return owner_; }
  Owner* operator->() const noexcept { return owner_; }
  explicit operator bool() const noexcept { return owner_ != nullptr; }

 private:
  Owner* owner_ = nullptr;
};

/// Events that stand one behind the other in memory and are handed out 64 at a time.
inline constexpr std::size_t batch_capacity = 64;

}  // namespace detail

/// An event as one reader got it, with the account of what it did not get. A handle: copying it
/// copies no event, and the event stays valid as long as a handle to it exists.
///
/// Threads: distinct objects; the event may be read from any thread.
/// Lifetime: may outlive the stream and the bus. A kept handle also keeps up to 63 events around
/// its own alive; copy the StreamEvent to keep just one for long.
class Delivery {
 public:
  Delivery(const StreamEvent& event, detail::Pin<detail::EventOwner> owner, std::uint64_t first_seq,
           std::uint64_t missed) noexcept
      : event_(&event), owner_(std::move(owner)), first_seq_(first_seq), missed_(missed) {}

  const StreamEvent& event() const noexcept { return *event_; }
  const StreamEvent& operator*() const noexcept { return *event_; }
  const StreamEvent* operator->() const noexcept { return event_; }

  /// The first and the last seq that this event stands for; they differ when deltas were merged.
  std::uint64_t first_seq() const noexcept { return first_seq_; }
  std::uint64_t last_seq() const noexcept { return event_->seq(); }

  /// How many events between the previous delivery and this one were gone before this reader's
  /// filter could see them.
  std::uint64_t missed() const noexcept { return missed_; }

 private:
  friend class Batch;

  const StreamEvent* event_;
  detail::Pin<detail::EventOwner> owner_;
  std::uint64_t first_seq_;
  std::uint64_t missed_;
};

/// Up to 64 events, read in place: iterating takes no lock, no allocation and no count per event.
/// What was merged of several deltas comes in a batch of its own.
///
/// Threads: distinct objects.
/// Lifetime: the events are valid as long as the batch or a Delivery of it exists.
class Batch {
 public:
  class iterator {
   public:
    using value_type = StreamEvent;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::forward_iterator_tag;
    using pointer = const StreamEvent*;
    using reference = const StreamEvent&;

    iterator() = default;
    reference operator*() const noexcept { return base_[std::countr_zero(selected_)]; }
    pointer operator->() const noexcept { return &**this; }
    iterator& operator++() noexcept {
      selected_ &= selected_ - 1;
      return *this;
    }
    iterator operator++(int) noexcept {
      iterator old = *this;
      ++*this;
      return old;
    }
    friend bool operator==(const iterator& a, const iterator& b) noexcept {
      return a.selected_ == b.selected_;
    }

   private:
    friend class Batch;
    iterator(const StreamEvent* base, std::uint64_t selected) noexcept
        : base_(base), selected_(selected) {}

    const StreamEvent* base_ = nullptr;
    std::uint64_t selected_ = 0;
  };

  /// An empty batch.
  Batch() = default;
  Batch(const StreamEvent* base, std::uint64_t selected, detail::Pin<detail::EventOwner> owner,
        std::uint64_t missed) noexcept
      : base_(base), selected_(selected), owner_(std::move(owner)), missed_(missed) {}
  /// A batch of one event.
  explicit Batch(Delivery&& delivery) noexcept
      : base_(delivery.event_),
        selected_(1),
        owner_(std::move(delivery.owner_)),
        missed_(delivery.missed_),
        merged_(delivery.last_seq() - delivery.first_seq_) {}

  iterator begin() const noexcept { return {base_, selected_}; }
  iterator end() const noexcept { return {base_, 0}; }
  bool empty() const noexcept { return selected_ == 0; }
  std::size_t size() const noexcept { return static_cast<std::size_t>(std::popcount(selected_)); }

  /// Events missed before the first one of this batch.
  std::uint64_t missed() const noexcept { return missed_; }

  /// A handle to one event that may be kept beyond the batch. Cost: one atomic increment.
  Delivery delivery(const iterator& position) const {
    return {*position, owner_, position->seq() - merged_, position == begin() ? missed_ : 0};
  }

 private:
  const StreamEvent* base_ = nullptr;
  std::uint64_t selected_ = 0;
  detail::Pin<detail::EventOwner> owner_;
  std::uint64_t missed_ = 0;
  std::uint64_t merged_ = 0;  ///< of a batch of one: how far its first seq is from its last
};

}  // namespace strandbus
