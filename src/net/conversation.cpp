#include "net/conversation.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/assert.hpp>

#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t read_bytes = std::size_t{16} * 1024;  // a TLS record

}  // namespace

Conversation::Conversation(Setting setting, std::shared_ptr<Connection> connection)
    : setting_(std::move(setting)),
      connection_(std::move(connection)),
      reader_("the server " + setting_.peer, setting_.limits, setting_.body),
      buffer_(read_bytes) {}

asio::awaitable<void> Conversation::async_open(std::shared_ptr<const std::string> head,
                                               std::shared_ptr<const std::string> body,
                                               Deadline::Clock::time_point end) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const Deadline deadline(executor, end, connection_);
  const error_code written = co_await connection_->async_write(*head, *body);
  if (written == asio::error::operation_aborted && !deadline.expired()) throw system_error(written);
  // A server may answer a request, and close, without having read it all: its answer counts.
  co_await async_read_head(deadline);
  if (reader_.done()) give_back();
}

asio::awaitable<void> Conversation::async_read_head(const Deadline& deadline) {
  while (!reader_.read_head()) {
    const ReadResult read = co_await connection_->async_read_some(buffer_);
    if (deadline.expired()) {
      throw HttpError(
          HttpFailure::timeout,
          "the server " + setting_.peer + " did not answer in time; try again, or allow it more");
    }
    stale_ = read.ec && read.ec != asio::error::operation_aborted && !reader_.begun();
    take(read);
  }
}

asio::awaitable<std::size_t> Conversation::async_read_some(std::span<char> buffer) {
  BOOST_ASSERT(!buffer.empty());
  check({});
  std::size_t size = reader_.read_body(buffer);
  while (size == 0 && !reader_.done()) {
    const ReadResult read = co_await connection_->async_read_some(buffer_);
    take(read);
    size = reader_.read_body(buffer);
  }
  if (reader_.done()) give_back();
  co_return size;
}

void Conversation::take(const ReadResult& read) {
  if (read.ec == asio::error::eof) return reader_.feed_end();
  check(read.ec);
  reader_.feed(std::string_view(buffer_.data(), read.bytes));
}

void Conversation::check(const error_code& ec) const {
  if (closed_) {
    throw HttpError(HttpFailure::closed, "the connection to " + setting_.peer + " was closed here");
  }
  if (!ec) return;
  if (ec == asio::error::operation_aborted) throw system_error(ec);
  throw HttpError(HttpFailure::closed, "the connection to " + setting_.peer +
                                           " broke off before the answer was whole (" +
                                           ec.message() + ")");
}

void Conversation::give_back() {
  const auto connection = std::exchange(connection_, nullptr);
  const auto pool = setting_.pool.lock();
  if (!connection || !pool || !reader_.reusable()) return;
  pool->put(setting_.origin, connection, ConnectionPool::Clock::now());
}

void Conversation::close() noexcept {
  closed_ = true;
  if (connection_) connection_->close();
}

}  // namespace strandbus::detail
