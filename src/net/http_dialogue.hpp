#pragma once

#include "net/connection_pool.hpp"
#include "net/deadline.hpp"
#include "net/http_transport.hpp"
#include "net/response_reader.hpp"

#include <memory>
#include <string>
#include <vector>

namespace strandbus::detail {

/// One request and its answer on one connection.
///
/// Threads: one strand.
class HttpDialogue {
 public:
  struct Setting {
    std::string peer;    ///< names the server in messages
    std::string origin;  ///< names it in the pool
    ResponseLimits limits;
    ResponseBody body;
    std::weak_ptr<ConnectionPool> pool;  ///< gets the connection when the answer is whole
  };

  HttpDialogue(Setting setting, std::shared_ptr<Connection> connection);
  HttpDialogue(const HttpDialogue&) = delete;
  HttpDialogue& operator=(const HttpDialogue&) = delete;
  ~HttpDialogue() = default;

  /// Sends the request and reads the head of the answer. Throws HttpError.
  asio::awaitable<void> async_open(std::shared_ptr<const std::string> head,
                                   std::shared_ptr<const std::string> body,
                                   Deadline::Clock::time_point end);
  /// Whether async_open failed because the server had ended the connection before the request came:
  /// not a byte of an answer was seen.
  bool is_stale() const noexcept { return stale_; }

  const ResponseReader& answer() const noexcept { return reader_; }

  /// As HttpExchange::async_read_some.
  asio::awaitable<std::size_t> async_read_some(std::span<char> buffer);
  void close() noexcept;

 private:
  asio::awaitable<void> async_read_head(const Deadline& deadline);
  void take(const ReadResult& read);
  void check(const error_code& ec) const;
  void give_back();

  const Setting setting_;
  std::shared_ptr<Connection> connection_;  ///< null once it was given back
  ResponseReader reader_;
  std::vector<char> buffer_;
  bool closed_ = false;
  bool stale_ = false;
};

}  // namespace strandbus::detail
