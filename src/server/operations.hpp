#pragma once

#include "server/http_context.hpp"
#include "server/http_message.hpp"
#include "server/routes.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>

namespace strandbus::detail {

/// Carries an operation out and says what came of it. Of ReadEvents it says only what HEAD wants
/// to know: whether there is such a session.
asio::awaitable<HttpReply> carry_out(std::shared_ptr<HttpContext> context, Operation operation);

/// The head of the answer that a feed is sent behind.
HttpReply feed_head(const ReadEvents& operation);
/// The head of the answer to a run of AG-UI.
HttpReply ag_ui_head();

/// What somebody is told who asks for a WebSocket without saying so.
HttpReply upgrade_required();

}  // namespace strandbus::detail
