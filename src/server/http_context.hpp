#pragma once

#include "server/access.hpp"
#include "server/address_limits.hpp"
#include "server/ag_ui_book.hpp"
#include "server/login_book.hpp"
#include "server/viewer_files.hpp"
#include "strandbus/server/http_server.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace strandbus::detail {

/// What all connections of a server share.
///
/// Threads: any thread; what is not atomic or locked in itself does not change.
struct HttpContext {
  HttpContext(std::shared_ptr<SessionHub> sessions, HttpLimits wanted, Logger log,
              AccessOptions access_options)
      : hub(std::move(sessions)),
        limits(wanted),
        logger(std::move(log)),
        access(std::move(access_options)),
        addresses(wanted.max_connections_per_address, wanted.max_requests_per_second) {}

  const std::shared_ptr<SessionHub> hub;
  const HttpLimits limits;
  const Logger logger;
  const AccessPolicy access;
  LoginBook links;
  ViewerFiles viewer;
  AddressLimits addresses;
  AgUiBook ag_ui;
  std::atomic<bool> draining = false;
  std::atomic<std::size_t> connections = 0;
  std::atomic<std::uint64_t> accepted = 0;
  std::atomic<std::uint64_t> refused = 0;
  std::atomic<std::uint64_t> requests = 0;

  /// The path of a one-time link.
  std::string new_link() { return "/login?code=" + links.new_code(LoginBook::Clock::now()); }

  HttpStats stats() const {
    HttpStats now;
    now.connections = connections;
    now.accepted = accepted;
    now.refused = refused;
    now.requests = requests;
    return now;
  }
};

}  // namespace strandbus::detail
