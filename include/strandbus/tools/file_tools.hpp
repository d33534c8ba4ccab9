#pragma once

#include "strandbus/agent/tool_registry.hpp"
#include "strandbus/agent/workspace.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace strandbus {

/// Whether somebody has to approve each call of write_file, edit_file and delete_file.
enum class WriteApproval : std::uint8_t { not_needed, needed };

struct FileToolOptions {
  /// Files with more are not read, written, edited or searched.
  std::size_t max_file_bytes = 16 * 1024 * 1024;
  /// Of what a model is told by one call.
  std::size_t max_output_bytes = 64 * 1024;
  /// Lines of one read_file, unless the model asks for fewer.
  std::size_t max_read_lines = 2000;
  /// Entries of one list_files.
  std::size_t max_listed = 1000;
  /// Matching lines of one search_files.
  std::size_t max_matches = 200;
  /// Files and directories that one call looks at.
  std::size_t max_visited = 100'000;
  /// After this time search_files gives what it has found.
  std::chrono::milliseconds max_search_time{std::chrono::seconds(10)};
  /// A longer diff is left out and counted.
  std::size_t max_diff_bytes = 64 * 1024;
  WriteApproval write_approval = WriteApproval::not_needed;
};

/// Adds the tools read_file, write_file, edit_file, delete_file, list_files and search_files, which
/// see and change this workspace and nothing else. They block, so they run on the registry's
/// threads.
///
/// - read_file {path, start_line?, line_count?}: the exact text, so that edits can quote it.
/// - write_file {path, content}: a whole file; one that exists must have been read.
/// - edit_file {path, old_text, new_text, replace_all?}: replaces text that occurs exactly once, in
///   a file that was read and that nobody has changed since.
/// - delete_file {path}: a file that was read and that nobody has changed since.
/// - list_files {path?, pattern?, recursive?}: names, sorted; pattern is a glob.
/// - search_files {pattern, path?, glob?, literal?}: lines that a regular expression matches.
///
/// A change publishes file_created, file_modified or file_deleted; the result has the unified diff
/// and the path relative to the workspace. A read is noted in ToolContext::reads. A failure has an
/// error code, and in `data` {"reason": the PathFault} if the path is at fault. docs/tools.md has
/// the limits.
///
/// Errors: throws std::invalid_argument when the workspace is null, a limit is 0 or one of the
/// names
///         is taken.
void add_file_tools(ToolRegistry& tools, std::shared_ptr<const Workspace> workspace,
                    FileToolOptions options = {});

}  // namespace strandbus
