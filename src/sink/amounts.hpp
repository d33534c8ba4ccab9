#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// "15 ms", "3.2 s", "2 min 5 s", "1 h 2 min".
std::string duration_text(std::int64_t milliseconds);

/// Digits in groups of three: "12,345".
std::string count_text(std::int64_t count);

/// "1 turn", "2 turns".
std::string counted(std::int64_t count, std::string_view noun);

}  // namespace strandbus::detail
