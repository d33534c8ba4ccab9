#include "server/http_connection.hpp"

#include "server/ag_ui_reply.hpp"
#include "server/feed_reply.hpp"
#include "server/json_reply.hpp"
#include "server/login_page.hpp"
#include "server/operations.hpp"
#include "server/socket_talk.hpp"
#include "server/web_socket.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t shown_path_bytes = 200;

/// What somebody may still send who was refused, so that he gets to see why.
constexpr std::size_t lingering_bytes = std::size_t{1024} * 1024;
constexpr std::chrono::milliseconds lingering_time{1000};

HttpHeader header(std::string name, std::string value) {
  HttpHeader result;
  result.name = std::move(name);
  result.value = std::move(value);
  return result;
}

/// Who has come in by a link cannot let others in.
HttpRefusal token_required() {
  return make_refusal(403, "token_required", "a link is given only to who sends the token");
}

HttpRefusal too_slow() {
  return make_refusal(408, "request_timeout", "the request did not come in time");
}

}  // namespace

HttpConnection::HttpConnection(std::shared_ptr<HttpContext> context, asio::ip::tcp::socket socket,
                               std::uint64_t number)
    : context_(std::move(context)),
      socket_(std::make_shared<HttpSocket>(std::move(socket))),
      number_(number),
      reader_(context_->limits.max_header, context_->limits.max_body) {}

asio::awaitable<void> HttpConnection::serve(std::shared_ptr<HttpConnection> self) {
  const asio::any_io_executor executor = self->get_executor();
  for (;;) {
    const Next next = co_await self->serve_one();
    if (next == Next::close) break;
    // Requests that came together wait for nothing: let others have their turn.
    co_await asio::post(executor, asio::use_awaitable);
  }
  if (self->unread_body_) co_await self->linger();
  self->socket_->close();
}

void HttpConnection::close() {
  asio::post(get_executor(), [self = shared_from_this()] { self->socket_->close(); });
}

void HttpConnection::drain() {
  asio::post(get_executor(), [self = shared_from_this()] {
    if (self->idle_) self->socket_->close();
  });
}

asio::awaitable<HttpConnection::Next> HttpConnection::serve_one() {
  const bool begun = co_await wait_for_request();
  if (!begun) co_return Next::close;
  begun_ = Clock::now();
  written_before_ = socket_->bytes_written();
  access_ = Access();
  ++context_->requests;
  Reading reading = co_await read_until(&RequestReader::read_head);
  if (reading == Reading::done) {
    if (auto refusal = check_access()) co_return co_await answer_refused(*std::move(refusal));
    reading = co_await read_body();
  }
  if (reading == Reading::gone) co_return Next::close;
  if (reading == Reading::refused) {
    ++context_->refused;
    co_return co_await answer_refused(*reader_.refusal());
  }
  const Next next = co_await answer();
  reader_.next();
  co_return next;
}

/// Waits for the beginning of a request; false when there will be none.
asio::awaitable<bool> HttpConnection::wait_for_request() {
  if (reader_.begun()) co_return true;
  if (context_->draining) co_return false;
  idle_ = true;
  socket_->expires_after(context_->limits.idle_timeout);
  while (!reader_.begun()) {
    const error_code ec = co_await read_more();
    if (ec) co_return false;
  }
  socket_->expires_never();
  idle_ = false;
  co_return true;
}

asio::awaitable<error_code> HttpConnection::read_more() {
  std::string bytes;
  const error_code ec = co_await socket_->read_some(bytes);
  reader_.feed(bytes);
  co_return ec;
}

/// Reads until a part of the request is there.
asio::awaitable<HttpConnection::Reading> HttpConnection::read_until(
    bool (RequestReader::*is_there)()) {
  socket_->expires_after(context_->limits.read_timeout);
  while (!(reader_.*is_there)()) {
    if (reader_.refusal()) co_return Reading::refused;
    const error_code ec = co_await read_more();
    if (ec == Errc::timed_out)
      reader_.refuse(too_slow());
    else if (ec)
      co_return Reading::gone;
  }
  socket_->expires_never();
  co_return Reading::done;
}

asio::awaitable<HttpConnection::Reading> HttpConnection::read_body() {
  if (reader_.read_body()) co_return Reading::done;
  if (reader_.expects_continue()) {
    const error_code ec =
        co_await socket_->write("HTTP/1.1 100 Continue\r\n\r\n", context_->limits.write_timeout);
    if (ec) co_return Reading::gone;
  }
  const Reading reading = co_await read_until(&RequestReader::read_body);
  co_return reading;
}

/// Everything that is decided before anything of the request is carried out, or its body read.
std::optional<HttpRefusal> HttpConnection::check_access() {
  access_ = context_->access.decide(reader_.request(), LoginSeal::Clock::now());
  std::optional<HttpRefusal> refusal = access_.refusal;
  if (!context_->addresses.take_request(socket_->peer(), AddressLimits::Clock::now())) {
    refusal = too_many_requests();
  }
  if (refusal) ++context_->refused;
  return refusal;
}

