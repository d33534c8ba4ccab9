#pragma once

#include "file_descriptor.hpp"

#include <arpa/inet.h>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <netinet/in.h>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>

namespace strandbus::testing {

/// What random cuts are made of.
///
/// Threads: distinct objects.
class CutChance {
 public:
  explicit CutChance(std::uint64_t seed) : random_(seed) {}

  /// How many bytes a connection lives for: every size from nothing on is as likely as its double.
  std::size_t bytes(unsigned largest_power) {
    const std::size_t power = random_() % (largest_power + 1);
    return random_() % (std::size_t{1} << power);
  }
  bool half() { return random_() % 2 == 0; }

 private:
  std::mt19937_64 random_;
};

/// Whether there is a service to talk to. Whoever finds none waits for the next.
///
/// Threads: any thread.
class ServiceGate {
 public:
  void open() {
    {
      const std::lock_guard lock(mutex_);
      is_open_ = true;
    }
    changed_.notify_all();
  }
  void close() {
    const std::lock_guard lock(mutex_);
    is_open_ = false;
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ = true;
};

/// A connection that is cut, by an end or by a reset. Waits for half a minute at most.
class CutSocket {
 public:
  /// Empty when nobody listens.
  static std::optional<CutSocket> connect(std::uint16_t port) {
    detail::FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience{30, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      return std::nullopt;
    return CutSocket(std::move(socket));
  }
  explicit CutSocket(detail::FileDescriptor socket) : socket_(std::move(socket)) {}

  int get() const { return socket_.get(); }

  bool send(std::string_view text) const {
    return ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(text.size());
  }

  /// Some bytes, at most so many; empty when the other side has ended.
  std::string receive(std::size_t most) const {
    std::string bytes(most < 4096 ? most : 4096, '\0');
    const ssize_t size = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      throw std::runtime_error("nothing came for half a minute");
    bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return bytes;
  }

  /// Resets the connection instead of ending it.
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    socket_ = detail::FileDescriptor();
  }

 private:
  detail::FileDescriptor socket_;
};

}  // namespace strandbus::testing
