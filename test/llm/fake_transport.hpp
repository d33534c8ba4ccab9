#pragma once

#include "net/http_transport.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace strandbus::test {

/// What a server that a test plays does with one request.
struct FakeAnswer {
  enum class End {
    ended,   ///< the body ends as the server meant it to
    broken,  ///< the connection ends before the body does
    hangs,   ///< nothing more comes
  };
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers{};
  std::vector<std::string> pieces{};       ///< of the body, as the reads get them
  std::function<std::string()> endless{};  ///< makes further pieces, for ever
  End end = End::ended;
  std::optional<detail::HttpFailure> failure{};  ///< instead of an answer
  bool never_answers = false;                    ///< not even a head
};

/// Counts what is open, and remembers what was asked.
struct FakeServer {
  std::vector<FakeAnswer> answers{};  ///< one for each request; the last one for all further ones
  std::vector<detail::HttpRequest> requests{};
  std::function<void()> before_read{};
  int open = 0;
  std::size_t bytes_read = 0;
};

/// Waits for ever; ends when it is woken or cancelled.
class FakeHang {
 public:
  explicit FakeHang(const asio::any_io_executor& executor)
      : timer_(executor, asio::steady_timer::time_point::max()) {}
  void wake() { timer_.cancel(); }
  asio::awaitable<void> async_wait(const bool& woken) {
    error_code ignored;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (!woken) throw system_error(asio::error::operation_aborted);
  }

 private:
  asio::steady_timer timer_;
};

class FakeExchange final : public detail::HttpExchange {
 public:
  FakeExchange(const asio::any_io_executor& executor, FakeServer& server, const FakeAnswer& answer)
      : server_(server), answer_(answer), hang_(executor) {
    ++server_.open;
  }
  ~FakeExchange() override { --server_.open; }

  int status() const noexcept override { return answer_.status; }
  std::optional<std::string_view> header(std::string_view name) const noexcept override {
    for (const auto& header : answer_.headers) {
      if (header.first == name) return header.second;
    }
    return std::nullopt;
  }

  asio::awaitable<std::size_t> async_read_some(std::span<char> buffer) override {
    if (server_.before_read) server_.before_read();
    co_await asio::post(asio::use_awaitable);
    if (!closed_ && !has_bytes() && answer_.end == FakeAnswer::End::hangs)
      co_await hang_.async_wait(closed_);
    if (closed_) throw_closed();
    if (!has_bytes()) {
      if (answer_.end == FakeAnswer::End::broken) throw_closed();
      co_return 0;
    }
    co_return take(buffer);
  }

  void close() noexcept override {
    closed_ = true;
    hang_.wake();
  }

 private:
  [[noreturn]] static void throw_closed() {
    throw detail::HttpError(detail::HttpFailure::closed, "server.test ended the connection");
  }

  /// Fetches the next piece if the last one is used up.
  bool has_bytes() {
    while (rest_.empty() && next_ < answer_.pieces.size()) rest_ = answer_.pieces[next_++];
    if (rest_.empty() && answer_.endless) rest_ = answer_.endless();
    return !rest_.empty();
  }

  std::size_t take(std::span<char> buffer) {
    const std::size_t size = std::min(buffer.size(), rest_.size());
    std::memcpy(buffer.data(), rest_.data(), size);
    rest_.erase(0, size);
    server_.bytes_read += size;
    return size;
  }

  FakeServer& server_;
  const FakeAnswer answer_;
  FakeHang hang_;
  std::string rest_;
  std::size_t next_ = 0;
  bool closed_ = false;
};

/// Brings requests to a FakeServer, which must outlive it.
class FakeTransport final : public detail::HttpTransport {
 public:
  explicit FakeTransport(FakeServer& server) : server_(server) {}

  asio::awaitable<std::unique_ptr<detail::HttpExchange>> async_send(
      detail::HttpRequest request) override {
    const std::size_t number = std::min(server_.requests.size(), server_.answers.size() - 1);
    server_.requests.push_back(std::move(request));
    const FakeAnswer& answer = server_.answers.at(number);
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    co_await asio::post(asio::use_awaitable);
    if (answer.never_answers) {
      FakeHang hang(executor);
      const bool never = false;
      co_await hang.async_wait(never);
    }
    if (answer.failure) throw detail::HttpError(*answer.failure, "server.test cannot be reached");
    co_return std::make_unique<FakeExchange>(executor, server_, answer);
  }

 private:
  FakeServer& server_;
};

/// The bytes one by one, or in pieces of `size`.
inline std::vector<std::string> in_pieces(std::string_view text, std::size_t size) {
  std::vector<std::string> pieces;
  for (std::size_t i = 0; i < text.size(); i += size) pieces.emplace_back(text.substr(i, size));
  return pieces;
}

}  // namespace strandbus::test
