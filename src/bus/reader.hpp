#pragma once

#include "coalescer.hpp"
#include "event_log.hpp"
#include "kept_run.hpp"
#include "strandbus/bus/delivery.hpp"
#include "strandbus/bus/options.hpp"
#include "strandbus/error.hpp"
#include "sync.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace strandbus::detail {

class BusCore;

/// A cursor into the log of a bus, with a filter, an overflow policy and an account.
///
/// Under Overflow::coalesce the cursor runs ahead: deltas are collected, and what was collected is
/// read before the cursor's event.
///
/// Threads: one owner at a time moves it; position() and stats() from any thread.
class Reader {
 public:
  enum class Look : std::uint8_t {
    found,    ///< there is something to take
    nothing,  ///< everything published so far was read, or is held for a while
    ended,    ///< error() says why
  };

  struct Options {
    Overflow overflow;
    Filter filter;
    std::string name;
    std::chrono::milliseconds coalesce_window{};
  };

  /// Errors: std::invalid_argument naming the option whose value is not allowed.
  Reader(std::shared_ptr<BusCore> core, Options options);
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  virtual ~Reader();

  // Under Overflow::coalesce these may throw bad_alloc. Then nothing is lost: the next call goes
  // on.
  /// Passes over events that the filter rejects, up to the first one that it accepts.
  Look look() {
    if (next_ >= reach_ || !is_still_kept(next_)) return look_further();
    matched_ = next_;
    return Look::found;
  }
  /// Takes the event that look() found.
  Delivery take() {
    Delivery delivery = take_uncommitted();
    commit();
    return delivery;
  }
  /// Takes up to `limit` events that stand in one segment, beginning with the one that look()
  /// found.
  Batch take_batch(std::size_t limit);

  /// The seq that is looked at next.
  std::uint64_t next() const noexcept { return next_; }
  /// Whether there is something to take that stands before next().
  bool has_collected() const noexcept { return !ready_.empty() || !coalescer_.empty(); }
  /// When what is held becomes something to take; none if nothing is held.
  std::optional<std::chrono::steady_clock::time_point> held_until() const noexcept;
  /// Why there will be nothing more; set once look() has said `ended`.
  error_code error() const noexcept;

  /// Whether the bus is closed and everything was read. Any thread.
  bool at_end() const noexcept;

  Overflow overflow() const noexcept { return options_.overflow; }
  ReaderStats stats(std::uint64_t head) const;
  ReaderStats current_stats() const;

  // Under the lock of the bus.
  /// Called once, when the reader joins: its first event.
  void begin_at(std::uint64_t seq) noexcept;
  /// The first event that this reader has not read.
  std::uint64_t position() const noexcept { return position_.load(std::memory_order_seq_cst); }

 protected:
  const std::shared_ptr<BusCore>& core() const noexcept { return core_; }
  /// Takes an event that counts as read only when commit() says so: the bus keeps it until then.
  Delivery take_uncommitted() {
    if (has_collected()) return take_collected();
    ++taken_;
    const std::uint64_t seq = next_++;
    return {kept_[seq], pin(), seq, std::exchange(pending_missed_, 0)};
  }
  /// Lets what was taken or rejected count as read.
  void commit() noexcept {
    count_taken();
    tell_position();
  }
  /// Whether the event of this seq is the one to look at next, is kept and is not to be merged.
  /// What the reader knew of its place is forgotten: the caller brings the event.
  bool comes_to(std::uint64_t seq) noexcept {
    if (next_ != seq || seq < log_.tail() || ending_ != Errc{} || pending_missed_ > 0 ||
        options_.overflow == Overflow::coalesce)
      return false;
    if (kept_.segment) forget_place();
    return true;
  }
  bool passes(const StreamEvent& event) noexcept {
    return options_.filter.accepts_all() || matches(event);
  }
  /// Goes beyond the event that comes_to() has said yes to: it was read, or not wanted.
  void pass_by(bool wanted) noexcept {
    ++next_;
    add(wanted ? delivered_ : filtered_, 1);
    tell_position();
  }
  /// Leaves the bus: a blocking reader no longer holds events back. Any thread; once or more.
  void leave() noexcept;

