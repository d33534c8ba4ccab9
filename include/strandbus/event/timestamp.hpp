#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace strandbus {

/// A moment in UTC with nanoseconds.
using Timestamp = std::chrono::sys_time<std::chrono::nanoseconds>;

/// RFC 3339 in UTC with `digits` decimals of a second (0 … 9), cut and not rounded:
/// "2026-11-20T15:04:05.123456789Z". Years outside 0000 … 9999 do not occur in Timestamp's range.
std::string to_rfc3339(Timestamp time, int digits = 9);

/// Reads RFC 3339: any offset, at most nine decimals. Leap seconds (":60") are read as the next
/// second.
std::optional<Timestamp> parse_rfc3339(std::string_view text) noexcept;

}  // namespace strandbus
