#pragma once

#include "linger.hpp"
#include "sync.hpp"
#include "waiter.hpp"

#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/relationship.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/require.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace strandbus::detail {

class ParkingLot;

/// A waiter in the hands of a poller, and what it has said.
struct Polled {
  std::shared_ptr<Waiter> waiter;
  std::uint64_t epoch = 0;
  std::uint64_t events = 0;  ///< by which the epoch has grown since the last poll
  std::optional<error_code> outcome{};
  std::optional<std::chrono::steady_clock::time_point> deadline{};

  void poll() noexcept;
  /// Whether the waiter was parked by what no longer holds.
  bool stale() const noexcept { return !outcome && waiter->epoch() != epoch; }
};

/// An operation that is over, and how.
struct Ended {
  WaitOperation operation;
  error_code ec;
};

/// Operations to complete on the executor of one domain; several threads may take from them. The
/// domain keeps two of these, one to look with and one in use, so that drains usually need no
/// memory.
struct Completions {
  void make_room(std::size_t waiters) {
    polled.reserve(waiters);
    ended.reserve(waiters);
  }
  void clear() noexcept;

  std::vector<Polled> polled;  ///< of the drain, while it looks
  std::vector<Ended> ended;
  sync::Atomic<std::size_t> next{0};
  sync::Atomic<std::size_t> takers{1};     ///< that take from `ended` or will
  std::shared_ptr<Completions> next_kept;  ///< by the domain
};

/// The parked waiters of one bus that are woken on one executor. However many there are, one
/// publish posts at most one drain to that executor; the drain polls them all, and posts itself
/// again as long as that is worth it. Meanwhile publishers need not wake anybody.
class WakeDomain : public std::enable_shared_from_this<WakeDomain> {
 public:
  WakeDomain(asio::any_io_executor executor, std::weak_ptr<ParkingLot> lot)
      : executor_(std::move(executor)),
        posting_(asio::prefer(asio::require(executor_, asio::execution::blocking.never),
                              asio::execution::relationship.fork)),
        lot_(std::move(lot)) {}

  const asio::any_io_executor& executor() const noexcept { return executor_; }

  /// Calls `f`, which needs the executor's context, unless that is going away. False if `f` found
  /// no memory.
  template <class F>
  bool use_executor(F f) noexcept {
    // Pairs with shut(): this use was counted before the flag was set, and is waited for, or it
    // sees the flag.
    struct Counted {
      explicit Counted(sync::Atomic<std::uint32_t>& u)
          : uses(u), before(u.fetch_add(1, std::memory_order_acq_rel)) {}
      ~Counted() {
        if (uses.fetch_sub(1, std::memory_order_acq_rel) > context_gone) uses.notify_all();
      }
      sync::Atomic<std::uint32_t>& uses;
      const std::uint32_t before;
    };
    const Counted counted(uses_);
    if (counted.before >= context_gone) return true;
    try {
      f();
      return true;
    } catch (...) {
      return false;
    }
  }

 private:
  friend class ParkingLot;
  friend class WakeDomainService;

  static constexpr std::uint32_t context_gone = std::uint32_t{1} << 31;

  /// The context is going away: when this returns, it is not used and will not be.
  void shut() noexcept;

  const asio::any_io_executor executor_;
  const asio::any_io_executor posting_;  ///< what asio::post() would make of it each time
  const std::weak_ptr<ParkingLot> lot_;
  sync::Atomic<std::uint32_t> uses_{0};  ///< how many are under way, and context_gone
  // Under the lot's lock.
  std::vector<std::shared_ptr<Waiter>> parked_;
  std::size_t waiting_ = 0;  ///< parked or being polled; parked_ has room for all of them
  bool armed_ = false;       ///< in the lot's list of domains to wake, or in a waker's
  bool draining_ = false;    ///< a drain is posted or runs, and looks at all who are parked
  bool look_again_ = false;  ///< since that drain has begun somebody wants to be polled
  std::shared_ptr<WakeDomain> next_armed_;
  std::shared_ptr<Completions> unposted_;  ///< for the next drain; a list
  std::shared_ptr<Completions> spare_;     ///< empty, with room; a list of at most two
};

/// Where the waiters of a bus sleep. Publishers look at one flag.
///
/// A waiter is in one of three hands: its owner's while no operation is pending; a poller's (the
/// initiating call, or a drain) while poll() runs; the lot's while it is parked. Only the first two
/// touch what poll() touches, so no lock is held while filters run.
///
/// Only wait() may fail for lack of memory, and then has changed nothing. A wake-up that finds no
/// memory to be posted with stays due: the next one posts it.
///
/// Threads: any thread.
class ParkingLot : public std::enable_shared_from_this<ParkingLot> {
 public:
  /// The domain of this executor.
  std::shared_ptr<WakeDomain> domain(const asio::any_io_executor& executor);

