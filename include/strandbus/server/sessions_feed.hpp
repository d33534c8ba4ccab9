#pragma once

#include "strandbus/bus/filter.hpp"
#include "strandbus/server/session_feed.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace strandbus {
namespace detail {
class FeedMerger;
}

/// A place in each of several sessions: the seq of the newest event that a reader has of it.
using SessionCursors = std::map<std::string, std::uint64_t, std::less<>>;

/// How somebody far away reads all sessions.
struct SessionsFeedOptions {
  /// Where it begins in these sessions. Those that do not exist any more are left out; those that
  /// are not named begin with the next event, new ones with their first.
  SessionCursors after{};
  Filter filter{};
  std::chrono::milliseconds coalesce{0};  ///< see FeedOptions
  std::string name{};
};

/// One thing that a reader of all sessions is sent.
struct SessionsItem {
  std::string session_id{};
  FeedItem item{};
};

/// The durable events of all sessions of a hub: those of one session in order, with no hole and
/// nothing twice; between sessions there is no order. It keeps no session in memory; one that
/// leaves it and comes back goes on.
///
/// Threads: one strand.
/// Lifetime: may outlive the hub.
class SessionsFeed {
 public:
  /// A feed of nothing: next() throws Errc::closed.
  SessionsFeed() noexcept;
  explicit SessionsFeed(std::shared_ptr<detail::FeedMerger> merger) noexcept;
  SessionsFeed(SessionsFeed&&) noexcept;
  SessionsFeed& operator=(SessionsFeed&&) noexcept;
  ~SessionsFeed();

  /// Waits for items, at most for `patience`: an empty vector says that there was nothing.
  ///
  /// Errors:       throws system_error: Errc::closed when the hub is drained; what the store said.
  /// Cancellation: terminal: throws operation_aborted and has taken nothing.
  asio::awaitable<std::vector<SessionsItem>> next(std::chrono::milliseconds patience);

 private:
  std::shared_ptr<detail::FeedMerger> merger_;
};

}  // namespace strandbus
