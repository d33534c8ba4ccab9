#pragma once

#include "file_descriptor.hpp"

#include <string>

namespace strandbus::cli {

/// Where an export goes: standard output, or a new file for its owner only, which stays only if it
/// has become whole.
///
/// Threads: distinct objects.
class ExportOutput {
 public:
  /// Empty or "-" is standard output.
  ///
  /// Errors: throws UsageError for a file that exists or cannot be made.
  explicit ExportOutput(const std::string& path);
  ExportOutput(const ExportOutput&) = delete;
  ExportOutput& operator=(const ExportOutput&) = delete;
  /// Removes the file unless finish() was called.
  ~ExportOutput();

  /// What is to be written; append to it.
  std::string& text() noexcept { return text_; }
  /// Writes the text away once there is much of it.
  ///
  /// Errors: throws system_error.
  void pass_on();
  /// Writes what is left. Errors: as pass_on.
  void finish();

 private:
  void write();

  const std::string path_;  ///< empty = standard output
  detail::FileDescriptor file_;
  std::string text_;
  bool whole_ = false;
};

}  // namespace strandbus::cli
