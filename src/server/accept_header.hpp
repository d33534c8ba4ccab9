#pragma once

#include <string_view>

namespace strandbus::detail {

/// Whether a list of what somebody takes (RFC 9110, sections 12.5.1 and 12.5.3) names this one by
/// name, and not with `q=0`: accepts("text/html,*/*;q=0.8", "text/html"). A `*` names nothing.
bool accepts(std::string_view list, std::string_view name);

/// Whether a list of entity tags (RFC 9110, section 13.1.2) holds this one, `"…"`, or is `*`; weak
/// ones count.
bool holds_tag(std::string_view list, std::string_view tag);

}  // namespace strandbus::detail
