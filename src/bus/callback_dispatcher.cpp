#include "callback_dispatcher.hpp"

#include "bus_core.hpp"
#include "callback_scope.hpp"
#include "sync.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace strandbus::detail {

void CallbackDispatcher::add(std::shared_ptr<CallbackReader> reader) {
  {
    std::lock_guard lock(mutex_);
    reserve(readers_.size() + 1);
    readers_.push_back(std::move(reader));
    count_.store(readers_.size(), std::memory_order_seq_cst);
    version_.fetch_add(1, std::memory_order_release);
  }
  sync::heavy_barrier();  // see EventLog::head_: whoever calls run() next sees what came before
}

void CallbackDispatcher::remove(const CallbackReader& reader) noexcept {
  std::shared_ptr<CallbackReader> removed;  // dropped after the lock was released
  {
    std::lock_guard lock(mutex_);
    const auto found = std::find_if(readers_.begin(), readers_.end(),
                                    [&](const auto& known) { return known.get() == &reader; });
    if (found == readers_.end()) return;
    removed = std::move(*found);
    readers_.erase(found);
    count_.store(readers_.size(), std::memory_order_seq_cst);
    version_.fetch_add(1, std::memory_order_release);
  }
  run();  // the deliverer forgets it too: a reader owns the bus that owns this dispatcher
}

void CallbackDispatcher::run() noexcept {
  // A request that finds another one pending is answered by that one's thread.
  if (requests_.fetch_add(1, std::memory_order_acq_rel) != 0) return;
  KeepAlive keep_alive;  // the last to go
  for (;;) {
    std::uint64_t seen = requests_.load(std::memory_order_acquire);
    if (deliver_until_empty(hand_over_after, keep_alive)) {
      if (requests_.compare_exchange_strong(seen, 0, std::memory_order_acq_rel)) return;
    } else if (taken_over(keep_alive)) {
      return;
    }
  }
}

/// The readers own the bus, as long as they are listed; before a list goes it is time to do it
/// here.
void CallbackDispatcher::keep(KeepAlive& keep_alive) const noexcept {
  if (!keep_alive && !current_.empty()) keep_alive = current_.front()->core();
}

/// Leaves the deliverer's part open for a moment; true if another thread has taken it.
bool CallbackDispatcher::taken_over(KeepAlive& keep_alive) noexcept {
  keep(keep_alive);
  current_.clear();
  current_version_ = 0;
  in_step_ = false;
  requests_.store(0, std::memory_order_release);
  for (int i = 0; i < hand_over_patience; ++i) {
    sync::yield();
    if (requests_.load(std::memory_order_relaxed) != 0) return true;
  }
  std::uint64_t nobody = 0;
  return !requests_.compare_exchange_strong(nobody, 1, std::memory_order_acq_rel);
}

/// Delivers in the order of events, each to all callbacks; false when the budget was used up first.
bool CallbackDispatcher::deliver_until_empty(int budget, KeepAlive& keep_alive) noexcept {
  const CallbackScope scope(bus_);
  for (;; --budget) {
    refresh(keep_alive);
    if (!in_step_) find_next_seq();
    if (next_seq_ > bus_.log().head()) return true;
    if (budget == 0) return false;
    if (!deliver(next_seq_)) return true;  // the next publish tries again
    if (in_step_) ++next_seq_;
  }
}

void CallbackDispatcher::find_next_seq() noexcept {
  next_seq_ = std::numeric_limits<std::uint64_t>::max();
  for (const auto& reader : current_) {
    if (reader->active()) next_seq_ = std::min(next_seq_, reader->next());
  }
}

/// A delivery that counts no reference of its own: the segment is kept by who made it. Copies of it
/// do count.
union CallbackDispatcher::Borrowed {
  Borrowed(const StreamEvent& event, EventOwner* owner, std::uint64_t seq) noexcept
      : delivery(event, Pin<EventOwner>::adopt(owner), seq, 0) {}
  ~Borrowed() {}  // NOLINT: gives no reference back

  Delivery delivery;
};

/// False if a reader found no memory to come beyond this event.
bool CallbackDispatcher::deliver(std::uint64_t seq) noexcept {
  in_step_ = true;
  bool all_went_on = true;
  const StreamEvent* const event = event_at(seq);
  if (!event) {
    for (const auto& reader : current_) all_went_on &= deliver_slowly(*reader, seq);
    return all_went_on;
  }
  const Borrowed borrowed(*event, kept_.segment.get(), seq);
  for (const auto& reader : current_) {
    if (!reader->deliver_next(borrowed.delivery)) all_went_on &= deliver_slowly(*reader, seq);
  }
  return all_went_on;
}

/// To a reader that has come to another event, or has to look what has become of this one.
bool CallbackDispatcher::deliver_slowly(CallbackReader& reader, std::uint64_t seq) noexcept {
  in_step_ = false;
  if (!reader.active() || reader.next() > seq) return true;
  if (reader.deliver(seq) != Reader::Look::ended) return !reader.active() || reader.next() > seq;
  remove(reader);
  return true;
}

/// The event of this seq if it is kept.
const StreamEvent* CallbackDispatcher::event_at(std::uint64_t seq) noexcept {
  if (!kept_.covers(seq)) {
    kept_ = bus_.find(seq);
    if (kept_.next != seq) kept_ = {};
  }
  return kept_.segment ? &kept_[seq] : nullptr;
}

/// Makes room for so many readers where refresh() will want it: it runs when an event has been
/// accepted and must not fail. Two lists, because the deliverer holds one while it fills the other.
void CallbackDispatcher::reserve(std::size_t readers) {
  if (readers <= reserved_) return;
  const std::size_t room = std::max<std::size_t>(4, 2 * readers);
  std::array<Readers, 2> spares;
  for (Readers& spare : spares) spare.reserve(room);
  readers_.reserve(room);
  spares_.swap(spares);
  reserved_ = room;
}

void CallbackDispatcher::refresh(KeepAlive& keep_alive) noexcept {
  if (version_.load(std::memory_order_acquire) == current_version_) return;
  in_step_ = false;
  keep(keep_alive);
  kept_ = {};
  Readers old;
  {
    std::lock_guard lock(mutex_);
    old.swap(spares_[0].capacity() >= readers_.size() ? spares_[0] : spares_[1]);
    old = readers_;
    old.swap(current_);
    current_version_ = version_.load(std::memory_order_relaxed);
  }
  old.clear();  // without the lock: it may destroy what users gave
  std::lock_guard lock(mutex_);
  if (old.capacity() >= reserved_) old.swap(spares_[0].capacity() == 0 ? spares_[0] : spares_[1]);
}

}  // namespace strandbus::detail
