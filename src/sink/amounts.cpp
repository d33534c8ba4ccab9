#include "sink/amounts.hpp"

#include <algorithm>

namespace strandbus::detail {

std::string duration_text(std::int64_t milliseconds) {
  const std::int64_t ms = std::max<std::int64_t>(milliseconds, 0);
  if (ms < 1'000) return std::to_string(ms) + " ms";
  if (ms < 60'000)
    return std::to_string(ms / 1'000) + "." + std::to_string(ms % 1'000 / 100) + " s";
  const std::int64_t seconds = ms / 1'000;
  if (seconds < 3'600) {
    return std::to_string(seconds / 60) + " min " + std::to_string(seconds % 60) + " s";
  }
  return std::to_string(seconds / 3'600) + " h " + std::to_string(seconds % 3'600 / 60) + " min";
}

std::string count_text(std::int64_t count) {
  std::string text = std::to_string(count);
  const std::size_t first_digit = count < 0 ? 1 : 0;
  for (std::size_t i = text.size(); i > first_digit + 3;) {
    i -= 3;
    text.insert(i, 1, ',');
  }
  return text;
}

std::string counted(std::int64_t count, std::string_view noun) {
  std::string text = count_text(count) + " ";
  text += noun;
  if (count != 1) text += 's';
  return text;
}

}  // namespace strandbus::detail
