#pragma once

#include "support/tcp_server.hpp"

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace strandbus::test {

/// An HTTP proxy that answers CONNECT as it is told, and connects every host to the same port of
/// this machine: so a test reaches servers of any name.
///
/// Threads: any thread.
class ConnectProxy {
 public:
  struct Script {
    std::string answer = "HTTP/1.1 200 Connection established\r\n\r\n";
    bool connects = true;  ///< whether it then passes bytes on; otherwise it ends
  };

  ConnectProxy(std::uint16_t target_port, Script script);

  std::uint16_t port() const noexcept { return server_.port(); }
  int connections() const noexcept { return server_.connections(); }
  /// The heads of the requests that came.
  std::vector<std::string> heads() const;

 private:
  void serve(int client);

  const std::uint16_t target_port_;
  const Script script_;
  mutable std::mutex mutex_;
  std::vector<std::string> heads_;
  TcpServer server_;  ///< the last: its threads use the others
};

}  // namespace strandbus::test
