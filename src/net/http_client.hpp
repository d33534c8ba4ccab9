#pragma once

#include "net/http_transport.hpp"
#include "net/proxy_settings.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace strandbus::detail {

/// Where requests may go that everybody on the way can read.
enum class PlainHttp : std::uint8_t { this_machine, anywhere };

struct HttpClientOptions {
  /// Within it the address is found, the connection stands, the proxy has let through and TLS is
  /// agreed on.
  std::chrono::milliseconds connect_timeout{10'000};
  /// Within it the request is sent and the head of the answer has come; 0 = no limit.
  std::chrono::milliseconds head_timeout{0};
  /// Connections to one origin that are kept for the next request; 0 = none.
  std::size_t idle_per_origin{4};
  /// For how long they are kept. Servers often allow a minute.
  std::chrono::milliseconds idle_timeout{30'000};
  ProxySettings proxy{};
  std::size_t max_head_bytes{std::size_t{64} * 1024};
  std::uint64_t max_body_bytes{std::uint64_t{256} * 1024 * 1024};
  /// PEM file of authorities to trust beside those of the machine; empty = none.
  std::string ca_file{};
  std::string user_agent{"strandbus"};
  PlainHttp plain_http{};
};

/// Brings requests to servers over HTTP/1.1: https, and plain http to this machine itself, or
/// anywhere if its options say so.
///
/// Certificates are verified against the machine's authorities (OpenSSL honours SSL_CERT_FILE and
/// SSL_CERT_DIR) and the name of the host. Connections are kept and used again; when the server has
/// ended one meanwhile, and not a byte of an answer came, the request is sent once more on a fresh
/// one. Redirections are not followed, compression is not asked for.
///
/// Threads: any thread; each operation belongs to the strand of its coroutine.
/// Lifetime: any; idle connections are closed with their execution context, if that ends first.
///           Its operations and exchanges may end later than it.
class HttpClient final : public HttpTransport {
 public:
  /// Errors: throws std::invalid_argument that names the option.
  explicit HttpClient(HttpClientOptions options = {});
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient() override;

  asio::awaitable<std::unique_ptr<HttpExchange>> async_send(HttpRequest request) override;

  /// Closes the connections that wait for a next request.
  void close_idle();
  /// How many there are.
  std::size_t idle_connections() const;

 private:
  struct Core;

  static asio::awaitable<std::unique_ptr<HttpExchange>> send(std::shared_ptr<const Core> core,
                                                             HttpRequest request);

  const std::shared_ptr<const Core> core_;
};

}  // namespace strandbus::detail
