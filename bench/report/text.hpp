#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace strandbus::bench {

/// Three digits that count, never an exponent: "0.0221", "9.31", "412", "2301".
std::string three_digits(double value);

/// How a value of this metric is written: "9.31 M/s", "412 ns", "1.53 µs", "1734 B".
std::string with_unit(std::string_view metric, double value);

/// What a metric adds to a contender's name: "p99", "per step"; nothing where there is no doubt.
std::string_view metric_label(std::string_view metric) noexcept;

/// "1 round", "5 rounds".
std::string counted_rounds(std::size_t rounds);

/// Fills up with spaces; a character of UTF-8 counts as one column.
std::string left(std::string_view text, std::size_t columns);
std::string right(std::string_view text, std::size_t columns);

}  // namespace strandbus::bench
