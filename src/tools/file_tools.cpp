#include "strandbus/tools/file_tools.hpp"

#include "strandbus/event/json_codec.hpp"
#include "tools/file_toolbox.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace strandbus {
namespace detail {
namespace {

void check_positive(std::string_view field, std::size_t value) {
  if (value > 0) return;
  throw std::invalid_argument("FileToolOptions::" + std::string(field) +
                              " is 0; it must be at least 1");
}

FileToolOptions checked(FileToolOptions options) {
  check_positive("max_file_bytes", options.max_file_bytes);
  check_positive("max_output_bytes", options.max_output_bytes);
  check_positive("max_read_lines", options.max_read_lines);
  check_positive("max_listed", options.max_listed);
  check_positive("max_matches", options.max_matches);
  check_positive("max_visited", options.max_visited);
  check_positive("max_diff_bytes", options.max_diff_bytes);
  if (options.max_search_time.count() <= 0) {
    throw std::invalid_argument("FileToolOptions::max_search_time is " +
                                std::to_string(options.max_search_time.count()) +
                                " ms; it must be at least 1 ms");
  }
  return options;
}

using Toolbox = std::shared_ptr<const FileToolbox>;

/// Makes a tool of one of the functions.
template <class Arguments>
ToolRegistration add(ToolRegistry& tools, const Toolbox& box, std::string name,
                     std::string description,
                     ToolResult (*function)(const FileToolbox&, const Arguments&, ToolContext&)) {
  return tools.add<Arguments>(std::move(name), std::move(description),
                              [box, function](const Arguments& arguments, ToolContext& context) {
                                return function(*box, arguments, context);
                              });
}

void add_reading(ToolRegistry& tools, const Toolbox& box) {
  add(tools, box, "read_file",
      "Reads a text file of the workspace and returns its exact text. A long file comes in parts: "
      "the last line then says how to read on.",
      read_file)
      .describe("path", "The file, relative to the workspace")
      .describe("start_line", "The first line to return, from 1; 1 if absent")
      .describe("line_count", "How many lines to return at most");
  add(tools, box, "list_files",
      "Lists files and directories of the workspace, sorted, one per line; directories end in '/'.",
      list_files)
      .describe("path", "The directory, relative to the workspace; the workspace itself if absent")
      .describe("pattern",
                "Only paths that this glob matches: *.cpp for names, src/**/*.hpp for paths below "
                "the directory (implies recursive)")
      .describe("recursive", "Also what is in directories below; false if absent");
  add(tools, box, "search_files",
      "Searches text files of the workspace for lines that match a regular expression "
      "(ECMAScript), and returns them as path:line: text.",
      search_files)
      .describe("pattern", "The regular expression; case counts")
      .describe("path", "The file or directory to search; the whole workspace if absent")
      .describe("glob", "Only files that this glob matches, for example *.cpp or src/**/*.hpp")
      .describe("literal", "Take the pattern as plain text; false if absent");
}

void add_writing(ToolRegistry& tools, const Toolbox& box) {
  auto write = add(tools, box, "write_file",
                   "Writes a whole text file of the workspace, with the directories above it. A "
                   "file that exists must have been read before; to change a part of it use "
                   "edit_file.",
                   write_file);
  write.describe("path", "The file, relative to the workspace")
      .describe("content", "The whole text of the file");
  auto edit = add(tools, box, "edit_file",
                  "Replaces a piece of text in a file of the workspace. The file must have been "
                  "read before. old_text must be in the file exactly once, with its white space.",
                  edit_file);
  edit.requires_read_first()
      .describe("path", "The file, relative to the workspace")
      .describe("old_text", "The text to replace, exactly as it was read")
      .describe("new_text", "What comes instead; may be empty")
      .describe("replace_all", "Replace it wherever it is; false if absent");
  auto remove = add(tools, box, "delete_file",
                    "Deletes a text file of the workspace. The file must have been read before.",
                    delete_file);
  remove.requires_read_first().describe("path", "The file, relative to the workspace");
  if (box->options.write_approval == WriteApproval::not_needed) return;
  write.requires_confirmation();
  edit.requires_confirmation();
  remove.requires_confirmation();
}

}  // namespace

ToolResult failure_of(const WorkspaceError& error) {
  json::object data;
  data["reason"] = to_string(error.fault);
  return ToolResult::failure(error_code_of(error.fault), error.message).with_data(std::move(data));
}

std::string_view path_below(const Listing& listing, std::string_view path) {
  if (listing.path != ".") path.remove_prefix(listing.path.size() + 1);
  return path;
}

std::string listed_path(const std::string& path) {
  std::string repaired = repair_utf8(path);
  const bool plain = repaired == path && std::ranges::none_of(path, [](char c) {
                       return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
                     });
  if (plain) return repaired;
  std::string quoted;
  append_json_string(quoted, repaired);
  return quoted;
}

}  // namespace detail

void add_file_tools(ToolRegistry& tools, std::shared_ptr<const Workspace> workspace,
                    FileToolOptions options) {
  if (!workspace)
    throw std::invalid_argument("add_file_tools: the workspace is null; give one that is open");
  const auto box =
      std::make_shared<const detail::FileToolbox>(std::move(workspace), detail::checked(options));
  detail::add_reading(tools, box);
  detail::add_writing(tools, box);
}

}  // namespace strandbus
