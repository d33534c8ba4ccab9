#include "load/connection.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>
#include <system_error>

namespace strandbus::load {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void set(int socket, int level, int name, int value) {
  if (::setsockopt(socket, level, name, &value, sizeof value) != 0) fail("setsockopt");
}

sockaddr_in loopback(unsigned host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl((INADDR_LOOPBACK & 0xFFFFFF00U) | host);
  address.sin_port = htons(port);
  return address;
}

detail::FileDescriptor connect_waiting(std::uint16_t port, const ConnectOptions& options) {
  detail::FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) fail("socket");
  if (options.small_window) {
    // Small segments keep the sender's buffer small too: on loopback it is megabytes otherwise.
    set(socket.get(), SOL_SOCKET, SO_RCVBUF, 4096);
    set(socket.get(), IPPROTO_TCP, TCP_MAXSEG, 536);
  }
  set(socket.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  const sockaddr_in from = loopback(options.source, 0);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0)
    fail("bind");
  const sockaddr_in to = loopback(1, port);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
    fail("connect");
  return socket;
}

std::string head(std::string_view method, const Target& target, const std::string& path) {
  return std::string(method) + ' ' + path + " HTTP/1.1\r\nHost: " + target.authority + "\r\n" +
         target.access;
}

void send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size < 0) fail("send");
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
}

/// Adds what comes; false at the end.
bool receive(int socket, std::string& bytes) {
  std::array<char, 4096> part;
  const ssize_t size = ::recv(socket, part.data(), part.size(), 0);
  if (size < 0) fail("recv");
  bytes.append(part.data(), static_cast<std::size_t>(size));
  return size > 0;
}

std::size_t length_of(std::string_view answer_head) {
  constexpr std::string_view name = "Content-Length: ";
  const std::size_t at = answer_head.find(name);
  std::size_t length = 0;
  if (at != std::string_view::npos) {
    const std::string_view digits = answer_head.substr(at + name.size());
    std::from_chars(digits.data(), digits.data() + digits.size(), length);
  }
  return length;
}

}  // namespace

detail::FileDescriptor connect_to(std::uint16_t port, const ConnectOptions& options) {
  detail::FileDescriptor socket = connect_waiting(port, options);
  if (::fcntl(socket.get(), F_SETFL, O_NONBLOCK) != 0) fail("fcntl");
  return socket;
}

std::string get_request(const Target& target, const std::string& path) {
  return head("GET", target, path) + "Accept: text/event-stream\r\n\r\n";
}

std::string socket_request(const Target& target, const std::string& path) {
  return head("GET", target, path) +
         "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
}

bool send_now(int socket, std::string_view bytes) {
  return ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
         static_cast<ssize_t>(bytes.size());
}

Publisher::Publisher(const Target& target)
    : target_(target), socket_(connect_waiting(target.port, {})) {
  set(socket_.get(), IPPROTO_TCP, TCP_NODELAY, 1);
}

void Publisher::publish(const std::string& lines) {
  send_all(socket_.get(),
           head("POST", target_, target_.publish_path) + "Content-Type: " + target_.media_type +
               "\r\nContent-Length: " + std::to_string(lines.size()) + "\r\n\r\n" + lines);
  const std::string answer = read_answer();
  const std::string line = answer.substr(0, answer.find("\r\n"));
  if (line.find(" 20") == std::string::npos)
    throw std::runtime_error("an event is not taken: " + line);
}

std::string Publisher::read_answer() {
  std::string answer;
  std::size_t end = std::string::npos;
  while ((end = answer.find("\r\n\r\n")) == std::string::npos) {
    if (!receive(socket_.get(), answer))
      throw std::runtime_error("the server closed the publisher's connection");
  }
  const std::size_t whole = end + 4 + length_of(std::string_view(answer).substr(0, end));
  while (answer.size() < whole && receive(socket_.get(), answer)) {
  }
  return answer;
}

std::string ask(std::uint16_t port, const std::string& request) {
  const detail::FileDescriptor socket = connect_waiting(port, {});
  send_all(socket.get(), request);
  std::string answer;
  while (receive(socket.get(), answer)) {
  }
  return answer;
}

}  // namespace strandbus::load
