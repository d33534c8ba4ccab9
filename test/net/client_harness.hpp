#pragma once

#include "net/http_client.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace strandbus::test {

/// An answer that was read to its end.
struct Answer {
  int status = 0;
  std::string body;
};

inline detail::HttpRequest request_to(const std::string& url, const std::string& method = "GET",
                                      std::string body = {}) {
  const auto parsed = detail::parse_url(url);
  if (!parsed) throw std::invalid_argument(url + ": " + parsed.error().message);
  detail::HttpRequest request;
  request.method = method;
  request.url = *parsed;
  request.body = std::move(body);
  return request;
}

inline asio::awaitable<std::string> read_all(detail::HttpExchange& exchange) {
  std::string text;
  std::vector<char> buffer(8192);
  for (;;) {
    const std::size_t size = co_await exchange.async_read_some(buffer);
    if (size == 0) co_return text;
    text.append(buffer.data(), size);
  }
}

inline asio::awaitable<Answer> fetch(detail::HttpTransport& transport,
                                     detail::HttpRequest request) {
  const auto exchange = co_await transport.async_send(std::move(request));
  Answer answer;
  answer.status = exchange->status();
  answer.body = co_await read_all(*exchange);
  co_return answer;
}

/// How an operation failed.
struct Failure {
  std::optional<detail::HttpFailure> failure;  ///< of an HttpError
  bool aborted = false;                        ///< operation_aborted
  std::string text;
};

inline Failure failure_of(const std::exception_ptr& exception) {
  Failure failure;
  try {
    if (exception) std::rethrow_exception(exception);
  } catch (const detail::HttpError& error) {
    failure.failure = error.failure();
    failure.text = error.what();
  } catch (const system_error& error) {
    failure.aborted = error.code() == asio::error::operation_aborted;
    failure.text = error.what();
  } catch (const std::exception& error) {
    failure.text = error.what();
  }
  return failure;
}

/// An operation that is under way.
template <class T>
struct Pending {
  bool done = false;
  std::exception_ptr exception;
  T result{};
  asio::cancellation_signal cancel;
};

/// Runs operations of a client on one io_context of its own.
class ClientHarness {
 public:
  asio::io_context io;

  template <class T>
  std::shared_ptr<Pending<T>> start(asio::awaitable<T> operation) {
    auto pending = std::make_shared<Pending<T>>();
    auto finish = [pending](const std::exception_ptr& exception, T result) {
      pending->done = true;
      pending->exception = exception;
      pending->result = std::move(result);
    };
    asio::co_spawn(io, std::move(operation),
                   asio::bind_cancellation_slot(pending->cancel.slot(), std::move(finish)));
    return pending;
  }

  /// Runs until an operation has ended, at most a long time.
  template <class T>
  void finish(const Pending<T>& pending) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!pending.done) {
      io.restart();
      if (io.run_one_until(end) == 0) throw std::runtime_error("an operation does not end");
    }
  }

  template <class T>
  T run(asio::awaitable<T> operation) {
    const auto pending = start(std::move(operation));
    finish(*pending);
    if (pending->exception) std::rethrow_exception(pending->exception);
    return std::move(pending->result);
  }

  /// Runs an operation that must fail.
  template <class T>
  Failure fail(asio::awaitable<T> operation) {
    const auto pending = start(std::move(operation));
    finish(*pending);
    EXPECT_TRUE(pending->exception) << "it did not fail";
    return failure_of(pending->exception);
  }

  /// Cancels from any thread.
  template <class T>
  void cancel(const std::shared_ptr<Pending<T>>& pending) {
    asio::post(io, [pending] { pending->cancel.emit(asio::cancellation_type::terminal); });
  }

 private:
  static constexpr std::chrono::seconds patience{60};
};

}  // namespace strandbus::test
