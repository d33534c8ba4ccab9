#pragma once

#include "server/http_message.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strandbus::test {

/// A request as the connection would hand it on.
inline detail::ServerRequest make_request(
    std::string method, std::string_view target,
    const std::vector<std::pair<std::string, std::string>>& headers = {}, std::string body = {}) {
  detail::ServerRequest request;
  request.method = std::move(method);
  request.target = detail::parse_target(target).value();
  for (const auto& [name, value] : headers) request.headers.push_back({name, value});
  request.body = std::move(body);
  return request;
}

/// One with a JSON body.
inline detail::ServerRequest make_post(std::string_view target, std::string body) {
  return make_request("POST", target, {{"Content-Type", "application/json"}}, std::move(body));
}

}  // namespace strandbus::test
