#pragma once

#include <string>
#include <string_view>

namespace strandbus::detail {

/// The bytes as a gzip member (RFC 1952).
///
/// Errors: throws std::bad_alloc.
std::string gzip(std::string_view bytes);

}  // namespace strandbus::detail
