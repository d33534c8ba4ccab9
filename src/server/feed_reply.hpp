#pragma once

#include "server/http_socket.hpp"
#include "server/routes.hpp"
#include "strandbus/server/session_feed.hpp"
#include "strandbus/server/sessions_feed.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>

namespace strandbus::detail {

/// How a feed is sent.
struct FeedSetting {
  FeedForm form = FeedForm::sse;
  bool named = false;
  std::string dialect = "native";
  bool chunked = true;
  std::chrono::milliseconds retry{0};  ///< when a reader comes back that was cut off
  std::chrono::milliseconds keep_alive{0};
  std::chrono::milliseconds write_timeout{0};
};

/// How sending ended.
struct FeedOutcome {
  bool complete = false;  ///< up to the end of the feed
  std::string problem{};  ///< for the log; empty when the reader has gone
};

/// Sends the body of an answer from a feed: until the feed ends, the reader is gone or stuck, or
/// the feed fails. Of an event stream the reader is watched while there is nothing to send.
asio::awaitable<FeedOutcome> send_feed(std::shared_ptr<HttpSocket> socket, SessionFeed feed,
                                       FeedSetting setting);

/// The same for all sessions, as server-sent events whose id: is a place in every session,
/// "SESSION:SEQ,SESSION:SEQ…"; `cursors` is the one that the reader came with. Of more than 64
/// sessions only the last event of those that are sent together has one.
asio::awaitable<FeedOutcome> send_all(std::shared_ptr<HttpSocket> socket, SessionsFeed feed,
                                      SessionCursors cursors, FeedSetting setting);

/// When the reader of this number comes back, so that many who were cut off at once do not come
/// back at once: from 1 to 7 seconds.
std::chrono::milliseconds spread_retry(std::uint64_t number) noexcept;

}  // namespace strandbus::detail
