#include "callback_dispatcher.hpp"

#include "event_log.hpp"
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
  for (;;) {
    std::uint64_t seen = requests_.load(std::memory_order_acquire);
    if (deliver_until_empty(hand_over_after)) {
      if (requests_.compare_exchange_strong(seen, 0, std::memory_order_acq_rel)) return;
    } else if (taken_over()) {
      return;
    }
  }
}

/// Leaves the deliverer's part open for a moment; true if another thread has taken it.
bool CallbackDispatcher::taken_over() noexcept {
  current_.clear();
  current_version_ = 0;
  requests_.store(0, std::memory_order_release);
  for (int i = 0; i < hand_over_patience; ++i) {
    sync::yield();
    if (requests_.load(std::memory_order_relaxed) != 0) return true;
  }
  std::uint64_t nobody = 0;
  return !requests_.compare_exchange_strong(nobody, 1, std::memory_order_acq_rel);
}

/// Delivers in the order of events, each to all callbacks; false when the budget was used up first.
bool CallbackDispatcher::deliver_until_empty(int budget) noexcept {
  refresh();
  for (std::uint64_t seq = next_seq(); seq <= log_.head(); seq = next_seq()) {
    if (budget-- == 0) return false;
    if (!deliver(seq)) break;  // the next publish tries again
    refresh();
  }
  return true;
}

std::uint64_t CallbackDispatcher::next_seq() const noexcept {
  std::uint64_t lowest = std::numeric_limits<std::uint64_t>::max();
  for (const auto& reader : current_) {
    if (reader->active()) lowest = std::min(lowest, reader->next());
  }
  return lowest;
}

/// False if a reader found no memory to come beyond this event.
bool CallbackDispatcher::deliver(std::uint64_t seq) noexcept {
  bool all_went_on = true;
  for (const auto& reader : current_) {
    if (!reader->active() || reader->next() > seq) continue;
    if (reader->deliver(seq) == Reader::Look::ended) {
      remove(*reader);
    } else if (reader->active() && reader->next() <= seq) {
      all_went_on = false;
    }
  }
  return all_went_on;
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

void CallbackDispatcher::refresh() noexcept {
  if (version_.load(std::memory_order_acquire) == current_version_) return;
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
