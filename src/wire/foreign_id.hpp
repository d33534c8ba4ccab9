#pragma once

#include "strandbus/event/timestamp.hpp"

#include <string>
#include <string_view>

namespace strandbus::detail {

/// An id as a UUID, for systems whose ids are UUIDs: the id itself if it is one, the digits of
/// "run_0192…", and for any other text the name-based UUID (RFC 9562 section 5.5) that is always
/// the same for the same text.
std::string uuid_of(std::string_view id);

/// RFC 3339 as chrono writes it by default: no decimals, three, six or nine, as few as are needed.
std::string shortest_rfc3339(Timestamp time);

}  // namespace strandbus::detail