HttpConnection::Next HttpConnection::next_after_request() const {
  const bool stays = reader_.request().keep_alive && !context_->draining;
  return stays ? Next::request : Next::close;
}

/// An answer to what was not read to its end, or cannot be: what follows is no request then.
asio::awaitable<HttpConnection::Next> HttpConnection::answer_refused(HttpRefusal refusal) {
  unread_body_ = !reader_.read_body();
  const Next next = unread_body_ ? Next::close : next_after_request();
  HttpReply reply =
      wants_login_page(reader_.request(), refusal) ? login_page(refusal) : reply_to(refusal);
  const Next written = co_await write_reply(std::move(reply), next);
  if (!unread_body_) reader_.next();
  co_return written;
}

std::optional<HttpReply> HttpConnection::preflight_reply() const {
  if (!access_.preflight) return std::nullopt;
  HttpReply reply;
  reply.status = 204;
  reply.headers.push_back(header("Access-Control-Allow-Methods", "GET, POST, DELETE"));
  reply.headers.push_back(header("Access-Control-Allow-Headers",
                                 "Authorization, Content-Type, Last-Event-ID, traceparent"));
  reply.headers.push_back(header("Access-Control-Max-Age", "600"));
  return reply;
}

asio::awaitable<HttpConnection::Next> HttpConnection::answer() {
  const Next next = next_after_request();
  if (auto reply = preflight_reply()) co_return co_await write_reply(*std::move(reply), next);
  auto operation = route(reader_.request());
  if (!operation) co_return co_await write_reply(reply_to(operation.error()), next);
  if (access_.by_cookie && std::holds_alternative<MakeLink>(*operation)) {
    co_return co_await write_reply(reply_to(token_required()), next);
  }
  const bool head_only = reader_.request().method == "HEAD";
  if (auto* feed = std::get_if<ReadEvents>(&*operation); feed && !head_only) {
    const bool by_socket = feed->form == FeedForm::web_socket;
    if (!by_socket) co_return co_await answer_feed(std::move(*feed));
    const bool wanted = wants_web_socket(reader_.request()) && reader_.request().http_1_1;
    if (wanted) co_return co_await answer_socket(std::move(*feed));
  }
  if (auto* all = std::get_if<ReadAllEvents>(&*operation); all && !head_only)
    co_return co_await answer_all(std::move(*all));
  if (auto* run = std::get_if<RunAgUi>(&*operation)) {
    co_return co_await answer_ag_ui(std::move(*run));
  }
  HttpReply reply = co_await carry_out(context_, *std::move(operation));
  co_return co_await write_reply(std::move(reply), next);
}

asio::awaitable<HttpConnection::Next> HttpConnection::answer_feed(ReadEvents operation) {
  auto feed = co_await context_->hub->feed(operation.session_id, std::move(operation.options));
  if (!feed) {
    co_return co_await write_reply(reply_to(refusal_for(feed.error())), next_after_request());
  }
  FeedSetting setting = feed_setting();
  setting.form = operation.form;
  setting.named = operation.named;
  setting.dialect = operation.dialect;
  // What a reader of an event stream sends is thrown away, so no request can follow it.
  const bool stays = setting.chunked && setting.form == FeedForm::jsonl;
  const Next next = stays ? next_after_request() : Next::close;
  const HttpReply reply = feed_head(operation);
  const error_code ec = co_await write_feed_head(reply, setting, next);
  if (ec) co_return Next::close;
  const FeedOutcome outcome = co_await send_feed(socket_, *std::move(feed), std::move(setting));
  log_request(reply.status, outcome.problem);
  co_return outcome.complete ? next : Next::close;
}

FeedSetting HttpConnection::feed_setting() const {
  FeedSetting setting;
  setting.chunked = reader_.request().http_1_1;
  setting.retry = spread_retry(number_);
  setting.keep_alive = context_->limits.keep_alive;
  setting.write_timeout = context_->limits.write_timeout;
  return setting;
}

asio::awaitable<error_code> HttpConnection::write_feed_head(const HttpReply& reply,
                                                            const FeedSetting& setting, Next next) {
  std::string head = head_of(reply, next);
  if (setting.chunked) head += "Transfer-Encoding: chunked\r\n";
  head += "\r\n";
  co_return co_await socket_->write(head, context_->limits.write_timeout);
}

asio::awaitable<HttpConnection::Next> HttpConnection::answer_all(ReadAllEvents operation) {
  SessionCursors cursors = operation.options.after;
  auto feed = co_await context_->hub->feed_all(std::move(operation.options));
  if (!feed) {
    co_return co_await write_reply(reply_to(refusal_for(feed.error())), next_after_request());
  }
  FeedSetting setting = feed_setting();
  setting.named = operation.named;
  const ReadEvents like_one;
  const HttpReply reply = feed_head(like_one);
  const error_code ec = co_await write_feed_head(reply, setting, Next::close);
  if (ec) co_return Next::close;
  const FeedOutcome outcome =
      co_await send_all(socket_, *std::move(feed), std::move(cursors), std::move(setting));
  log_request(reply.status, outcome.problem);
  co_return Next::close;
}

