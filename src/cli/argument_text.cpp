#include "cli/argument_text.hpp"

#include <charconv>
#include <cmath>

namespace strandbus::cli {
namespace {

constexpr double largest_decimal = 1e9;

template <class Number>
std::optional<Number> parse(std::string_view text) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::int64_t> parse_whole(std::string_view text, std::int64_t least) {
  const auto value = parse<std::int64_t>(text);
  if (!value || *value < least) return std::nullopt;
  return value;
}

std::optional<double> parse_decimal(std::string_view text, double least) {
  const auto value = parse<double>(text);
  if (!value || !(*value >= least && *value <= largest_decimal)) return std::nullopt;
  return value;
}

std::optional<std::chrono::milliseconds> parse_seconds(std::string_view text) {
  constexpr double shortest = 0.001;
  const auto value = parse_decimal(text, shortest);
  if (!value) return std::nullopt;
  return std::chrono::milliseconds(std::llround(*value * 1000));
}

std::optional<LogLevel> parse_log_level(std::string_view text) {
  if (text == "debug") return LogLevel::debug;
  if (text == "info") return LogLevel::info;
  if (text == "warning") return LogLevel::warning;
  if (text == "error") return LogLevel::error;
  if (text == "off") return LogLevel::off;
  return std::nullopt;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t comma = text.find(',');
    parts.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += names[i];
  }
  return text;
}

}  // namespace strandbus::cli
