#include "net/connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <cerrno>
#include <sys/socket.h>

namespace strandbus::detail {

using asio::redirect_error;
using asio::use_awaitable;
using asio::ip::tcp;

struct Connection::Tls {
  Tls(tcp::socket& socket, const TlsContext& context) : stream(socket, context.native()) {}

  asio::ssl::stream<tcp::socket&> stream;
};

Connection::Connection(const asio::any_io_executor& executor)
    : socket_(executor), context_(&asio::query(executor, asio::execution::context)) {}

Connection::~Connection() = default;

asio::awaitable<error_code> Connection::async_connect(tcp::endpoint endpoint) {
  error_code ec;
  co_await socket_.async_connect(endpoint, redirect_error(use_awaitable, ec));
  // Without it a request of two pieces waits for the server's acknowledgement of the first.
  error_code ignored;
  if (!ec) socket_.set_option(tcp::no_delay(true), ignored);
  co_return ec;
}

asio::awaitable<error_code> Connection::async_handshake(std::shared_ptr<const TlsContext> context,
                                                        std::string host) {
  tls_ = std::make_unique<Tls>(socket_, *context);
  error_code ec = expect_host(tls_->stream.native_handle(), host);
  if (!ec) {
    co_await tls_->stream.async_handshake(asio::ssl::stream_base::client,
                                          redirect_error(use_awaitable, ec));
  }
  co_return ec;
}

long Connection::verify_result() const noexcept {
  return tls_ ? SSL_get_verify_result(tls_->stream.native_handle()) : X509_V_OK;
}

asio::awaitable<error_code> Connection::async_write(std::string_view first,
                                                    std::string_view second) {
  const std::array<asio::const_buffer, 2> buffers{asio::buffer(first), asio::buffer(second)};
  error_code ec;
  if (tls_) {
    co_await asio::async_write(tls_->stream, buffers, redirect_error(use_awaitable, ec));
  } else {
    co_await asio::async_write(socket_, buffers, redirect_error(use_awaitable, ec));
  }
  co_return ec;
}

asio::awaitable<ReadResult> Connection::async_read_some(std::span<char> buffer) {
  const asio::mutable_buffer target(buffer.data(), buffer.size());
  ReadResult result{};
  auto token = redirect_error(use_awaitable, result.ec);
  if (tls_) {
    result.bytes = co_await tls_->stream.async_read_some(target, token);
  } else {
    result.bytes = co_await socket_.async_read_some(target, token);
  }
  co_return result;
}

void Connection::close() noexcept {
  error_code ignored;
  socket_.close(ignored);
}

bool Connection::is_quiet() noexcept {
  if (!socket_.is_open()) return false;
  char byte = 0;
  const auto count = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace strandbus::detail
