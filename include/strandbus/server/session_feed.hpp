#pragma once

#include "strandbus/bus/filter.hpp"
#include "strandbus/error.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strandbus {
namespace detail {
class FeedReader;
}

/// How somebody far away reads a session.
struct FeedOptions {
  /// The seq behind which it begins; empty = with the next event.
  std::optional<std::uint64_t> after{};
  Filter filter{};
  /// For how long deltas of one message or call are held so that they become one event; 0 = never.
  std::chrono::milliseconds coalesce{0};
  /// Whether the feed ends at the newest event instead of waiting for the next one.
  bool finite = false;
  /// Whether the session stays in memory while somebody reads; the feed of one that leaves it ends.
  bool keeps_loaded = true;
  /// Shown in statistics.
  std::string name{};
};

/// One thing that a reader is sent. Its text is shared with all readers of the session.
struct FeedItem {
  /// The seq to resume behind; empty for what is no event.
  std::optional<std::uint64_t> seq{};
  /// The event's wire type; "gap" and "reset" for what is no event.
  std::string type{};
  /// An event in the native form, or:
  ///   {"_type":"gap","after":12,"missed":27}   events that are not kept any more: exactly so many
  ///   {"_type":"reset","last_seq":5}           what the reader has is from another history: what
  ///                                            follows begins anew
  std::shared_ptr<const std::string> json{};
};

/// The events of a session that are durable, in order, from anywhere in its past: first from the
/// store, then live, with no hole and nothing twice. A reader that is slow reads from the store
/// what the bus does not keep any more.
///
/// Threads: one strand.
/// Lifetime: may outlive the hub; it ends when its session is unloaded or removed.
class SessionFeed {
 public:
  /// A feed of nothing: next() throws Errc::closed.
  SessionFeed() noexcept;
  explicit SessionFeed(std::unique_ptr<detail::FeedReader> reader) noexcept;
  SessionFeed(SessionFeed&&) noexcept;
  SessionFeed& operator=(SessionFeed&&) noexcept;
  ~SessionFeed();

  /// Waits for items, at most for `patience`: an empty vector says that there was nothing.
  ///
  /// Errors:       throws system_error: Errc::closed when the session was closed or removed, or a
  ///               finite feed is at its end; what the store said.
  /// Cancellation: terminal: throws operation_aborted and has taken nothing.
  asio::awaitable<std::vector<FeedItem>> next(std::chrono::milliseconds patience);

 private:
  std::unique_ptr<detail::FeedReader> reader_;
};

}  // namespace strandbus
