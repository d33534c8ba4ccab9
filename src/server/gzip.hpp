#pragma once

#include <string>
#include <string_view>

namespace strandbus::detail {

/// RFC 1952, as small as it gets; the same text gives the same bytes.
///
/// Errors: throws std::bad_alloc.
std::string gzip(std::string_view text);

}  // namespace strandbus::detail
