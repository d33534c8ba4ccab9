#pragma once

#include "server/ag_ui_input.hpp"
#include "server/ag_ui_window.hpp"
#include "server/feed_reply.hpp"
#include "server/http_context.hpp"
#include "server/http_socket.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/system/result.hpp>

#include <memory>
#include <string>

namespace strandbus::detail {

/// What a client of AG-UI is shown: the events of a run from somewhere on.
struct AgUiReply {
  AgUiOptions names{};
  bool over = false;  ///< nothing will come: what the feed has is all
  AgUiWindow window{};
  AgUiWindow::Ids known_results{};
  SessionFeed feed{};
  std::uint64_t after = 0;  ///< the seq behind which the feed begins
};

/// Does what the client asks for, as far as that is before the answer.
asio::awaitable<boost::system::result<AgUiReply, HttpRefusal>> open_ag_ui(
    std::shared_ptr<HttpContext> context, AgUiInput input);

/// Sends the body of the answer: one `data:` line and an empty line for each event of AG-UI. It
/// ends with the run, or when the run waits for the client.
asio::awaitable<FeedOutcome> send_ag_ui(std::shared_ptr<HttpContext> context,
                                        std::shared_ptr<HttpSocket> socket, AgUiReply reply,
                                        FeedSetting setting);

}  // namespace strandbus::detail
