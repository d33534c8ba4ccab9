#pragma once

#include "file_descriptor.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace strandbus::test {

/// One side of a connection, for a thread that may block.
class Channel {
 public:
  Channel() = default;
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  virtual ~Channel() = default;

  /// Some bytes, "" at the end.
  virtual std::string read_some() = 0;
  /// False when the other side is gone.
  virtual bool write(std::string_view bytes) = 0;
  /// Says that nothing more is written, in order.
  virtual void finish() = 0;
};

/// A channel of bytes as they are. It does not own the socket.
class PlainChannel final : public Channel {
 public:
  explicit PlainChannel(int socket) : socket_(socket) {}

  std::string read_some() override;
  bool write(std::string_view bytes) override;
  void finish() override;

 private:
  int socket_;
};

/// Makes the coming close of a socket a reset (RST) instead of an end (FIN).
void close_by_reset(int socket);

/// Connects to a port of 127.0.0.1; an empty descriptor when nobody listens.
detail::FileDescriptor connect_to(std::uint16_t port);

/// Listens on a free port of 127.0.0.1 and serves each connection on a thread of its own.
///
/// Throws std::system_error when it cannot listen.
class TcpServer {
 public:
  /// `number`: 1 for the first connection. The socket is closed when this returns.
  using Serve = std::function<void(int socket, int number)>;

  explicit TcpServer(Serve serve);
  TcpServer(const TcpServer&) = delete;
  TcpServer& operator=(const TcpServer&) = delete;
  /// Ends the connections and waits for the threads.
  ~TcpServer();

  std::uint16_t port() const noexcept { return port_; }
  /// How many connections were made so far.
  int connections() const noexcept { return connections_; }

 private:
  struct Connection {
    detail::FileDescriptor socket;
    std::thread thread;
  };

  void accept_all();
  void serve(Connection& connection, int number);

  Serve serve_;
  detail::FileDescriptor listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;
  bool stopping_ = false;
  std::list<Connection> open_;
  std::thread acceptor_;
};

}  // namespace strandbus::test
