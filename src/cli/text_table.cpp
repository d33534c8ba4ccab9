#include "cli/text_table.hpp"

#include "strandbus/sink/terminal_text.hpp"

#include <algorithm>
#include <cstddef>

namespace strandbus::cli {
namespace {

constexpr std::size_t gap = 2;  // columns between columns

std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::max(display_width(text), 0));
}

}  // namespace

std::string text_table(const std::vector<TableRow>& rows, const std::vector<ColumnSide>& sides) {
  std::vector<std::size_t> widths(sides.size());
  for (const TableRow& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text;
  for (const TableRow& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - width_of(row[i]), ' ');
      if (i > 0) line.append(gap, ' ');
      line += sides[i] == ColumnSide::left ? row[i] + padding : padding + row[i];
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

}  // namespace strandbus::cli
