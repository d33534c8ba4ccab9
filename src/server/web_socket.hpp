#pragma once

#include "server/http_message.hpp"
#include "server/http_socket.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

struct WebSocketLimits {
  std::size_t max_message = 0;                 ///< that is received, in bytes
  std::chrono::milliseconds keep_alive{0};     ///< after it the other side is asked for a sign
  std::chrono::milliseconds write_timeout{0};  ///< whoever takes nothing for so long is cut off
};

/// Why a side ends a WebSocket (RFC 6455, section 7.4.1).
enum class CloseCode : std::uint16_t { normal = 1000, going_away = 1001, internal_error = 1011 };

/// Whether a request wants its connection to become a WebSocket.
bool wants_web_socket(const ServerRequest& request) noexcept;

/// The server's side of a WebSocket (RFC 6455) that carries texts.
///
/// Threads: the strand of the connection. One read beside any number of writes, which wait for each
///          other.
class WebSocket {
 public:
  WebSocket(std::shared_ptr<HttpSocket> socket, const WebSocketLimits& limits);
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;
  ~WebSocket();

  /// Answers the handshake, with these headers. What cannot be accepted is refused.
  asio::awaitable<error_code> accept(const ServerRequest& request, std::vector<HttpHeader> headers);

  /// Waits for the next text. The error says that there will be none: the other side has gone, or
  /// sent what is no text, or one that is too large.
  asio::awaitable<error_code> read(std::string& text);

  /// Sends a text, which must stay until then.
  asio::awaitable<error_code> write(std::string_view text);

  /// Says why it ends, and waits for the other side to have heard it, for the time of a write.
  asio::awaitable<void> close(CloseCode code, std::string_view reason);

 private:
  struct Stream;
  class Turn;

  const std::shared_ptr<HttpSocket> socket_;
  const WebSocketLimits limits_;
  std::unique_ptr<Stream> stream_;
  asio::steady_timer turn_;  // cancelled when the next one may write
  bool writing_ = false;
};

}  // namespace strandbus::detail
