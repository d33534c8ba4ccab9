#pragma once

#include "net/http_transport.hpp"
#include "net/sse_parser.hpp"
#include "server/follow_decision.hpp"
#include "server/followed_history.hpp"
#include "strandbus/event/stream_event.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// Who gets what a server says about a session. What it throws ends the following.
class FollowSink {
 public:
  FollowSink() = default;
  FollowSink(const FollowSink&) = delete;
  FollowSink& operator=(const FollowSink&) = delete;
  virtual ~FollowSink() = default;

  /// Whether to go on. `json` is the event as it came.
  virtual bool on_event(const StreamEvent& event, std::string_view json) = 0;
  /// So many events before the next one are kept no more.
  virtual void on_gap(std::uint64_t missed, std::string_view json) = 0;
  /// What came so far is of another history.
  virtual void on_reset(std::string_view json) = 0;
  /// Something was left out, since it cannot be read.
  virtual void on_fault(std::string_view why) = 0;
  /// Nothing more is there for the moment.
  virtual void on_pause() = 0;
  /// The connection is lost, or does not come about; once until it is found.
  virtual void on_lost(std::string_view why) = 0;
  virtual void on_found() = 0;
};

struct FollowerOptions {
  Url url{};  ///< of the events
  std::string token{};
  std::optional<std::uint64_t> after{};  ///< begin behind this seq; empty = at the beginning
  /// A connection on which nothing comes for so long, not even a comment, is dead.
  std::chrono::milliseconds patience{60'000};
  /// Waits before the next attempt; empty = a timer.
  std::function<asio::awaitable<void>(std::chrono::milliseconds)> wait{};
  /// From 0 to 1; empty = at random.
  std::function<double()> random{};
};

/// Why a session is followed no more.
struct FollowResult {
  enum class End : std::uint8_t {
    session_gone,  ///< it was removed
    enough,        ///< the sink wants no more
    refused,       ///< the server does not want to, `why` says it
  };
  End end = End::session_gone;
  std::string why{};
};

/// Reads the events of a session from a server, and comes back as often as the connection breaks:
/// the sink gets every event once, in order.
///
/// Threads: one strand, that of the coroutine that awaits async_run.
class EventFollower {
 public:
  /// Transport and sink must outlive this.
  EventFollower(HttpTransport& transport, FollowSink& sink, FollowerOptions options);

  /// Follows; once.
  ///
  /// Errors:       throws what the sink throws.
  /// Cancellation: terminal; throws system_error(operation_aborted).
  asio::awaitable<FollowResult> async_run();

 private:
  asio::awaitable<FollowAttempt> async_attempt();
  asio::awaitable<void> async_read_stream(HttpExchange& exchange, FollowAttempt& attempt);
  asio::awaitable<void> async_wait(std::chrono::milliseconds delay);

  HttpRequest request() const;
  void take(const std::vector<SseEvent>& events);
  void take(const SseEvent& sent);
  void found();
  void lost(std::string_view why);

  struct Showing;

  HttpTransport& transport_;
  FollowSink& sink_;
  const FollowerOptions options_;
  FollowedHistory history_;
  FollowPast past_;
  bool lost_ = false;
  bool enough_ = false;
  std::vector<char> buffer_;
};

}  // namespace strandbus::detail
