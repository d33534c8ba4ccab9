#pragma once

#include "sink/styled_line.hpp"
#include "strandbus/event/types.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// How a tool call ended. Denied: it never ran.
enum class ToolEnd { completed, failed, denied, cancelled };

/// What is said of a tool call once it has ended.
struct ToolReport {
  ToolEnd end{};
  std::string_view name{};
  std::string_view arguments{};  ///< as brief_arguments made them
  std::optional<std::int64_t> duration_ms{};
  std::string_view detail{};  ///< preview of the output, or why there is none
};

/// "✓ calculator 2+2 · 15 ms → 4", "✗ bash false · 3 ms · failed: exit code 1": the name, the
/// outcome and the duration stay visible when the arguments or the preview have to be cut.
StyledLine tool_line(const ToolReport& report, int columns);

/// Arguments of a call for a line: the value alone if there is one member, the path alone if a file
/// is written, else "key=value …".
std::string brief_arguments(const json::value& arguments);

/// Every argument in full, one line each; a text of several lines gives several.
std::vector<std::string> full_arguments(const json::value& arguments);

/// The first line of an output that is not blank, and how many more there are.
std::string brief_output(std::string_view output);

/// The changed lines of unified diffs with their context, at most so many, and how many more there
/// are.
std::vector<StyledLine> diff_lines(const std::vector<FileDiff>& diffs, std::size_t limit);

/// "+3 -1": lines added and removed by unified diffs; empty without a diff.
std::string diff_counts(const std::vector<FileDiff>& diffs);

}  // namespace strandbus::detail
