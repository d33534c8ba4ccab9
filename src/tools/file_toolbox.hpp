#pragma once

#include "strandbus/tools/file_tools.hpp"

#include <boost/describe/class.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace strandbus::detail {

struct ReadFileArguments {
  std::string path{};
  std::optional<std::uint32_t> start_line{};
  std::optional<std::uint32_t> line_count{};
};
BOOST_DESCRIBE_STRUCT(ReadFileArguments, (), (path, start_line, line_count))

struct WriteFileArguments {
  std::string path{};
  std::string content{};
};
BOOST_DESCRIBE_STRUCT(WriteFileArguments, (), (path, content))

struct EditFileArguments {
  std::string path{};
  std::string old_text{};
  std::string new_text{};
  std::optional<bool> replace_all{};
};
BOOST_DESCRIBE_STRUCT(EditFileArguments, (), (path, old_text, new_text, replace_all))

struct DeleteFileArguments {
  std::string path{};
};
BOOST_DESCRIBE_STRUCT(DeleteFileArguments, (), (path))

struct ListFilesArguments {
  std::optional<std::string> path{};
  std::optional<std::string> pattern{};
  std::optional<bool> recursive{};
};
BOOST_DESCRIBE_STRUCT(ListFilesArguments, (), (path, pattern, recursive))

struct SearchFilesArguments {
  std::string pattern{};
  std::optional<std::string> path{};
  std::optional<std::string> glob{};
  std::optional<bool> literal{};
};
BOOST_DESCRIBE_STRUCT(SearchFilesArguments, (), (pattern, path, glob, literal))

/// What the file tools share.
///
/// Threads: any thread.
struct FileToolbox {
  FileToolbox(std::shared_ptr<const Workspace> where, FileToolOptions how)
      : workspace(std::move(where)), options(how) {}

  std::shared_ptr<const Workspace> workspace;
  FileToolOptions options;
  /// Held from looking at a file until it is replaced: calls of one turn run at the same time, and
  /// each must build on what the other has written.
  mutable std::mutex changing{};
};

ToolResult read_file(const FileToolbox& box, const ReadFileArguments& arguments,
                     ToolContext& context);
ToolResult write_file(const FileToolbox& box, const WriteFileArguments& arguments,
                      ToolContext& context);
ToolResult edit_file(const FileToolbox& box, const EditFileArguments& arguments,
                     ToolContext& context);
ToolResult delete_file(const FileToolbox& box, const DeleteFileArguments& arguments,
                       ToolContext& context);
ToolResult list_files(const FileToolbox& box, const ListFilesArguments& arguments,
                      ToolContext& context);
ToolResult search_files(const FileToolbox& box, const SearchFilesArguments& arguments,
                        ToolContext& context);

/// The failure that a refused access is.
ToolResult failure_of(const WorkspaceError& error);

/// The path of an entry below the directory that is listed; what globs are about.
std::string_view path_below(const Listing& listing, std::string_view path);

/// A path as a list shows it: in quotes if it holds something that could be misread.
std::string listed_path(const std::string& path);

}  // namespace strandbus::detail
