#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// Bytes of a title that was made of something longer.
inline constexpr std::size_t max_title_bytes = 200;

/// The first line of the text that is not blank, cut at a code point. Secrets must be gone before:
/// a half of one would not be known any more.
std::string title_from(std::string_view text);

}  // namespace strandbus::detail
