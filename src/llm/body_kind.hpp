#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace strandbus::detail {

/// What the body of a successful answer is.
enum class BodyKind : std::uint8_t {
  unknown,  ///< only white space or a byte order mark so far
  stream,   ///< server-sent events
  json,     ///< a whole answer, from a server that does not stream, or an error
  page,     ///< HTML: something else than the model's server answered
};

inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// Tells by the first bytes: the header content-type is wrong too often, and no event stream begins
/// with a bracket.
inline BodyKind body_kind(std::string_view bytes) noexcept {
  if (bytes.starts_with(byte_order_mark)) bytes.remove_prefix(byte_order_mark.size());
  if (byte_order_mark.starts_with(bytes)) return BodyKind::unknown;
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return BodyKind::unknown;
  switch (bytes[first]) {
    case '{':
    case '[': return BodyKind::json;
    case '<': return BodyKind::page;
    default: return BodyKind::stream;
  }
}

}  // namespace strandbus::detail
