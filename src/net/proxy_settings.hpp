#pragma once

#include "net/url.hpp"

#include <optional>
#include <string>

namespace strandbus::detail {

/// Which proxy to use, as the environment variables of these names would say it. Nobody here reads
/// the environment.
struct ProxySettings {
  /// "http://user:password@host:port"; "host:port" is enough. Empty: no proxy.
  std::string https_proxy{};
  /// Hosts to go to directly, between commas or spaces: a domain (its subdomains too), an address,
  /// a network as 10.0.0.0/8, each with a port if only that is meant; "*" for all.
  std::string no_proxy{};
};

/// The proxy that brings requests to `url`; none for this machine itself.
///
/// Errors: the proxy's URL cannot be used; the message holds neither user nor password.
boost::system::result<std::optional<Url>, UrlError> proxy_for(const ProxySettings& settings,
                                                              const Url& url);

/// The value of Proxy-Authorization for this proxy (RFC 7617), "" when its URL names no user.
std::string proxy_authorization(const Url& proxy);

}  // namespace strandbus::detail
