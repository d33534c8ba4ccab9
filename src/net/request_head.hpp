#pragma once

#include "net/http_transport.hpp"

#include <string>
#include <string_view>

namespace strandbus::detail {

/// The head of a request as it goes over the wire (RFC 9112), with Host, Content-Length, and what
/// else the caller did not name: User-Agent, Accept-Encoding.
///
/// Errors: throws HttpError (refused) when a part of the request would break the head, or names a
///         header that belongs to the connection.
std::string request_head(const HttpRequest& request, std::string_view user_agent);

/// The head of the request that asks a proxy for a tunnel (RFC 9110, section 9.3.6).
std::string connect_head(const Url& target, const Url& proxy, std::string_view user_agent);

}  // namespace strandbus::detail
