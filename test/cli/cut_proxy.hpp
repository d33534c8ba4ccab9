#pragma once

#include "cli/cut_socket.hpp"

#include <array>
#include <atomic>
#include <poll.h>
#include <thread>

namespace strandbus::testing {

/// A way to the service that breaks off as chance will have it. One connection at a time.
///
/// Threads: its own.
class CutProxy {
 public:
  explicit CutProxy(std::uint64_t seed)
      : chance_(seed), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const plain = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_.get(), plain, size) != 0 || ::listen(listener_.get(), 8) != 0 ||
        ::getsockname(listener_.get(), plain, &size) != 0)
      throw std::runtime_error("the proxy cannot listen");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  CutProxy(const CutProxy&) = delete;
  CutProxy& operator=(const CutProxy&) = delete;
  ~CutProxy() {
    ended_ = true;
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }

  std::uint16_t port() const { return port_; }
  std::uint64_t cuts() const { return cuts_; }
  void lead_to(std::uint16_t port) { target_ = port; }
  /// From now on nothing is cut.
  void be_good() { good_ = true; }

 private:
  void serve() {
    while (!ended_) {
      CutSocket client(
          detail::FileDescriptor(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
      if (client.get() < 0) return;
      auto server = CutSocket::connect(target_);
      if (server) carry(client, *server);
    }
  }

  void carry(CutSocket& client, CutSocket& server) {
    std::size_t left = chance_.bytes(20);
    while (!ended_) {
      std::array<pollfd, 2> ready{pollfd{client.get(), POLLIN, 0}, pollfd{server.get(), POLLIN, 0}};
      if (::poll(ready.data(), ready.size(), 50) == 0) continue;  // it may have to end
      if (ready[0].revents != 0) {
        const std::string bytes = client.receive(4096);
        if (bytes.empty() || !server.send(bytes)) return;
      }
      if (ready[1].revents == 0) continue;
      if (left == 0 && !good_) break;
      const std::string bytes = server.receive(good_ ? 4096 : left);
      if (bytes.empty() || !client.send(bytes)) return;
      left -= left < bytes.size() ? left : bytes.size();
    }
    if (ended_) return;
    ++cuts_;
    if (chance_.half()) client.reset();
  }

  CutChance chance_;
  const detail::FileDescriptor listener_;
  std::uint16_t port_ = 0;
  std::atomic<std::uint16_t> target_{0};
  std::atomic<std::uint64_t> cuts_{0};
  std::atomic<bool> good_{false};
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

}  // namespace strandbus::testing
