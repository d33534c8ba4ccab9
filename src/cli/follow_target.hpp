#pragma once

#include "net/url.hpp"

#include <string>
#include <vector>

namespace strandbus::cli {

/// Where the events of a session are, from the address of the session: URL/v1/sessions/ID, with or
/// without /events behind it. `types`: the server shall send only these; empty = all.
///
/// Errors: throws UsageError.
detail::Url events_url(const std::string& text, const std::vector<std::string>& types);

}  // namespace strandbus::cli
