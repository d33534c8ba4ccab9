#pragma once

#include "net/http_transport.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>

namespace strandbus::detail {

/// Closes an exchange when a moment has passed.
///
/// Threads: the strand of the exchange, which is `executor`; the timer's handler runs there too, so
///          that it never meets a read that has just ended.
/// Lifetime: may be destroyed while it watches; then nothing is closed any more.
class Watchdog {
 public:
  using Clock = std::chrono::steady_clock;

  /// `exchange` must outlive this.
  Watchdog(const asio::any_io_executor& executor, HttpExchange& exchange);
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog() { rest(); }

  /// From now on the exchange is closed at `deadline`.
  void watch_until(Clock::time_point deadline);
  /// Until the next watch_until nothing is closed.
  void rest();
  /// Whether the exchange was closed.
  bool has_closed() const noexcept { return state_->closed; }

 private:
  struct State {
    HttpExchange* exchange;
    std::uint64_t watch = 0;  // which one; 1, 2 … A handler of an earlier one does nothing.
    bool closed = false;
  };

  const std::shared_ptr<State> state_;
  asio::steady_timer timer_;
};

}  // namespace strandbus::detail
