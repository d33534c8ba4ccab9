#pragma once

#include "strandbus/llm/provider.hpp"

#include <string>

namespace strandbus::detail {

/// SHA-256 (FIPS 180-4) over the request's canonical JSON, in hexadecimal; the same for the same
/// request.
std::string request_digest(const ModelRequest& request);

}  // namespace strandbus::detail