  /// Waits until `waiter` has something to say. Errc::busy if it is waiting already.
  void wait(std::shared_ptr<Waiter> waiter, const std::shared_ptr<WakeDomain>& domain,
            WaitOperation operation);

  /// Ends the pending operation with operation_aborted; only the one with this id if an id is
  /// given.
  void cancel(Waiter& waiter, std::uint64_t id = 0) noexcept;

  /// As wake(), for a publisher.
  void wake_for_publisher() noexcept {
    last_publisher_.store(this_thread(), std::memory_order_relaxed);
    wake();
  }
  /// Makes the parked waiters of all domains be polled. Cost when nobody is parked: one load.
  void wake() noexcept {
    // Pairs with the store in arm(): see EventLog::head_.
    if (armed_.load(std::memory_order_seq_cst)) wake_armed();
  }

 private:
  friend class WakeDomain;
  friend class WakeDomainService;

  void connect_cancellation(WaitOperation& operation, const std::shared_ptr<Waiter>& waiter);
  void drain(const std::shared_ptr<WakeDomain>& domain, Linger linger);
  void post_drain(const std::shared_ptr<WakeDomain>& domain, Linger linger);
  bool post_next_drain(const std::shared_ptr<WakeDomain>& domain, Linger linger) noexcept;
  bool others_publish() const noexcept {
    return last_publisher_.load(std::memory_order_relaxed) != this_thread();
  }
  static const void* this_thread() noexcept {
    static thread_local const char tag = 0;
    return &tag;
  }
  void settle(const std::shared_ptr<WakeDomain>& domain, Completions& completions) noexcept;
  void drain_one(const std::shared_ptr<WakeDomain>& domain, Polled only, Linger linger);
  void drain_all(const std::shared_ptr<WakeDomain>& domain,
                 std::shared_ptr<Completions> completions, Linger linger);
  std::optional<Ended> poll_one(const std::shared_ptr<WakeDomain>& domain, Polled& polled) noexcept;
  void go_on_or_end(const std::shared_ptr<WakeDomain>& domain, std::span<const Polled> polled,
                    Linger linger) noexcept;
  void wake_stale(std::span<const Polled> polled) noexcept;
  void start_timer(const std::shared_ptr<WakeDomain>& domain, const Polled& polled) noexcept;
  void on_deadline(const std::shared_ptr<WakeDomain>& domain, std::shared_ptr<Waiter> waiter);
  /// Those that are handed in, if any, with this much room. None if there is no memory for it.
  static std::shared_ptr<Completions> make_completions(
      std::size_t room, std::shared_ptr<Completions> spare = nullptr) noexcept;
  bool post_completions(const std::shared_ptr<WakeDomain>& domain,
                        const std::shared_ptr<Completions>& completions) noexcept;
  void post_kept(const std::shared_ptr<WakeDomain>& domain,
                 std::shared_ptr<Completions> unposted) noexcept;
  void complete_all(const std::shared_ptr<WakeDomain>& domain,
                    std::shared_ptr<Completions> completions);
  bool post_help(const std::shared_ptr<WakeDomain>& domain,
                 const std::shared_ptr<Completions>& completions) noexcept;
  void keep_spare(WakeDomain& domain, std::shared_ptr<Completions> completions) noexcept;
  void wake_armed() noexcept;
  void abandon(WakeDomain& domain) noexcept;

  // Under the lock.
  void begin(const std::shared_ptr<Waiter>& waiter, WakeDomain& domain, WaitOperation& operation);
  std::shared_ptr<WakeDomain> known_domain(const asio::any_io_executor& executor) const noexcept;
  static std::shared_ptr<Completions> take_parked(WakeDomain& domain) noexcept;
  std::optional<Ended> give_back(const Polled& polled,
                                 const std::shared_ptr<WakeDomain>& domain) noexcept;
  void park(std::shared_ptr<Waiter> waiter, const std::shared_ptr<WakeDomain>& domain) noexcept;
  static std::shared_ptr<Waiter> unpark(Waiter& waiter) noexcept;
  bool arm(const std::shared_ptr<WakeDomain>& domain) noexcept;
  void end_drain(const std::shared_ptr<WakeDomain>& domain) noexcept;
  static std::shared_ptr<WakeDomain> disarm_first(std::shared_ptr<WakeDomain>& armed) noexcept;
  static void keep_unposted(WakeDomain& domain,
                            const std::shared_ptr<Completions>& completions) noexcept;
  static WaitOperation take_operation(Waiter& waiter) noexcept;

  mutable sync::Mutex mutex_;
  std::uint64_t last_operation_id_ = 0;
  std::vector<std::weak_ptr<WakeDomain>> domains_;
  std::shared_ptr<WakeDomain> armed_domains_;  ///< a list linked by next_armed_
  // Looked at by each publish, so it stays off the line that the mutex changes.
  alignas(64) sync::Atomic<bool> armed_{false};
  alignas(64) sync::Atomic<const void*> last_publisher_{nullptr};  ///< this_thread() of it
};

}  // namespace strandbus::detail
