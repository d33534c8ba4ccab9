#include "server/socket_talk.hpp"

#include "server/feed_texts.hpp"
#include "server/json_reply.hpp"
#include "server/operations.hpp"
#include "server/request_arguments.hpp"
#include "server/request_body.hpp"
#include "strandbus/event/json_codec.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/result.hpp>

#include <exception>
#include <utility>
#include <vector>

namespace strandbus::detail {
namespace {

using Message = boost::system::result<Operation, HttpRefusal>;

Message read_message(const std::string& session_id, std::string_view text) {
  try {
    return read_socket_message(session_id, text);
  } catch (const BadRequest& bad) {
    return bad.refusal();
  } catch (const JsonProblem& problem) {
    return refusal_for(problem);
  }
}

/// By what the other side knows its message; empty where there is no such thing.
std::string id_of(std::string_view text) {
  const auto value = parse_json(text, {.max_bytes = text.size(), .max_depth = 32});
  const auto* const object = value ? value->if_object() : nullptr;
  const auto* const id = object ? object->if_contains("id") : nullptr;
  return id && id->is_string() ? std::string(id->as_string()) : std::string();
}

std::string reply_text(const std::string& id, const HttpReply& reply) {
  std::string text = R"({"_type":"reply")";
  if (!id.empty()) {
    text += R"(,"id":)";
    append_json_string(text, id);
  }
  text += R"(,"status":)" + std::to_string(reply.status) + R"(,"body":)";
  text.append(reply.body, 0, reply.body.find_last_not_of('\n') + 1);
  return text += '}';
}

class SocketTalk {
 public:
  SocketTalk(std::shared_ptr<HttpContext> context, HttpSocket& connection, WebSocket& socket,
             SessionFeed& feed, const SocketTopic& topic)
      : context_(std::move(context)),
        connection_(connection),
        socket_(socket),
        feed_(feed),
        topic_(topic),
        texts_(topic.dialect) {}

  // Both report in the outcome what happens, and never throw: of two coroutines that race, one that
  // fails does not end the other.

  asio::awaitable<void> send() {
    try {
      const error_code ec = co_await socket_.write(topic_.hello);
      if (!note(ec)) co_await send_feed();
    } catch (const std::exception& failed) {
      note(failed);
    }
    if (!outcome_.complete) co_return connection_.close();
    try {
      co_await socket_.close(CloseCode::going_away, "the session was closed");
    } catch (const std::exception& failed) {
      note(failed);
    }
  }

  asio::awaitable<void> receive() {
    try {
      std::string text;
      for (;;) {
        const error_code ec = co_await socket_.read(text);
        if (ec) break;
        co_await answer(text);
      }
    } catch (const std::exception& failed) {
      note(failed);
    }
    connection_.close();  // ends what is being sent to somebody who has gone
  }

  FeedOutcome outcome() { return std::move(outcome_); }

 private:
  asio::awaitable<void> send_feed() {
    for (;;) {
      std::vector<FeedItem> items;
      try {
        items = co_await feed_.next(context_->limits.idle_timeout);
      } catch (const system_error& failed) {
        if (failed.code() != Errc::closed && failed.code() != Errc::session_unknown) throw;
        outcome_.complete = true;
      }
      if (outcome_.complete) co_return;
      for (const FeedItem& item : items) {
        const bool gone = co_await send_item(item);
        if (gone) co_return;
      }
    }
  }

  asio::awaitable<bool> send_item(const FeedItem& item) {
    for (const std::string_view text : texts_.of(item)) {
      const error_code ec = co_await socket_.write(text);
      if (note(ec)) co_return true;
    }
    co_return false;
  }

  asio::awaitable<void> answer(const std::string& text) {
    HttpReply reply;
    Message message = read_message(topic_.session_id, text);
    const auto now = AddressLimits::Clock::now();
    if (!context_->addresses.take_request(connection_.peer(), now)) {
      reply = reply_to(too_many_requests());
    } else if (message) {
      reply = co_await carry_out(context_, *std::move(message));
    } else {
      reply = reply_to(message.error());
    }
    const std::string said = reply_text(id_of(text), reply);
    const error_code ec = co_await socket_.write(said);
    note(ec);
  }

  /// Whether the other side has gone.
  bool note(const error_code& ec) {
    if (ec == Errc::timed_out) outcome_.problem = "the reader takes nothing";
    return ec.failed();
  }
  void note(const std::exception& failed) {
    const auto* const system = dynamic_cast<const system_error*>(&failed);
    if (system && system->code() == asio::error::operation_aborted) return;
    outcome_.problem = failed.what();
  }

  const std::shared_ptr<HttpContext> context_;
  HttpSocket& connection_;
  WebSocket& socket_;
  SessionFeed& feed_;
  const SocketTopic& topic_;
  FeedTexts texts_;
  FeedOutcome outcome_;
};

}  // namespace

asio::awaitable<FeedOutcome> talk(std::shared_ptr<HttpContext> context,
                                  std::shared_ptr<HttpSocket> connection,
                                  std::shared_ptr<WebSocket> socket, SessionFeed feed,
                                  SocketTopic topic) {
  using namespace asio::experimental::awaitable_operators;
  SocketTalk both(std::move(context), *connection, *socket, feed, topic);
  co_await (both.send() || both.receive());
  co_return both.outcome();
}

}  // namespace strandbus::detail
