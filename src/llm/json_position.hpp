#pragma once

#include <cstddef>
#include <string_view>

namespace strandbus::detail {

/// A place in a text as editors count: lines and columns from 1, columns in code points.
struct TextPosition {
  std::size_t line{1};
  std::size_t column{1};
};

/// The line and column of a byte; of the end of the text when it is beyond.
TextPosition position_of(std::string_view text, std::size_t offset) noexcept;

/// What of a member to look for.
enum class JsonPart { key, value };

/// Where the member that a JSON pointer (RFC 6901) names lies in a JSON text, in bytes. An element
/// of an array has no key: its value is found. When there is no such member: the innermost value on
/// the way to it. The text must be valid JSON.
std::size_t locate(std::string_view json_text, std::string_view pointer, JsonPart part);

}  // namespace strandbus::detail
