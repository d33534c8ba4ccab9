#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// How many lines a text has; a last one without an end counts.
std::size_t count_lines(std::string_view text) noexcept;

/// The lines of a text, each with its end ("\n", "\r\n"); the last one may have none.
std::vector<std::string_view> lines_of(std::string_view text);

/// A line without its end.
std::string_view without_end(std::string_view line) noexcept;

/// The number of the line, from 1, in which a byte lies.
std::size_t line_at(std::string_view text, std::size_t offset) noexcept;

/// As much of the beginning as fits into `max_bytes` without cutting a code point in two.
std::string_view head_of(std::string_view text, std::size_t max_bytes) noexcept;

/// Whether it is something else than text: a NUL byte among the first ones, as git decides it.
bool looks_binary(std::string_view bytes) noexcept;

}  // namespace strandbus::detail
