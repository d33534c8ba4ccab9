#include "report/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace strandbus::bench {

namespace {

std::size_t columns_of(std::string_view text) noexcept {
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  return text.size() - std::size_t(std::count_if(text.begin(), text.end(), continues));
}

std::string spaces(std::string_view text, std::size_t columns) {
  const std::size_t used = columns_of(text);
  return std::string(columns > used ? columns - used : 0, ' ');
}

}  // namespace

std::string three_digits(double value) {
  const double size = std::abs(value);
  const int before_point = size > 0 ? int(std::floor(std::log10(size))) + 1 : 1;
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", std::clamp(3 - before_point, 0, 9), value);
  return text.data();
}

std::string with_unit(std::string_view metric, double value) {
  if (metric == "events_per_second") return three_digits(value / 1e6) + " M/s";
  if (metric == "bytes") return three_digits(value) + " B";
  if (metric.find("nanoseconds") == std::string_view::npos) return three_digits(value);
  if (value < 1e3) return three_digits(value) + " ns";
  if (value < 1e6) return three_digits(value / 1e3) + " µs";
  return three_digits(value / 1e6) + " ms";
}

std::string_view metric_label(std::string_view metric) noexcept {
  if (metric == "p50_nanoseconds") return "p50";
  if (metric == "p99_nanoseconds") return "p99";
  if (metric == "nanoseconds_per_step") return "per step";
  if (metric == "nanoseconds_per_token") return "per token";
  if (metric == "events_per_second" || metric == "nanoseconds" || metric == "bytes") return "";
  return metric;
}

std::string counted_rounds(std::size_t rounds) {
  return std::to_string(rounds) + (rounds == 1 ? " round" : " rounds");
}

std::string left(std::string_view text, std::size_t columns) {
  return std::string(text) + spaces(text, columns);
}

std::string right(std::string_view text, std::size_t columns) {
  return spaces(text, columns) + std::string(text);
}

}  // namespace strandbus::bench
