#pragma once

#include "strandbus/error.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace strandbus::detail {

inline bool is_cancelled(const asio::cancellation_state& state) noexcept {
  return state.cancelled() != asio::cancellation_type::none;
}

/// Waits for something that has to end in its own way, also when the coroutine is cancelled: then
/// `stop` is called, and the wait goes on until `settled` says that all is done.
///
/// Whoever changes what `settled` says cancels `wake` on the coroutine's strand. Leaves the
/// coroutine's cancellation state as it was: its next wait throws after a cancellation.
template <class Settled, class Stop>
asio::awaitable<void> async_settle(asio::steady_timer& wake, const Settled& settled,
                                   const Stop& stop) {
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  while (!settled()) {
    if (is_cancelled(co_await asio::this_coro::cancellation_state)) stop();
    error_code woken;
    if (!settled()) co_await wake.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
  co_await asio::this_coro::throw_if_cancelled(throws);
}

}  // namespace strandbus::detail
