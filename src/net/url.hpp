#pragma once

#include "strandbus/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// An http or https URL, taken apart (RFC 3986).
struct Url {
  std::string scheme{};    ///< "http" or "https"
  std::string host{};      ///< a name or an address, an IPv6 address without its brackets
  std::uint16_t port{};    ///< the scheme's own where none was written
  std::string target{};    ///< path and query, "/" at least
  std::string userinfo{};  ///< "user:password", decoded; only a proxy's URL may have it

  bool secure() const noexcept { return scheme == "https"; }
  /// "host:port" for the Host header, an IPv6 address in brackets; without the scheme's own port.
  std::string authority() const;
  /// "host:port" for messages and CONNECT: always with the port.
  std::string peer() const;
  /// Whether the host is this machine: localhost, 127.0.0.0/8 or ::1.
  bool is_loopback() const;
};

/// What is wrong with a text that should be a URL: a line for people, without the user's part.
struct UrlError {
  std::string message{};
};

boost::system::result<Url, UrlError> parse_url(std::string_view text);

}  // namespace strandbus::detail
