#pragma once

#include "server/access.hpp"
#include "server/feed_reply.hpp"
#include "server/http_context.hpp"
#include "server/http_socket.hpp"
#include "server/request_reader.hpp"
#include "server/routes.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace strandbus::detail {

/// One connection: reads a request, answers it, and goes on until one of the sides has enough.
///
/// Threads: the strand of its socket; close and drain from any.
class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(std::shared_ptr<HttpContext> context, asio::ip::tcp::socket socket,
                 std::uint64_t number);

  asio::any_io_executor get_executor() { return socket_->get_executor(); }

  /// Ends with the connection.
  static asio::awaitable<void> serve(std::shared_ptr<HttpConnection> self);

  /// Ends it soon, whatever it is doing.
  void close();
  /// Ends it when the request that it is busy with has been answered.
  void drain();

 private:
  using Clock = std::chrono::steady_clock;

  /// Whether a further request may follow.
  enum class Next : bool { close, request };
  /// What came of waiting for bytes.
  enum class Reading : std::uint8_t { done, refused, gone };

  asio::awaitable<Next> serve_one();
  asio::awaitable<bool> wait_for_request();
  asio::awaitable<Reading> read_until(bool (RequestReader::*is_there)());
  asio::awaitable<Reading> read_body();
  asio::awaitable<error_code> read_more();
  asio::awaitable<Next> answer();
  asio::awaitable<Next> answer_refused(HttpRefusal refusal);
  asio::awaitable<Next> answer_feed(ReadEvents operation);
  asio::awaitable<Next> answer_all(ReadAllEvents operation);
  asio::awaitable<Next> answer_socket(ReadEvents operation);
  FeedSetting feed_setting() const;
  asio::awaitable<error_code> write_feed_head(const HttpReply& reply, const FeedSetting& setting,
                                              Next next);
  asio::awaitable<Next> answer_ag_ui(RunAgUi operation);
  asio::awaitable<Next> write_reply(HttpReply reply, Next next);
  asio::awaitable<void> linger();

  std::optional<HttpRefusal> check_access();
  std::optional<HttpReply> preflight_reply() const;
  Next next_after_request() const;
  std::string head_of(const HttpReply& reply, Next next) const;
  void log_request(int status, const std::string& problem) const;

  const std::shared_ptr<HttpContext> context_;
  const std::shared_ptr<HttpSocket> socket_;
  const std::uint64_t number_;
  RequestReader reader_;
  Access access_;
  Clock::time_point begun_{};
  std::uint64_t written_before_ = 0;
  bool idle_ = false;
  bool unread_body_ = false;
};

}  // namespace strandbus::detail
