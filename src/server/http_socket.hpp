#pragma once

#include "strandbus/error.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// The socket of a connection with the deadlines that nobody may miss. It waits for readiness and
/// moves bytes itself: a connection that waits holds no buffer.
///
/// Threads: one strand, that of the socket's executor.
/// Lifetime: by shared_ptr; close() ends what waits.
class HttpSocket : public std::enable_shared_from_this<HttpSocket> {
 public:
  explicit HttpSocket(asio::ip::tcp::socket socket);

  asio::any_io_executor get_executor() { return socket_.get_executor(); }
  const asio::ip::address& peer() const noexcept { return peer_; }

  /// Until expires_never, waits end with Errc::timed_out when this time is over; all of them, that
  /// of another direction too.
  void expires_after(std::chrono::milliseconds time);
  void expires_never();

  /// Appends what has come, at least one byte, to `bytes`. The error is asio::error::eof at the end
  /// of what the other side says.
  asio::awaitable<error_code> read_some(std::string& bytes);

  /// Sends all of it, which must stay until then. Whoever takes nothing for `patience` is cut off.
  asio::awaitable<error_code> write(std::string_view bytes, std::chrono::milliseconds patience);

  /// Waits until the other side has gone, or has said more than `tolerated` bytes, which are
  /// thrown away.
  asio::awaitable<void> wait_for_end(std::size_t tolerated);

  /// Says that nothing more will be sent.
  void finish() noexcept;
  void close() noexcept;
  bool is_open() const noexcept { return socket_.is_open(); }

  /// For a protocol that takes the connection over, with the deadlines: whether the last one has
  /// passed, and the socket itself.
  bool expired() const noexcept { return expired_; }
  asio::ip::tcp::socket& stream() noexcept { return socket_; }

  std::uint64_t bytes_written() const noexcept { return bytes_written_; }

 private:
  error_code read_now(std::string& bytes);
  asio::awaitable<error_code> wait(asio::ip::tcp::socket::wait_type what);

  asio::ip::tcp::socket socket_;
  asio::steady_timer timer_;
  asio::ip::address peer_;
  std::uint64_t bytes_written_ = 0;
  std::uint64_t deadline_ = 0;  // counts them: a handler that is late does nothing
  bool expired_ = false;
};

}  // namespace strandbus::detail
