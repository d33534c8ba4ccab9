#pragma once

#include "strandbus/event/types.hpp"

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <vector>

namespace strandbus {

/// What a tool did, for the model (`output`, `error`) and for programs (`data`, `diffs`).
///
/// Every text must be valid UTF-8. Not an aggregate, so that it may be written inside an expression
/// that awaits: `co_return ToolResult::ok("4");`
///
/// Threads: distinct objects.
struct ToolResult {
  /// A failure that says nothing yet.
  ToolResult() = default;

  /// The tool did what it was asked to.
  static ToolResult ok(std::string output);
  /// The tool failed for one of the reasons that have a code.
  static ToolResult failure(ErrorCode code, std::string error);
  /// The tool failed for a reason of its own.
  static ToolResult failure(std::string error);

  /// The same result with machine-readable data.
  ToolResult with_data(json::value value) &&;
  /// The same result with an output; a failure may have one too.
  ToolResult with_output(std::string text) &&;
  /// The same result with one more changed file, and what changed in it.
  ToolResult with_change(std::string path, std::string unified_diff = {}) &&;

  /// What the model is told: the output, and before it the error and its code if there is one.
  std::string model_text() const;

  bool success = false;
  std::string output;
  std::string error;                       ///< empty on success
  std::optional<ErrorCode> error_code;     ///< one of the E_ codes, if one fits
  json::value data;                        ///< null = none
  std::vector<FileDiff> diffs;             ///< unified diffs
  std::vector<std::string> files_changed;  ///< paths relative to the workspace
};

}  // namespace strandbus