asio::awaitable<HttpConnection::Next> HttpConnection::answer_ag_ui(RunAgUi operation) {
  auto opened = co_await open_ag_ui(context_, std::move(operation.input));
  if (!opened) co_return co_await write_reply(reply_to(opened.error()), next_after_request());
  FeedSetting setting = feed_setting();
  const HttpReply reply = ag_ui_head();
  const error_code ec = co_await write_feed_head(reply, setting, Next::close);
  if (ec) co_return Next::close;
  const FeedOutcome outcome =
      co_await send_ag_ui(context_, socket_, *std::move(opened), std::move(setting));
  log_request(reply.status, outcome.problem);
  co_return Next::close;
}

asio::awaitable<HttpConnection::Next> HttpConnection::answer_socket(ReadEvents operation) {
  const Next next = next_after_request();
  if (reader_.has_more()) {
    const HttpRefusal early = make_refusal(
        400, "malformed_request", "a WebSocket begins when its handshake has been answered");
    co_return co_await write_reply(reply_to(early), Next::close);
  }
  auto feed = co_await context_->hub->feed(operation.session_id, std::move(operation.options));
  if (!feed) co_return co_await write_reply(reply_to(refusal_for(feed.error())), next);
  const auto session = co_await context_->hub->find(operation.session_id);
  if (!session) co_return co_await write_reply(reply_to(refusal_for(session.error())), next);
  SocketTopic topic;
  topic.session_id = std::move(operation.session_id);
  topic.hello = R"({"_type":"hello","session":)" + session_json(*session) + '}';
  topic.dialect = std::move(operation.dialect);
  WebSocketLimits limits;
  limits.max_message = context_->limits.max_body;
  limits.keep_alive = context_->limits.keep_alive;
  limits.write_timeout = context_->limits.write_timeout;
  const auto socket = std::make_shared<WebSocket>(socket_, limits);
  std::vector<HttpHeader> headers;
  headers.push_back(header("Date", http_date(std::chrono::system_clock::now())));
  const error_code ec = co_await socket->accept(reader_.request(), std::move(headers));
  FeedOutcome outcome;
  if (ec) {
    outcome.problem = "the handshake failed: " + ec.message();
  } else {
    outcome = co_await talk(context_, socket_, socket, *std::move(feed), std::move(topic));
  }
  log_request(ec ? 400 : 101, outcome.problem);
  co_return Next::close;
}

std::string HttpConnection::head_of(const HttpReply& reply, Next next) const {
  std::string head = reply_head(reply, reader_.request().http_1_1);
  head += "Date: " + http_date(std::chrono::system_clock::now()) + "\r\n";
  if (!access_.cors_origin.empty()) {
    head += "Access-Control-Allow-Origin: " + access_.cors_origin +
            "\r\nAccess-Control-Expose-Headers: Location, Retry-After\r\n";
  }
  head += "Vary: Origin\r\n";
  head += next == Next::request ? "Connection: keep-alive\r\n" : "Connection: close\r\n";
  return head;
}

asio::awaitable<HttpConnection::Next> HttpConnection::write_reply(HttpReply reply, Next next) {
  std::string text = head_of(reply, next);
  // To HEAD a feed does not say how long it would be.
  const bool has_length =
      reply.status != 204 && reply.status != 304 && !(reply.body.empty() && reply.status == 200);
  if (has_length) text += "Content-Length: " + std::to_string(reply.body.size()) + "\r\n";
  text += "\r\n";
  if (reader_.request().method != "HEAD") text += reply.body;
  const error_code ec = co_await socket_->write(text, context_->limits.write_timeout);
  log_request(reply.status, ec == Errc::timed_out ? "the reader takes nothing" : "");
  co_return ec ? Next::close : next;
}

/// A connection that is closed while something is unread takes the answer back (RFC 9112, section
/// 9.6): what still comes is read for a while.
asio::awaitable<void> HttpConnection::linger() {
  socket_->finish();
  socket_->expires_after(std::min(lingering_time, context_->limits.read_timeout));
  co_await socket_->wait_for_end(lingering_bytes);
  socket_->expires_never();
}

/// Neither the query nor a header: both may hold secrets.
void HttpConnection::log_request(int status, const std::string& problem) const {
  const LogLevel level = problem.empty() ? LogLevel::info : LogLevel::warning;
  if (!context_->logger.enabled(level)) return;
  const ServerRequest& request = reader_.request();
  const auto passed =
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun_).count();
  std::string line = "http: ";
  line += request.method.empty() ? "-" : request.method.substr(0, shown_path_bytes);
  line += ' ';
  line += request.target.path.empty() ? "-" : request.target.path.substr(0, shown_path_bytes);
  line += ' ' + std::to_string(status) + ' ' +
          std::to_string(socket_->bytes_written() - written_before_) + " bytes " +
          std::to_string(passed) + " ms";
  if (!problem.empty()) line += ": " + problem;
  context_->logger.log(level, line);
}

}  // namespace strandbus::detail
