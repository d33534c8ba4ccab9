#include "support/tcp_server.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <system_error>
#include <utility>

namespace strandbus::test {
namespace {

using detail::FileDescriptor;

sockaddr_in local_address(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void require(bool done, const char* what) {
  if (!done) throw std::system_error(errno, std::generic_category(), what);
}

FileDescriptor open_socket() {
  FileDescriptor descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  require(static_cast<bool>(descriptor), "socket");
  return descriptor;
}

/// Pieces that are written apart travel apart.
void send_at_once(int socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

}  // namespace

std::string PlainChannel::read_some() {
  std::array<char, 16384> buffer{};
  ssize_t count = 0;
  do {
    count = ::recv(socket_, buffer.data(), buffer.size(), 0);
  } while (count < 0 && errno == EINTR);
  return count > 0 ? std::string(buffer.data(), static_cast<std::size_t>(count)) : std::string();
}

bool PlainChannel::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void PlainChannel::finish() { ::shutdown(socket_, SHUT_WR); }

void close_by_reset(int socket) {
  const linger at_once{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

FileDescriptor connect_to(std::uint16_t port) {
  FileDescriptor descriptor = open_socket();
  const sockaddr_in address = local_address(port);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(descriptor.get(), generic, sizeof(address)) != 0) return {};
  send_at_once(descriptor.get());
  return descriptor;
}

TcpServer::TcpServer(Serve serve) : serve_(std::move(serve)), listener_(open_socket()) {
  sockaddr_in address = local_address(0);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof(address);
  require(::bind(listener_.get(), generic, size) == 0, "bind");
  require(::listen(listener_.get(), SOMAXCONN) == 0, "listen");
  require(::getsockname(listener_.get(), generic, &size) == 0, "getsockname");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

TcpServer::~TcpServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const Connection& connection : open_) ::shutdown(connection.socket.get(), SHUT_RDWR);
  }
  ::shutdown(listener_.get(), SHUT_RDWR);
  acceptor_.join();
  for (Connection& connection : open_) connection.thread.join();
}

void TcpServer::accept_all() {
  for (;;) {
    FileDescriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const std::lock_guard lock(mutex_);
    if (stopping_ || !socket) return;
    send_at_once(socket.get());
    Connection& connection = open_.emplace_back();
    connection.socket = std::move(socket);
    const int number = ++connections_;
    connection.thread = std::thread([this, &connection, number] { serve(connection, number); });
  }
}

void TcpServer::serve(Connection& connection, int number) {
  serve_(connection.socket.get(), number);
  const std::lock_guard lock(mutex_);
  connection.socket = FileDescriptor();
}

}  // namespace strandbus::test
