#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace strandbus::test {

/// What a handshake was answered.
struct Handshake {
  int status = 0;
  std::string body{};
};

/// The client's side of a WebSocket, as another implementation has it. Blocks, for half a minute at
/// most.
class WebSocketClient {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  explicit WebSocketClient(std::uint16_t port);
  WebSocketClient(const WebSocketClient&) = delete;
  WebSocketClient& operator=(const WebSocketClient&) = delete;
  ~WebSocketClient();

  /// 101 when the connection is a WebSocket now.
  Handshake open(const std::string& target, const Headers& headers);

  /// The next text, or nothing at the end.
  std::optional<std::string> read();
  /// Texts up to one that has `part` in it; fails the test when that does not come.
  std::vector<std::string> read_until(const std::string& part);

  void send(const std::string& text);
  void send_binary(const std::string& bytes);
  void close();
  /// Why the other side has closed; 0 = it did not say.
  int close_code() const;
  int socket() const;

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
};

}  // namespace strandbus::test
