#pragma once

#include "sync.hpp"
#include "waiter.hpp"

#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/relationship.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/require.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
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

/// Has what still waits in a domain destroyed when the domain's context goes away. A parked
/// operation usually owns the coroutine that owns the stream that owns the operation; only the
/// context can end that circle.
void end_with_context(const std::shared_ptr<WakeDomain>& domain);

}  // namespace strandbus::detail
