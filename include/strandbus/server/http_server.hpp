#pragma once

#include "strandbus/log.hpp"
#include "strandbus/server/session_hub.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace strandbus {
namespace detail {
class ServerCore;
}

/// How a server protects itself. Sizes in bytes.
struct HttpLimits {
  std::size_t max_header = 16 * 1024;
  std::size_t max_body = 1024 * 1024;
  std::size_t max_connections = 10000;
  /// From one address, loopback excepted.
  std::size_t max_connections_per_address = 256;
  /// Requests per second from one address, loopback excepted; twice as many may come at once. 0 =
  /// no limit.
  std::size_t max_requests_per_second = 100;
  /// A request's header must have come after this time, its body after this time again.
  std::chrono::milliseconds read_timeout{std::chrono::seconds(10)};
  /// A connection that takes nothing of what is sent to it is closed after this time.
  std::chrono::milliseconds write_timeout{std::chrono::seconds(10)};
  /// A connection without request is closed after this time.
  std::chrono::milliseconds idle_timeout{std::chrono::seconds(60)};
  /// Event streams that have nothing to say send a comment after this time.
  std::chrono::milliseconds keep_alive{std::chrono::seconds(15)};
};

struct HttpServerOptions {
  std::string address = "127.0.0.1";  ///< a numeric one
  std::uint16_t port = 8080;          ///< 0 = any that is free
  /// What every request must bring, as `Authorization: Bearer …` or as the cookie that a one-time
  /// link sets. At least 16 bytes.
  std::string token{};
  /// Host names, besides the address and localhost, under which the server may be addressed.
  std::vector<std::string> allowed_hosts{};
  /// Origins ("https://app.example") whose pages may use the server; they get CORS headers. Pages
  /// of the server itself always may.
  std::vector<std::string> allowed_origins{};
  HttpLimits limits{};
  /// Receives one line for each request, without query and token, and what went wrong.
  Logger logger{};
};

/// Counts of this moment.
struct HttpStats {
  std::size_t connections = 0;
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;  ///< connections and requests against a limit or without access
  std::uint64_t requests = 0;
};

/// Sessions behind HTTP/1.1; docs/service.md describes the interface.
///
/// Threads: any thread; connections run on strands of the executor.
/// Lifetime: destroying it closes all connections; use drain for a proper end.
class HttpServer {
 public:
  /// Opens the port.
  ///
  /// Errors: throws std::invalid_argument naming the option whose value is not allowed, an empty
  ///         token among them; system_error of the system, with the address.
  HttpServer(asio::any_io_executor executor, std::shared_ptr<SessionHub> hub,
             HttpServerOptions options);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  /// The port that is listened on.
  std::uint16_t port() const noexcept;
  /// "http://127.0.0.1:8080"
  std::string url() const;
  /// A path with a secret that works once, within five minutes, and sets the cookie: "/login?…".
  std::string one_time_link();

  /// Begins to accept.
  void start();

  /// Accepts nothing more, lets requests end and streams read what there is until the deadline.
  asio::awaitable<void> drain(std::chrono::steady_clock::time_point deadline);

  HttpStats stats() const;

 private:
  std::shared_ptr<detail::ServerCore> core_;
};

}  // namespace strandbus
