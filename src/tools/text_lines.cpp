#include "tools/text_lines.hpp"

#include <algorithm>

namespace strandbus::detail {

std::size_t count_lines(std::string_view text) noexcept {
  const auto ends = static_cast<std::size_t>(std::ranges::count(text, '\n'));
  return text.empty() || text.ends_with('\n') ? ends : ends + 1;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  lines.reserve(count_lines(text));
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end == std::string_view::npos ? end : end + 1));
    text.remove_prefix(lines.back().size());
  }
  return lines;
}

std::string_view without_end(std::string_view line) noexcept {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::size_t line_at(std::string_view text, std::size_t offset) noexcept {
  return 1 + static_cast<std::size_t>(std::ranges::count(text.substr(0, offset), '\n'));
}

std::string_view head_of(std::string_view text, std::size_t max_bytes) noexcept {
  if (text.size() <= max_bytes) return text;
  const auto continues = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
  };
  std::size_t size = max_bytes;
  // Valid UTF-8 has no more than three such bytes in a row.
  while (size > 0 && max_bytes - size < 4 && continues(size)) --size;
  return text.substr(0, continues(size) ? max_bytes : size);
}

bool looks_binary(std::string_view bytes) noexcept {
  constexpr std::size_t looked_at = 8000;
  return bytes.substr(0, looked_at).find('\0') != std::string_view::npos;
}

}  // namespace strandbus::detail
