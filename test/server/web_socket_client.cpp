#include "server/web_socket_client.hpp"

#include "strandbus/error.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/time.h>

namespace strandbus::test {

namespace websocket = boost::beast::websocket;
using asio::ip::tcp;

struct WebSocketClient::Stream {
  asio::io_context context{1};
  websocket::stream<tcp::socket, false> protocol{context};
  std::string host;
};

WebSocketClient::WebSocketClient(std::uint16_t port) : stream_(std::make_unique<Stream>()) {
  tcp::socket& socket = stream_->protocol.next_layer();
  socket.connect({asio::ip::address_v4::loopback(), port});
  const timeval patience{30, 0};
  ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  stream_->host = "127.0.0.1:" + std::to_string(port);
}

WebSocketClient::~WebSocketClient() = default;

Handshake WebSocketClient::open(const std::string& target, const Headers& headers) {
  stream_->protocol.set_option(
      websocket::stream_base::decorator([&headers](websocket::request_type& request) {
        for (const auto& [name, value] : headers) request.insert(name, value);
      }));
  websocket::response_type response;
  error_code ec;
  stream_->protocol.handshake(response, stream_->host, target, ec);
  return {static_cast<int>(response.result_int()), response.body()};
}

std::optional<std::string> WebSocketClient::read() {
  std::string text;
  auto buffer = asio::dynamic_buffer(text);
  error_code ec;
  stream_->protocol.read(buffer, ec);
  if (ec) return std::nullopt;
  return text;
}

std::vector<std::string> WebSocketClient::read_until(const std::string& part) {
  std::vector<std::string> texts;
  while (auto text = read()) {
    texts.push_back(*std::move(text));
    if (texts.back().find(part) != std::string::npos) return texts;
  }
  ADD_FAILURE() << part << " did not come";
  return texts;
}

void WebSocketClient::send(const std::string& text) {
  error_code ec;
  stream_->protocol.text(true);
  stream_->protocol.write(asio::buffer(text), ec);
}

void WebSocketClient::send_binary(const std::string& bytes) {
  error_code ec;
  stream_->protocol.binary(true);
  stream_->protocol.write(asio::buffer(bytes), ec);
}

void WebSocketClient::close() {
  error_code ec;
  stream_->protocol.close(websocket::close_code::normal, ec);
}

int WebSocketClient::close_code() const { return stream_->protocol.reason().code; }

int WebSocketClient::socket() const { return stream_->protocol.next_layer().native_handle(); }

}  // namespace strandbus::test
