#include "sink/screen.hpp"

#include "event/utf8.hpp"
#include "strandbus/sink/terminal_text.hpp"

#include <algorithm>

namespace strandbus::testing {

void Screen::write(std::string_view text) {
  while (!text.empty()) {
    std::size_t size = 1;
    if (text[0] == '\x1b') {
      size = escape(text);
    } else if (text[0] == '\n') {
      lines_.resize(std::max(lines_.size(), ++row_ + 1));
      column_ = 0;
    } else if (text[0] == '\r') {
      column_ = 0;
    } else if (text[0] == '\t') {
      do put(" ");
      while (column_ % 8 != 0);
    } else if (static_cast<unsigned char>(text[0]) < 0x20 || text[0] == '\x7F') {
      ++foreign_;
    } else {
      const detail::Utf8Step step = detail::utf8_step(text);
      size = step.size;
      if (step.kind != detail::Utf8Step::Kind::valid) ++foreign_;
      put(text.substr(0, size));
    }
    text.remove_prefix(size);
  }
}

std::size_t Screen::escape(std::string_view text) {
  const std::size_t end = text.find_first_not_of("0123456789;", 2);
  if (!text.starts_with("\x1b[") || end == text.npos || (text[end] != 'm' && text[end] != 'K')) {
    ++foreign_;
    return 1;
  }
  if (text[end] == 'K') line().resize(std::min(line().size(), column_));
  return end + 1;
}

void Screen::put(std::string_view character) {
  const auto columns = static_cast<std::size_t>(display_width(character));
  if (columns == 0) {
    if (column_ > 0 && column_ <= line().size()) line()[column_ - 1] += character;
    return;
  }
  if (column_ + columns > static_cast<std::size_t>(width_)) {
    ++wraps_;
    write("\n");
  }
  if (line().size() < column_ + columns) line().resize(column_ + columns, " ");
  line()[column_] = character;
  if (columns == 2) line()[column_ + 1].clear();
  column_ += columns;
}

std::vector<std::string> Screen::lines() const {
  std::vector<std::string> result;
  for (const Line& line : lines_) {
    std::string text;
    for (const std::string& cell : line) text += cell;
    text.resize(text.find_last_not_of(' ') + 1);
    result.push_back(std::move(text));
  }
  while (!result.empty() && result.back().empty()) result.pop_back();
  return result;
}

std::string Screen::text() const {
  std::string text;
  for (const std::string& line : lines()) text += line + "\n";
  return text;
}

}  // namespace strandbus::testing
