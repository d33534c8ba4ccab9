#pragma once

#include "file_descriptor.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace strandbus::load {

/// Where readers and publishers of one session find it.
struct Target {
  std::uint16_t port = 0;   ///< of 127.0.0.1
  std::string authority{};  ///< the Host header
  std::string access{};     ///< more header lines, each with its end
  std::string publish_path{};
  std::string stream_path{};
  std::string socket_path{};  ///< empty = there are no WebSockets
  std::string media_type{};   ///< of what is published
};

/// How a connection is made.
struct ConnectOptions {
  unsigned source = 1;        ///< 127.0.0.SOURCE, because one address has only so many ports
  bool small_window = false;  ///< takes as little as possible into the system's buffers
};

/// A connection, made at once because the other side is on this machine, then without waiting.
///
/// Errors: std::system_error.
detail::FileDescriptor connect_to(std::uint16_t port, const ConnectOptions& options = {});

std::string get_request(const Target& target, const std::string& path);
std::string socket_request(const Target& target, const std::string& path);

/// Sends what goes without waiting; true if that was everything.
bool send_now(int socket, std::string_view bytes);

/// Sends events one by one, each when the one before has its answer.
///
/// Threads: distinct objects.
class Publisher {
 public:
  explicit Publisher(const Target& target);

  /// Errors: std::runtime_error with the status line, if it is not taken.
  void publish(const std::string& lines);

 private:
  std::string read_answer();

  const Target& target_;
  detail::FileDescriptor socket_;
};

/// The whole answer to one request of a connection of its own.
std::string ask(std::uint16_t port, const std::string& request);

}  // namespace strandbus::load
