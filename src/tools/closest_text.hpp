#pragma once

#include <string>
#include <string_view>

namespace strandbus::detail {

/// Why a piece of text may not have been found, for a model: where it stands with other white
/// space, or how far it agrees with the text and what comes instead.
std::string closest_text(std::string_view text, std::string_view wanted);

}  // namespace strandbus::detail
