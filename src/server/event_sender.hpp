#pragma once

#include "net/http_transport.hpp"
#include "server/follow_decision.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// What a server has answered to something that was sent to it.
struct SendAnswer {
  int status = 0;          ///< 0 = none came
  std::string location{};  ///< of what was made
  std::string body{};
};

/// What came of sending events.
struct SendResult {
  bool taken = false;  ///< all of them
  std::string why{};   ///< if not: a part of a sentence for people
  std::uint64_t accepted = 0;
  std::uint64_t repeated = 0;  ///< those that the session had already
  std::size_t line = 0;        ///< of the one that was refused; 0 = of none in particular
};

/// What came of making a session.
struct CreateResult {
  std::string session_id{};  ///< empty = there is none
  std::string why{};         ///< then: a part of a sentence for people
};

/// What the answer to events says; the status is one that is no reason to send them again.
SendResult read_send_answer(const SendAnswer& answer);

struct SenderOptions {
  Url sessions{};  ///< of all sessions
  std::string token{};
  /// Is told, once, that the connection is lost or does not come about, and that it is back.
  std::function<void(std::string_view why)> on_lost{};
  std::function<void()> on_found{};
  /// Waits before the next attempt; empty = a timer.
  std::function<asio::awaitable<void>(std::chrono::milliseconds)> wait{};
  /// From 0 to 1; empty = at random.
  std::function<double()> random{};
};

/// Sends events to a session of a server, again and again until it has answered: it takes each
/// event once.
///
/// Threads:      one strand.
/// Cancellation: terminal; all throw system_error(operation_aborted).
class EventSender {
 public:
  /// The transport must outlive this.
  EventSender(HttpTransport& transport, SenderOptions options);

  /// Makes a session, and gives its id. Tried again only where the server cannot have made one.
  asio::awaitable<CreateResult> async_create(std::string client);

  /// Sends events, one in each line.
  asio::awaitable<SendResult> async_send(std::string session_id, std::string lines);

 private:
  struct Outcome {
    SendAnswer answer{};
    std::string refused{};  ///< why there will be no answer that helps
  };
  enum class Repeat : bool { no, yes };

  asio::awaitable<Outcome> async_ask(HttpRequest request, Repeat repeat);
  asio::awaitable<FollowAttempt> async_attempt(HttpRequest request, SendAnswer& answer);
  asio::awaitable<void> async_wait(std::chrono::milliseconds delay);

  HttpRequest request(std::string path, std::string content_type, std::string body) const;
  void lost(std::string_view why);
  void found();

  HttpTransport& transport_;
  const SenderOptions options_;
  FollowPast past_;
  bool lost_ = false;
};

}  // namespace strandbus::detail
