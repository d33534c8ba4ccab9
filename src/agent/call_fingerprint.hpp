#pragma once

#include "strandbus/event/types.hpp"

#include <string>

namespace strandbus::detail {

/// A text of 64 characters that is the same for calls of the same tool with the same arguments:
/// the order of members does not matter, 1 and 1.0 are the same number. The call id is no part.
std::string call_fingerprint(const ToolCall& call);

}  // namespace strandbus::detail
