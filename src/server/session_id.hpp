#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace strandbus::detail {

/// What is_session_id demands, for people.
constexpr std::string_view session_id_rule =
    "a session's id has 1 to 128 characters of A-Z, a-z, 0-9, '.', '_', '-'";

/// Whether a store takes a session of this id; whatever else stands there is not looked up.
inline bool is_session_id(std::string_view id) {
  constexpr std::size_t max_bytes = 128;
  const bool clean = std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
  return clean && !id.empty() && id.size() <= max_bytes;
}

}  // namespace strandbus::detail
