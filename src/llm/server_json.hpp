#pragma once

#include "strandbus/event/json_codec.hpp"

#include <boost/json/value.hpp>

#include <string_view>

namespace strandbus::detail {

/// As parse_json, but half of a surrogate pair ("\ud83d" alone) becomes U+FFFD. Servers that cut
/// text by UTF-16 units send such halves, and one broken character is not worth an answer.
boost::system::result<json::value, DecodeError> parse_server_json(std::string_view text,
                                                                  const DecodeLimits& limits = {});

}  // namespace strandbus::detail
