#include "net/dialer.hpp"

#include "net/deadline.hpp"
#include "net/http_transport.hpp"
#include "net/request_head.hpp"
#include "net/resolve.hpp"
#include "net/response_reader.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <array>
#include <vector>

namespace strandbus::detail {

using asio::ip::tcp;
using Clock = std::chrono::steady_clock;

namespace {

[[noreturn]] void fail(HttpFailure failure, const std::string& message) {
  throw HttpError(failure, message);
}

/// Ends the dialling when its deadline is over or its coroutine was cancelled.
void check(const Deadline& deadline, const error_code& ec, const std::string& late) {
  if (deadline.expired()) fail(HttpFailure::timeout, late);
  if (ec == asio::error::operation_aborted) throw system_error(ec);
}

std::string connect_failure(const std::string& peer, const error_code& ec, std::size_t addresses) {
  const std::string tried =
      addresses > 1 ? ", the last of " + std::to_string(addresses) + " addresses" : std::string();
  const std::string reason = ec ? ec.message() : "no answer in time";
  return "no connection to " + peer + " (" + reason + tried +
         "); check that it is up and reachable from here";
}

std::string refusal(const DialPlan& plan, int status) {
  const std::string proxy = "the proxy " + plan.proxy->peer();
  if (status != 407) {
    return proxy + " does not connect to " + plan.url.peer() + " (status " +
           std::to_string(status) + "); ask who runs it, or list the host in no_proxy";
  }
  return plan.proxy->userinfo.empty()
             ? proxy + " asks for a user and a password (status 407); write them in its URL"
             : proxy + " does not accept the user and password of its URL (status 407)";
}

/// Reads the answer to CONNECT; returns its status.
asio::awaitable<int> async_read_proxy_answer(std::shared_ptr<const DialPlan> plan,
                                             std::shared_ptr<Connection> connection,
                                             const Deadline& deadline) {
  const std::string proxy = "the proxy " + plan->proxy->peer();
  ResponseLimits limits;
  limits.head_bytes = plan->max_head_bytes;
  ResponseReader reader(proxy, limits, ResponseBody::none);
  std::vector<char> buffer(4096);
  while (!reader.read_head()) {
    const ReadResult read = co_await connection->async_read_some(buffer);
    check(deadline, read.ec, proxy + " did not answer in time");
    if (read.ec) fail(HttpFailure::proxy, proxy + " closed the connection without letting through");
    reader.feed(std::string_view(buffer.data(), read.bytes));
  }
  // The server behind it speaks only when spoken to.
  if (reader.has_more() && reader.status() / 100 == 2) {
    fail(HttpFailure::proxy, proxy + " sent bytes that nobody asked for");
  }
  co_return reader.status();
}

asio::awaitable<void> async_tunnel(std::shared_ptr<const DialPlan> plan,
                                   std::shared_ptr<Connection> connection,
                                   const Deadline& deadline) {
  const std::string head = connect_head(plan->url, *plan->proxy, plan->user_agent);
  const error_code written = co_await connection->async_write(head, std::string_view());
  const std::string proxy = "the proxy " + plan->proxy->peer();
  check(deadline, written, proxy + " did not take the request in time");
  if (written) fail(HttpFailure::proxy, proxy + " closed the connection without letting through");
  const int status = co_await async_read_proxy_answer(plan, connection, deadline);
  if (status / 100 != 2) fail(HttpFailure::proxy, refusal(*plan, status));
}

/// Whether the other side went away, rather than failed to prove who it is.
bool went_away(const error_code& ec) {
  return ec == asio::error::eof || ec == asio::ssl::error::stream_truncated ||
         ec == asio::error::connection_reset || ec == asio::error::broken_pipe;
}

asio::awaitable<void> async_begin_tls(std::shared_ptr<const DialPlan> plan,
                                      std::shared_ptr<Connection> connection,
                                      const Deadline& deadline) {
  const std::string peer = plan->url.peer();
  const error_code ec = co_await connection->async_handshake(plan->tls, plan->url.host);
  check(deadline, ec, "the TLS handshake with " + peer + " did not end in time");
  if (went_away(ec)) {
    fail(HttpFailure::closed, peer + " closed the connection during the TLS handshake");
  }
  if (ec) fail(HttpFailure::tls, handshake_failure(peer, connection->verify_result(), ec));
}

}  // namespace

Clock::duration attempt_time(Clock::duration remaining, std::size_t attempts) {
  const auto part = remaining / static_cast<Clock::rep>(std::max<std::size_t>(attempts, 1));
  return std::max(part, Clock::duration::zero());
}

asio::awaitable<std::shared_ptr<Connection>> async_connect_any(std::vector<tcp::endpoint> endpoints,
                                                               std::string peer,
                                                               Clock::time_point end) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  error_code last;
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    const auto connection = std::make_shared<Connection>(executor);
    const auto now = Clock::now();
    const Deadline deadline(executor, now + attempt_time(end - now, endpoints.size() - i),
                            connection);
    const error_code ec = co_await connection->async_connect(endpoints[i]);
    if (!ec) co_return connection;
    if (ec == asio::error::operation_aborted && !deadline.expired()) throw system_error(ec);
    last = deadline.expired() ? error_code() : ec;
  }
  fail(HttpFailure::connect, connect_failure(peer, last, endpoints.size()));
}

asio::awaitable<std::shared_ptr<Connection>> async_dial(std::shared_ptr<const DialPlan> plan) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const Url& first = plan->proxy ? *plan->proxy : plan->url;
  const std::string peer = (plan->proxy ? "the proxy " : "") + first.peer();
  const std::vector<tcp::endpoint> endpoints =
      co_await async_resolve(first.host, first.port, plan->deadline);
  const auto connection = co_await async_connect_any(endpoints, peer, plan->deadline);
  const Deadline deadline(executor, plan->deadline, connection);
  if (plan->proxy) co_await async_tunnel(plan, connection, deadline);
  if (plan->url.secure()) co_await async_begin_tls(plan, connection, deadline);
  co_return connection;
}

}  // namespace strandbus::detail
