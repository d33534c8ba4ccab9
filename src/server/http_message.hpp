#pragma once

#include "net/http_transport.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strandbus::detail {

/// A path and a query, taken apart and decoded.
struct RequestTarget {
  std::string path{};                   ///< as it was written
  std::vector<std::string> segments{};  ///< "/a/b" = {"a", "b"}; "/" = {}
  std::vector<std::pair<std::string, std::string>> query{};

  /// The first value of a parameter.
  std::optional<std::string_view> parameter(std::string_view name) const noexcept;
};

/// What somebody asks of the server.
struct ServerRequest {
  std::string method{};
  RequestTarget target{};
  std::vector<HttpHeader> headers{};
  std::string body{};
  bool http_1_1 = true;
  bool keep_alive = true;

  /// The value of a header; the first where there are several.
  std::optional<std::string_view> header(std::string_view name) const noexcept;
  std::size_t count(std::string_view name) const noexcept;
};

/// What the server answers. Content-Length and what every answer has are added when it is written.
struct HttpReply {
  int status = 200;
  std::string content_type{};  ///< empty = there is no body
  std::vector<HttpHeader> headers{};
  std::string body{};
};

/// Why a request is not carried out: status, a short code for programs, a line for people.
struct HttpRefusal {
  int status = 400;
  std::string code{};
  std::string message{};
  std::vector<HttpHeader> headers{};
  std::string more{};  ///< JSON members that stand beside `error`, raw
};

HttpRefusal make_refusal(int status, std::string code, std::string message);

HttpRefusal too_many_requests();

/// Takes the target of a request apart (RFC 3986, section 3): "/path?query". Empty when it is none,
/// or holds NUL or what is no percent-encoding.
std::optional<RequestTarget> parse_target(std::string_view target);

/// {"error":{"code":…,"message":…}}, and what is more
HttpReply reply_to(const HttpRefusal& refusal);

/// Status line and headers of an answer, without the empty line: the caller says how long it is.
std::string reply_head(const HttpReply& reply, bool http_1_1);

/// IMF-fixdate (RFC 9110, section 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date(std::chrono::system_clock::time_point time);

}  // namespace strandbus::detail
