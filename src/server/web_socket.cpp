#include "server/web_socket.hpp"

#include <boost/algorithm/string/predicate.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <utility>

namespace strandbus::detail {

namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using asio::redirect_error;
using asio::use_awaitable;

namespace {

/// What Beast looks at of a handshake.
http::request<http::empty_body> to_beast(const ServerRequest& request) {
  http::request<http::empty_body> result;
  result.method(http::verb::get);
  result.target("/");
  result.version(request.http_1_1 ? 11 : 10);
  for (const HttpHeader& header : request.headers) {
    result.insert(boost::beast::string_view(header.name.data(), header.name.size()), header.value);
  }
  return result;
}

websocket::stream_base::timeout timeouts(const WebSocketLimits& limits) {
  websocket::stream_base::timeout timeout{};
  timeout.handshake_timeout = limits.write_timeout;
  // A ping goes out after half of it.
  timeout.idle_timeout = 2 * limits.keep_alive;
  timeout.keep_alive_pings = true;
  return timeout;
}

}  // namespace

bool wants_web_socket(const ServerRequest& request) noexcept {
  return boost::algorithm::iequals(request.header("Upgrade").value_or(""), "websocket");
}

/// Texts are short and sent to many: compressing them for each costs more than it saves.
struct WebSocket::Stream {
  explicit Stream(asio::ip::tcp::socket& socket) : protocol(socket) {}

  websocket::stream<asio::ip::tcp::socket&, false> protocol;
};

/// The right to write, for as long as it lives.
class WebSocket::Turn {
 public:
  explicit Turn(WebSocket& socket) : socket_(socket) { socket_.writing_ = true; }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    socket_.writing_ = false;
    socket_.turn_.cancel_one();
  }

 private:
  WebSocket& socket_;
};

WebSocket::WebSocket(std::shared_ptr<HttpSocket> socket, const WebSocketLimits& limits)
    : socket_(std::move(socket)),
      limits_(limits),
      stream_(std::make_unique<Stream>(socket_->stream())),
      turn_(socket_->get_executor(), std::chrono::steady_clock::time_point::max()) {
  stream_->protocol.set_option(timeouts(limits_));
  stream_->protocol.read_message_max(limits_.max_message);
}

WebSocket::~WebSocket() = default;

asio::awaitable<error_code> WebSocket::accept(const ServerRequest& request,
                                              std::vector<HttpHeader> headers) {
  auto decorate = [added = std::move(headers)](websocket::response_type& response) {
    for (const HttpHeader& header : added) response.insert(header.name, header.value);
  };
  stream_->protocol.set_option(websocket::stream_base::decorator(std::move(decorate)));
  const auto handshake = to_beast(request);
  error_code ec;
  co_await stream_->protocol.async_accept(handshake, redirect_error(use_awaitable, ec));
  co_return ec;
}

asio::awaitable<error_code> WebSocket::read(std::string& text) {
  text.clear();
  auto buffer = asio::dynamic_buffer(text);
  error_code ec;
  co_await stream_->protocol.async_read(buffer, redirect_error(use_awaitable, ec));
  if (!ec && !stream_->protocol.got_text()) {
    ec = websocket::error::bad_opcode;
    co_await close(CloseCode::normal, "only texts are understood");
  }
  co_return ec;
}

asio::awaitable<error_code> WebSocket::write(std::string_view text) {
  error_code ec;
  while (writing_) co_await turn_.async_wait(redirect_error(use_awaitable, ec));
  const Turn turn(*this);
  socket_->expires_after(limits_.write_timeout);
  const asio::const_buffer bytes(text.data(), text.size());
  co_await stream_->protocol.async_write(bytes, redirect_error(use_awaitable, ec));
  if (ec && socket_->expired()) ec = make_error_code(Errc::timed_out);
  socket_->expires_never();
  co_return ec;
}

asio::awaitable<void> WebSocket::close(CloseCode code, std::string_view reason) {
  error_code ec;
  while (writing_) co_await turn_.async_wait(redirect_error(use_awaitable, ec));
  const Turn turn(*this);
  socket_->expires_after(limits_.write_timeout);
  const websocket::close_reason why(static_cast<websocket::close_code>(code),
                                    boost::beast::string_view(reason.data(), reason.size()));
  co_await stream_->protocol.async_close(why, redirect_error(use_awaitable, ec));
  socket_->expires_never();
}

}  // namespace strandbus::detail
