#include "server/http_socket.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <utility>

namespace strandbus::detail {

using asio::redirect_error;
using asio::use_awaitable;
using asio::ip::tcp;

namespace {

constexpr std::size_t read_bytes = std::size_t{16} * 1024;

bool would_block(const error_code& ec) {
  return ec == asio::error::would_block || ec == asio::error::try_again;
}

}  // namespace

HttpSocket::HttpSocket(tcp::socket socket)
    : socket_(std::move(socket)), timer_(socket_.get_executor()) {
  error_code ignored;
  peer_ = socket_.remote_endpoint(ignored).address();
  // Events go out when they are written, not when the reader has acknowledged the last ones.
  socket_.set_option(tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
}

void HttpSocket::expires_after(std::chrono::milliseconds time) {
  const std::uint64_t number = ++deadline_;
  expired_ = false;
  timer_.expires_after(time);
  timer_.async_wait([weak = weak_from_this(), number](const error_code& ec) {
    const auto self = weak.lock();
    if (ec || !self || self->deadline_ != number) return;
    self->expired_ = true;
    error_code ignored;
    self->socket_.cancel(ignored);
  });
}

void HttpSocket::expires_never() {
  ++deadline_;
  expired_ = false;
  timer_.cancel();
}

asio::awaitable<error_code> HttpSocket::wait(tcp::socket::wait_type what) {
  // The deadline may have passed while nobody waited.
  if (expired_) co_return make_error_code(Errc::timed_out);
  error_code ec;
  co_await socket_.async_wait(what, redirect_error(use_awaitable, ec));
  if (ec && expired_) ec = make_error_code(Errc::timed_out);
  co_return ec;
}

/// Apart from the coroutine, in whose frame the buffer would stay.
error_code HttpSocket::read_now(std::string& bytes) {
  std::array<char, read_bytes> buffer;
  error_code ec;
  const std::size_t count = socket_.read_some(asio::buffer(buffer), ec);
  bytes.append(buffer.data(), count);
  return ec;
}

asio::awaitable<error_code> HttpSocket::read_some(std::string& bytes) {
  for (;;) {
    const error_code ec = read_now(bytes);
    if (!would_block(ec)) co_return ec;
    const error_code waited = co_await wait(tcp::socket::wait_read);
    if (waited) co_return waited;
  }
}

asio::awaitable<error_code> HttpSocket::write(std::string_view bytes,
                                              std::chrono::milliseconds patience) {
  while (!bytes.empty()) {
    error_code ec;
    const std::size_t count = socket_.write_some(asio::buffer(bytes), ec);
    bytes.remove_prefix(count);
    bytes_written_ += count;
    if (ec && !would_block(ec)) co_return ec;
    if (bytes.empty()) break;
    // The deadline runs only while there is no room: most writes need none.
    expires_after(patience);
    const error_code waited = co_await wait(tcp::socket::wait_write);
    if (waited) co_return waited;
    expires_never();
  }
  co_return error_code();
}

asio::awaitable<void> HttpSocket::wait_for_end(std::size_t tolerated) {
  std::string said;
  while (said.size() <= tolerated) {
    const error_code ec = co_await read_some(said);
    if (ec) co_return;
  }
}

void HttpSocket::finish() noexcept {
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

void HttpSocket::close() noexcept {
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace strandbus::detail
