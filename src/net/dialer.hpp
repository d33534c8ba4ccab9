#pragma once

#include "net/connection.hpp"
#include "net/url.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strandbus::detail {

/// How to get to a server.
struct DialPlan {
  Url url{};
  std::optional<Url> proxy{};
  std::shared_ptr<const TlsContext> tls{};
  std::string user_agent{};
  std::size_t max_head_bytes{};  ///< of the proxy's answer
  std::chrono::steady_clock::time_point deadline{};
};

/// The part of the remaining time that an attempt may take when `attempts` are left: an address
/// that does not answer must not take the time of the others.
std::chrono::steady_clock::duration attempt_time(std::chrono::steady_clock::duration remaining,
                                                 std::size_t attempts);

/// Connects to the first of these addresses that answers; `peer` names the server in messages.
///
/// Errors:       throws HttpError (connect).
/// Cancellation: terminal.
asio::awaitable<std::shared_ptr<Connection>> async_connect_any(
    std::vector<asio::ip::tcp::endpoint> endpoints, std::string peer,
    std::chrono::steady_clock::time_point deadline);

/// Makes a connection on which a request can be sent: finds the address, tries each in turn, gets
/// through the proxy, begins TLS.
///
/// Errors:       throws HttpError.
/// Cancellation: terminal.
asio::awaitable<std::shared_ptr<Connection>> async_dial(std::shared_ptr<const DialPlan> plan);

}  // namespace strandbus::detail
