#pragma once

#include "llm/server_failure.hpp"

#include <boost/json/object.hpp>

#include <string_view>

namespace strandbus::detail {

/// The text without white space around it.
std::string_view trimmed(std::string_view text) noexcept;

/// The JSON object that an event of a stream, or a whole answer, is. Throws ProviderError
/// (invalid_response) if it is none.
json::object parse_server_frame(std::string_view text, const ServerContext& context);

/// The same, but throws the server's own failure if the object says that it failed.
json::object read_server_frame(std::string_view text, const ServerContext& context);

}  // namespace strandbus::detail
