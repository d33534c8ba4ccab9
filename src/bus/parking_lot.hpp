#pragma once

#include "sync.hpp"
#include "waiter.hpp"

#include <boost/asio/post.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace strandbus::detail {

class ParkingLot;

/// The parked waiters of one bus that are woken on one executor. However many there are, one
/// publish posts at most one drain to that executor; the drain polls them all.
class WakeDomain {
 public:
  WakeDomain(asio::any_io_executor executor, std::weak_ptr<ParkingLot> lot)
      : executor_(std::move(executor)), lot_(std::move(lot)) {}

  const asio::any_io_executor& executor() const noexcept { return executor_; }

  /// Posts `function` to the executor, unless its context is going away.
  template <class F>
  void post(F function) {
    use_executor([&] { asio::post(executor_, std::move(function)); });
  }

 private:
  friend class ParkingLot;
  friend class WakeDomainService;

  static constexpr std::uint32_t context_gone = std::uint32_t{1} << 31;

  /// Calls `f`, which needs the executor's context, unless that is going away.
  template <class F>
  void use_executor(F f) {
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
    if (counted.before < context_gone) f();
  }
  /// The context is going away: when this returns, it is not used and will not be.
  void shut() noexcept;

  const asio::any_io_executor executor_;
  const std::weak_ptr<ParkingLot> lot_;
  sync::Atomic<std::uint32_t> uses_{0};  ///< how many are under way, and context_gone
  // Under the lot's lock.
  std::vector<std::shared_ptr<Waiter>> parked_;
  bool armed_ = false;  ///< in the lot's list of domains to wake
};

/// Where the waiters of a bus sleep. Publishers look at one flag.
///
/// A waiter is in one of three hands: its owner's while no operation is pending; a poller's (the
/// initiating call, or a drain) while poll() runs; the lot's while it is parked. Only the first two
/// touch what poll() touches, so no lock is held while filters run.
///
/// Threads: any thread.
class ParkingLot : public std::enable_shared_from_this<ParkingLot> {
 public:
  /// The domain of this executor.
  std::shared_ptr<WakeDomain> domain(const asio::any_io_executor& executor);

  /// Waits until `waiter` has something to say. Errc::busy if it is waiting already.
  void wait(const std::shared_ptr<Waiter>& waiter, const std::shared_ptr<WakeDomain>& domain,
            WaitOperation operation);

  /// Ends the pending operation with operation_aborted; only the one with this id if an id is
  /// given.
  void cancel(Waiter& waiter, std::uint64_t id = 0);

  /// Makes the parked waiters of all domains be polled. Cost when nobody is parked: one load.
  void wake() {
    // Pairs with the store in park(): see EventLog::head_.
    if (armed_.load(std::memory_order_seq_cst)) wake_armed();
  }

 private:
  friend class WakeDomain;
  friend class WakeDomainService;

  struct Polled {
    std::shared_ptr<Waiter> waiter;
    std::uint64_t epoch = 0;
    std::optional<error_code> outcome{};
    std::optional<std::chrono::steady_clock::time_point> deadline{};
  };
  struct Ended {
    WaitOperation operation;
    error_code ec;
  };
  /// What one drain has ended; several threads may take from it.
  struct Completions {
    Completions(asio::any_io_executor e, std::vector<Ended> all)
        : executor(std::move(e)), ended(std::move(all)) {}

    const asio::any_io_executor executor;
    std::vector<Ended> ended;
    sync::Atomic<std::size_t> next{0};
  };

  void connect_cancellation(WaitOperation& operation, const std::shared_ptr<Waiter>& waiter);
  static void poll(Polled& entry);
  void drain(const std::shared_ptr<WakeDomain>& domain);
  void poll_parked(const std::shared_ptr<WakeDomain>& domain, std::vector<Polled> polled);
  void start_timer(const std::shared_ptr<WakeDomain>& domain, const Polled& entry);
  void on_deadline(const std::shared_ptr<WakeDomain>& domain, std::shared_ptr<Waiter> waiter);
  std::vector<Ended> settle(const std::shared_ptr<WakeDomain>& domain, std::vector<Polled>& polled);
  static void complete_all(const std::shared_ptr<Completions>& completions);
  void wake_armed();
  void abandon(WakeDomain& domain);

  // Under the lock.
  void park(std::shared_ptr<Waiter> waiter, const std::shared_ptr<WakeDomain>& domain);
  void unpark(Waiter& waiter);
  static WaitOperation take_operation(Waiter& waiter);

  mutable sync::Mutex mutex_;
  std::uint64_t last_operation_id_ = 0;
  std::vector<std::weak_ptr<WakeDomain>> domains_;
  std::vector<std::shared_ptr<WakeDomain>> armed_domains_;
  sync::Atomic<bool> armed_{false};
};

}  // namespace strandbus::detail
