#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace strandbus::detail {

/// The value of the header retry-after-ms: milliseconds, also with a fraction. No value for what is
/// none; at most a year.
std::optional<std::chrono::milliseconds> parse_retry_after_ms(std::string_view value);

/// The value of the header retry-after: seconds, also with a fraction, or an HTTP date (RFC 9110
/// section 5.6.7, IMF-fixdate); a date in the past is 0.
std::optional<std::chrono::milliseconds> parse_retry_after(
    std::string_view value, std::chrono::system_clock::time_point now);

}  // namespace strandbus::detail
