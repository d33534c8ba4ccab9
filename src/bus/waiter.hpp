#pragma once

#include "pending_handler.hpp"
#include "strandbus/bus/event_stream.hpp"
#include "sync.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace strandbus::detail {

/// One pending wait.
struct WaitOperation : PendingHandler<error_code> {
  using PendingHandler::PendingHandler;

  std::uint64_t id = 0;  ///< tells this operation from a later one of the same waiter
};

struct Polled;
class WakeDomain;

/// Something that can wait for the bus to change. Its operation belongs to the ParkingLot.
class Waiter {
 public:
  virtual ~Waiter() = default;

  /// Whether the wait is over, and how: no value = not yet. Called by whoever holds the waiter: its
  /// owner when the wait begins, a drain later; never under a lock.
  virtual std::optional<error_code> poll() = 0;

  /// A number that changes whenever poll() might say something else: by one for each event where
  /// events are waited for. Any thread.
  virtual std::uint64_t epoch() const noexcept = 0;

  /// When poll() will say something else by itself; none if it will not. Called where poll() is,
  /// after it.
  virtual std::optional<std::chrono::steady_clock::time_point> deadline() const noexcept {
    return std::nullopt;
  }

  /// Whether an operation is pending, so that the waiter is not its owner's to touch.
  bool waiting() const noexcept { return waiting_.load(std::memory_order_acquire); }

 private:
  friend class ParkingLot;
  friend struct Polled;
  friend class WakeDomain;

  sync::Atomic<bool> waiting_{false};
  std::uint64_t polled_epoch_ = 0;  ///< of the last poll; whoever polls has it
  // Under the lot's lock.
  std::optional<WaitOperation> operation_;
  WakeDomain* parked_in_ = nullptr;
  std::size_t parked_index_ = 0;
  bool cancelled_ = false;  ///< to be ended by whoever polls it at this moment or next
  std::weak_ptr<asio::steady_timer> timer_;  ///< for its deadline; owned by its own handler
};

}  // namespace strandbus::detail
