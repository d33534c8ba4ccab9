#pragma once

#include <cstddef>
#include <string_view>

namespace strandbus::detail {

/// How many bytes at the beginning of `text` may stand in a JSON string literal as they are: valid
/// UTF-8 without quotes, backslashes and control characters.
std::size_t plain_size(std::string_view text) noexcept;

}  // namespace strandbus::detail
