#pragma once

#include "net/url.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// One header of a request. Names are compared without regard to case.
struct HttpHeader {
  std::string name{};
  std::string value{};
};

/// What is asked of a server. The body is sent as it is, with its length.
struct HttpRequest {
  std::string method{"POST"};
  Url url{};
  std::vector<HttpHeader> headers{};
  std::string body{};
};

/// Where an exchange with a server failed.
enum class HttpFailure : std::uint8_t {
  refused,   ///< by ourselves: plain http to a host that is not this machine, a bad proxy setting
  resolve,   ///< the host has no address
  connect,   ///< nobody answered there, or in time
  proxy,     ///< the proxy did not let us through
  tls,       ///< the server could not prove who it is
  timeout,   ///< a limit of time was reached after the connection stood
  closed,    ///< the connection ended before the answer was whole
  protocol,  ///< what came is no HTTP
  limit,     ///< what came is larger than allowed
};

/// Why an exchange failed. what() is a line for people that names host and port, says what happened
/// and what to do, and holds neither a header nor a body.
class HttpError : public std::runtime_error {
 public:
  HttpError(HttpFailure failure, const std::string& message)
      : std::runtime_error(message), failure_(failure) {}

  HttpFailure failure() const noexcept { return failure_; }

 private:
  HttpFailure failure_;
};

/// An answer whose head has come; its body is read piece by piece.
///
/// Threads: one strand, that of async_send. One read at a time.
/// Lifetime: destroying it closes the connection, unless the body was read to its end: then the
///           connection may serve another request. It may be destroyed after its transport.
class HttpExchange {
 public:
  virtual ~HttpExchange() = default;

  virtual int status() const noexcept = 0;
  /// The value of the first header of this name; valid as long as the exchange.
  virtual std::optional<std::string_view> header(std::string_view name) const noexcept = 0;

  /// Reads some bytes of the body, at least one; 0 = the body has ended as the server meant it to.
  ///
  /// Errors:       throws HttpError; `closed` when the body broke off.
  /// Cancellation: terminal; throws system_error(operation_aborted) and closes the connection.
  virtual asio::awaitable<std::size_t> async_read_some(std::span<char> buffer) = 0;

  /// Closes the connection. A read under way ends soon with HttpFailure::closed.
  virtual void close() noexcept = 0;

 protected:
  HttpExchange() = default;
  HttpExchange(const HttpExchange&) = default;
  HttpExchange& operator=(const HttpExchange&) = default;
};

/// Something that brings requests to servers.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;

  /// Sends a request and waits for the head of the answer, whatever its status.
  ///
  /// Errors:       throws HttpError.
  /// Cancellation: terminal; closes what is open and throws system_error(operation_aborted).
  /// Threads:      runs on the executor of the awaiting coroutine, a strand or of one thread.
  /// Lifetime:     the transport must outlive the operation. Move a named request in: g++ 12
  /// destroys
  ///               an aggregate temporary beside co_await twice.
  virtual asio::awaitable<std::unique_ptr<HttpExchange>> async_send(HttpRequest request) = 0;

 protected:
  HttpTransport() = default;
  HttpTransport(const HttpTransport&) = default;
  HttpTransport& operator=(const HttpTransport&) = default;
};

}  // namespace strandbus::detail
