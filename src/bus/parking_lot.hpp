#pragma once

#include "linger.hpp"
#include "sync.hpp"
#include "waiter.hpp"
#include "wake_domain.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace strandbus::detail {

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
