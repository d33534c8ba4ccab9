#pragma once

#include "server/feed_reply.hpp"
#include "server/http_context.hpp"
#include "server/web_socket.hpp"
#include "strandbus/server/session_feed.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

namespace strandbus::detail {

/// What is said over a WebSocket about one session.
struct SocketTopic {
  std::string session_id{};
  std::string hello{};  ///< what is sent first
  std::string dialect = "native";
};

/// Sends what a feed brings, and carries out what the other side says, until the feed ends or the
/// other side has gone. What came of a message is sent between the events:
/// {"_type":"reply","id"?,"status","body"}.
asio::awaitable<FeedOutcome> talk(std::shared_ptr<HttpContext> context,
                                  std::shared_ptr<HttpSocket> connection,
                                  std::shared_ptr<WebSocket> socket, SessionFeed feed,
                                  SocketTopic topic);

}  // namespace strandbus::detail
