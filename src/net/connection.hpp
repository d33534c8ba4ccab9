#pragma once

#include "net/tls_context.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// What a read came to: an error, or at least one byte.
struct ReadResult {
  error_code ec;
  std::size_t bytes;
};

/// One socket to one server, plain or with TLS on it. Nothing here throws but for lack of memory
/// and, at any wait, for a cancelled coroutine.
///
/// Cancellation: terminal; the connection is then of no more use.
/// Threads: one strand at a time, that of the awaiting coroutine; while nobody waits, any.
/// Lifetime: until its operations have ended.
class Connection {
 public:
  explicit Connection(const asio::any_io_executor& executor);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  asio::awaitable<error_code> async_connect(asio::ip::tcp::endpoint endpoint);

  /// Begins TLS; what is written and read from now on is encrypted.
  asio::awaitable<error_code> async_handshake(std::shared_ptr<const TlsContext> context,
                                              std::string host);
  /// What a failed handshake made of the certificate (SSL_get_verify_result).
  long verify_result() const noexcept;

  /// Writes both texts, which must stay until then.
  asio::awaitable<error_code> async_write(std::string_view first, std::string_view second);

  /// The error is asio::error::eof where the other side has ended the stream in order.
  asio::awaitable<ReadResult> async_read_some(std::span<char> buffer);

  /// Ends what waits, soon, with an error.
  void close() noexcept;

  /// Whether it is open and nothing has come that nobody asked for, not even its end.
  bool is_quiet() noexcept;

  /// Only operations of this context may use it.
  asio::execution_context& context() const noexcept { return *context_; }

 private:
  struct Tls;

  asio::ip::tcp::socket socket_;
  asio::execution_context* context_;
  std::unique_ptr<Tls> tls_;
};

}  // namespace strandbus::detail
