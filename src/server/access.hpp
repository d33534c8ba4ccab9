#pragma once

#include "server/http_message.hpp"
#include "server/login_seal.hpp"

#include <boost/asio/ip/address.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// Where a server may be addressed, by whose pages, and with what token.
struct AccessOptions {
  asio::ip::address address{};
  std::uint16_t port{};
  std::vector<std::string> allowed_hosts{};
  std::vector<std::string> allowed_origins{};
  std::string token{};
};

/// What access a request has.
struct Access {
  std::optional<HttpRefusal> refusal{};
  bool by_cookie = false;     ///< and not by the token
  bool preflight = false;     ///< a browser asks what a page of an allowed origin may do
  std::string cors_origin{};  ///< the allowed origin whose page may read the answer; empty = none
};

/// Decides who may use the server. Host and Origin come first, whatever the path is: a page that
/// made its own name point to this machine learns nothing, not even which paths there are.
///
/// Threads: any thread.
class AccessPolicy {
 public:
  explicit AccessPolicy(AccessOptions options);

  /// Does not look at the body.
  Access decide(const ServerRequest& request, LoginSeal::Clock::time_point now) const;

  /// `NAME=VALUE` for a browser that may come in. The name has the port, since browsers give a
  /// cookie to all ports of a host.
  std::string new_cookie(LoginSeal::Clock::time_point now) const;

 private:
  enum class HostKind { none, own, named };

  HostKind host_kind(std::string_view host) const;
  bool is_own_origin(std::string_view origin, std::string_view host, HostKind kind) const;
  bool is_allowed_origin(std::string_view origin) const;
  void check_credentials(const ServerRequest& request, LoginSeal::Clock::time_point now,
                         Access& access) const;

  AccessOptions options_;
  LoginSeal logins_;
  std::string cookie_name_;
};

/// Errors: throws std::invalid_argument naming what is not allowed, never the token itself.
void check_access_options(const std::string& token, const std::vector<std::string>& allowed_hosts,
                          const std::vector<std::string>& allowed_origins);

}  // namespace strandbus::detail
