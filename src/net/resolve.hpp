#pragma once

#include "strandbus/error.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace strandbus::detail {

/// The addresses of a host that need no name server: of an address itself, and of localhost, which
/// no name server shall lead elsewhere (RFC 6761, section 6.3). Empty: ask one.
std::vector<asio::ip::tcp::endpoint> known_endpoints(const std::string& host, std::uint16_t port);

/// Finds the addresses of a host, in the order in which to try them.
///
/// Errors:       throws HttpError: resolve, or connect when the deadline is over.
/// Cancellation: terminal; at once, while the system's resolver ends later on a thread of Asio,
///               which keeps the context's run() going until then.
asio::awaitable<std::vector<asio::ip::tcp::endpoint>> async_resolve(
    std::string host, std::uint16_t port, std::chrono::steady_clock::time_point deadline);

}  // namespace strandbus::detail
