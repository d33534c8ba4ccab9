#include "strandbus/agent/tool_result.hpp"

#include <string_view>
#include <utility>

namespace strandbus {

ToolResult ToolResult::ok(std::string output) {
  ToolResult result;
  result.success = true;
  result.output = std::move(output);
  return result;
}

ToolResult ToolResult::failure(ErrorCode code, std::string error) {
  ToolResult result = failure(std::move(error));
  if (code != ErrorCode::none) result.error_code = code;
  return result;
}

ToolResult ToolResult::failure(std::string error) {
  ToolResult result;
  result.error = std::move(error);
  return result;
}

ToolResult ToolResult::with_data(json::value value) && {
  data = std::move(value);
  return std::move(*this);
}

ToolResult ToolResult::with_output(std::string text) && {
  output = std::move(text);
  return std::move(*this);
}

ToolResult ToolResult::with_change(std::string path, std::string unified_diff) && {
  if (!unified_diff.empty()) {
    FileDiff diff;
    diff.path = path;
    diff.diff = std::move(unified_diff);
    diffs.push_back(std::move(diff));
  }
  files_changed.push_back(std::move(path));
  return std::move(*this);
}

std::string ToolResult::model_text() const {
  if (success) return output;
  std::string text = "Error";
  if (error_code) {
    text += " (";
    text += to_string(*error_code);
    text += ')';
  }
  text += ": ";
  text += error.empty() ? std::string_view("the tool failed") : std::string_view(error);
  if (!output.empty()) {
    text += '\n';
    text += output;
  }
  return text;
}

}  // namespace strandbus