 private:
  Look look_further();
  Look seek();
  Look seek_uncommitted();
  bool find_next();
  bool find_in_segment() noexcept;
  std::uint64_t next_of_types(std::uint64_t seq, std::uint64_t end) const noexcept;
  /// What a blocking reader has come to in the window stays there until it has read it.
  bool is_still_kept(std::uint64_t seq) const noexcept {
    return holds_window_ || seq >= log_.tail();
  }
  void forget_place() noexcept;
  KeptRun following() noexcept;
  void keep(KeptRun run) noexcept;
  /// A reference to the segment that is read, from a stock: one step on the count for many.
  Pin<EventOwner> pin() noexcept {
    if (credit_ == 0) {
      credit_ = batch_capacity;
      kept_.segment->retain(credit_);
    }
    --credit_;
    return Pin<EventOwner>::adopt(kept_.segment.get());
  }
  void return_credit() noexcept;
  // The owner is the only writer: no read-modify-write is needed.
  static void add(sync::Atomic<std::uint64_t>& counter, std::uint64_t count) noexcept {
    counter.store(counter.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }
  void count_taken() noexcept {
    if (taken_ > 0) add(delivered_, std::exchange(taken_, 0));
    if (rejected_ > 0) add(filtered_, std::exchange(rejected_, 0));
    if (taken_held_ > 0) count_merged();
  }
  void tell_position() noexcept {
    position_.store(next_, std::memory_order_release);
    if (options_.overflow == Overflow::block) tell_advance();
  }
  void count_merged() noexcept;
  void tell_advance() noexcept;
  Delivery take_collected();
  void skip(std::uint64_t gone);
  bool matches(const StreamEvent& event) noexcept;
  Look look_collecting();
  void collect(const StreamEvent& event);
  void flush();
  Look end() noexcept;

  const std::shared_ptr<BusCore> core_;
  const EventLog& log_;
  const Options options_;
  std::uint64_t next_ = 0;
  std::uint64_t matched_ = 0;         ///< the seq that was found; it can be taken, kept or not
  std::uint64_t reach_ = 0;           ///< what comes before it is wanted and stands in kept_
  std::uint64_t known_head_ = 0;      ///< the log's head, when it was last needed
  std::uint64_t pending_missed_ = 0;  ///< to be told with the next delivery
  KeptRun kept_;                      ///< holds next_, once it was found
  std::uint32_t credit_ = 0;          ///< references to kept_.segment that pin() may give away
  bool holds_window_ = false;         ///< nothing from next_ on can be dropped
  Errc ending_{};                     ///< why seek() has ended
  bool lag_told_ = false;             ///< since the reader has last read everything

  Coalescer coalescer_;
  std::vector<Coalescer::Merged> ready_;  ///< what was collected and is complete
  std::chrono::steady_clock::time_point held_until_{};

  // Taken or rejected, and not yet committed.
  std::uint64_t rejected_ = 0;
  std::uint64_t taken_ = 0;
  std::uint64_t taken_merged_ = 0;
  std::uint64_t taken_held_ = 0;

  sync::Mutex leaving_;
  bool left_ = false;  ///< under the mutex: other threads may let a reader go that looks

  sync::Atomic<Errc> error_{};
  // Written by the owner only; atomic so that stats() can look.
  sync::Atomic<std::uint64_t> position_{0};
  sync::Atomic<std::uint64_t> delivered_{0};
  sync::Atomic<std::uint64_t> merged_{0};
  sync::Atomic<std::uint64_t> filtered_{0};
  sync::Atomic<std::uint64_t> missed_{0};
  sync::Atomic<std::uint64_t> held_{0};  ///< events before position_ that were collected, not taken
};

}  // namespace strandbus::detail
