#pragma once

#include "strandbus/log.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::cli {

// The values of options, read from their text. Nothing when the text says no such value.

/// A whole number of at least `least`.
std::optional<std::int64_t> parse_whole(std::string_view text, std::int64_t least);

/// A decimal number from `least` to a billion.
std::optional<double> parse_decimal(std::string_view text, double least);

/// Seconds, above zero, to the millisecond.
std::optional<std::chrono::milliseconds> parse_seconds(std::string_view text);

std::optional<LogLevel> parse_log_level(std::string_view text);

/// The parts of "a,b,c".
std::vector<std::string> split_list(std::string_view text);

/// "a, b and c".
std::string joined(const std::vector<std::string>& names);

}  // namespace strandbus::cli
