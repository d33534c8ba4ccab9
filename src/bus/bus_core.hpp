#pragma once

#include "callback_dispatcher.hpp"
#include "event_draft.hpp"
#include "event_log.hpp"
#include "open_starts.hpp"
#include "parking_lot.hpp"
#include "reader.hpp"
#include "run_ledger.hpp"
#include "sync.hpp"

#include <chrono>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace strandbus::detail {

/// The state of a bus, shared by the bus and its handles.
///
/// One mutex guards the log, the run ledger and the list of readers. It is held for a few dozen
/// instructions per publish and once per 64 events per reader; no user code runs under it.
class BusCore : public std::enable_shared_from_this<BusCore> {
 public:
  /// Without an executor there can be callbacks but no streams.
  BusCore(asio::any_io_executor executor, BusOptions options);

  const asio::any_io_executor& executor() const noexcept { return executor_; }
  const BusOptions& options() const noexcept { return options_; }

  template <class Draft>
  Result<std::uint64_t> publish(Draft draft);
  Result<std::uint64_t> publish(StreamEvent&& event) { return publish(EventDraft(event)); }
  /// The same for an event that has an id and a time.
  Result<std::uint64_t> forward(StreamEvent&& event) { return publish(GivenDraft(event)); }
  Result<std::uint64_t> restore(StreamEvent&& event);
  void close();
  bool closed() const noexcept { return closed_.load(std::memory_order_seq_cst); }

  // Readers.
  const EventLog& log() const noexcept { return log_; }
  ParkingLot& lot() noexcept { return *lot_; }
  CallbackDispatcher& dispatcher() noexcept { return dispatcher_; }
  /// Chooses the reader's first event and registers it, in one step.
  error_code add_reader(Reader& reader, const Start& start);
  void remove_reader(Reader& reader) noexcept;
  /// The first kept event whose seq is at least `seq`. That seq was published.
  KeptRun find(std::uint64_t seq) const;
  /// Publishes that a reader has begun to miss events, on the executor of the bus.
  void tell_lag(const std::string& reader, std::uint64_t missed) noexcept;
  /// The time that events are stamped with.
  Timestamp clock_now() const {
    if (options_.clock) return options_.clock();
    return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
  }
  /// Changes whenever a stream might have more to say than before.
  std::uint64_t epoch() const noexcept { return log_.head() + (closed() ? 1 : 0); }
  std::vector<Delivery> history(std::uint64_t after, std::size_t limit);

  // Blocking readers.
  /// A blocking reader has come to this seq. Wakes those who wait for that, unless this reader
  /// alone still holds them back.
  void blocking_reader_advanced(std::uint64_t position) noexcept {
    if (writable_waiters_.load(std::memory_order_seq_cst) > 0 &&
        log_.head() + 1 < position + options_.backlog_soft) {
      lot_->wake();
    } else if (position > drain_target_.load(std::memory_order_seq_cst)) {
      lot_->wake();
    }
  }
  bool writable() const;
  void async_writable(WaitHandler handler);
  /// Whether every blocking reader has read everything up to this seq.
  bool drained(std::uint64_t seq) const;
  void async_drain(std::chrono::steady_clock::time_point deadline, WaitHandler handler);

  void report_callback_error(std::exception_ptr error, const StreamEvent& event) noexcept;
  BusStats stats();

 private:
  static constexpr std::uint64_t no_drain = std::numeric_limits<std::uint64_t>::max();

  friend class WritableWaiter;
  friend class DrainWaiter;

  // Under the mutex.
  template <class Draft>
  Errc refusal(const Draft& draft) {
    if (closed()) return ++refused_closed_, Errc::closed;
    if (!runs_.allows(draft.type(), draft.context())) return ++refused_runs_, Errc::run_not_open;
    if (!blocking_readers_.empty() && !fits_backlog(draft.type()))
      return ++refused_backlog_, Errc::backlog_full;
    return Errc{};
  }
  bool fits_backlog(EventType type) noexcept;
  /// Drops what the bounds do not allow and no blocking reader needs.
  [[gnu::always_inline]] void evict(Evicted& evicted) noexcept {
    while (log_.over_bounds()) {
      const std::uint64_t before = log_.tail();
      log_.evict(gate(before + 1), evicted);
      if (log_.tail() == before) return;
    }
  }
  std::uint64_t gate(std::uint64_t at_least) const noexcept {
    if (blocking_readers_.empty()) return std::numeric_limits<std::uint64_t>::max();
    return gate_of_readers(at_least);
  }
  std::uint64_t gate_of_readers(std::uint64_t at_least) const noexcept;
  std::uint64_t ask_all() const noexcept;
  bool backlog_below(std::uint64_t bound) const noexcept;

  // Without it.
  void add_drain(std::uint64_t target);
  void remove_drain(std::uint64_t target) noexcept;
  /// Tells the readers of a published event. Does not throw: the event has been accepted.
  void notify() noexcept {
    sync::light_barrier();  // see EventLog::head_
    lot_->wake_for_publisher();
    if (!dispatcher_.idle()) dispatcher_.run();
  }
  void trim() noexcept;

  const asio::any_io_executor executor_;
  const BusOptions options_;

  mutable sync::Mutex mutex_;
  EventLog log_;
  RunLedger runs_;
  OpenStarts open_starts_;
  EventIdGenerator ids_;
  Timestamp last_ts_{};
  std::vector<Reader*> readers_;
  std::vector<Reader*> blocking_readers_;
  mutable std::uint64_t cached_gate_ = 0;  ///< not beyond any blocking reader's position
  mutable std::size_t slowest_ = 0;        ///< index of the blocking reader that is asked first
  std::uint64_t refused_closed_ = 0;
  std::uint64_t refused_runs_ = 0;
  std::uint64_t refused_backlog_ = 0;
  std::uint64_t refused_invalid_ = 0;

  // What readers look at stays off the lines that publishers write.
  alignas(64) sync::Atomic<bool> closed_{false};
  // Pairs with Reader::position_: a waiter counts itself here, makes a heavy barrier and then looks
  // at the positions.
  sync::Atomic<std::uint32_t> writable_waiters_{0};
  // Likewise: the lowest seq that a drain waits for; the highest number when there is none.
  sync::Atomic<std::uint64_t> drain_target_{no_drain};
  std::shared_ptr<ParkingLot> lot_ = std::make_shared<ParkingLot>();
  alignas(64) std::vector<std::uint64_t> drain_targets_;  ///< under the mutex
  sync::Atomic<std::uint64_t> callback_errors_{0};
  CallbackDispatcher dispatcher_{*this};
};

template <class Draft>
Result<std::uint64_t> BusCore::publish(Draft draft) {
  const bool valid_name = draft.has_valid_name();
  const std::size_t bytes = draft.approximate_bytes();
  const Timestamp now = clock_now();  // not under the lock: it takes its time, or is user code
  Evicted evicted;
  std::uint64_t seq = 0;
  {
    std::lock_guard lock(mutex_);
    const Errc refused = valid_name ? refusal(draft) : (++refused_invalid_, Errc::invalid_event);
    if (refused != Errc{}) return make_error_code(refused);
    log_.prepare(bytes);
    runs_.record(draft.type(), draft.context());  // the last step that may throw
    open_starts_.record(draft.type());
    last_ts_ = std::max(last_ts_, draft.ts(now));
    seq = log_.head() + 1;
    log_.append(draft, bytes).set_stamp(seq, draft.id(ids_, last_ts_), last_ts_);
    log_.show(seq);
    evict(evicted);
  }
  notify();
  return seq;
}

}  // namespace strandbus::detail
