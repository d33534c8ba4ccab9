#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace strandbus::cli {

using TableRow = std::vector<std::string>;

enum class ColumnSide : std::uint8_t { left, right };

/// Lines whose columns stand below each other, two spaces apart. The texts are safe for a terminal;
/// each row has as many as there are sides. Nothing ends with spaces.
std::string text_table(const std::vector<TableRow>& rows, const std::vector<ColumnSide>& sides);

}  // namespace strandbus::cli
