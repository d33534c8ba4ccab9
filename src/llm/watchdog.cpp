#include "llm/watchdog.hpp"

namespace strandbus::detail {

Watchdog::Watchdog(const asio::any_io_executor& executor, HttpExchange& exchange)
    : state_(std::make_shared<State>(State{.exchange = &exchange})), timer_(executor) {}

void Watchdog::watch_until(Clock::time_point deadline) {
  const std::uint64_t watch = ++state_->watch;
  timer_.expires_at(deadline);
  timer_.async_wait([state = state_, watch](const error_code& error) {
    // A wait that ended just before it was cancelled still comes here without an error.
    if (error || state->watch != watch) return;
    state->closed = true;
    state->exchange->close();
  });
}

void Watchdog::rest() {
  ++state_->watch;
  timer_.cancel();
}

}  // namespace strandbus::detail
