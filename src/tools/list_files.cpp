#include "strandbus/event/json_codec.hpp"
#include "tools/file_toolbox.hpp"
#include "tools/glob.hpp"

#include <utility>

namespace strandbus::detail {
namespace {

/// Deeper than any tree that somebody works on.
constexpr std::size_t max_depth = 256;

std::string line_of(const ListedFile& entry) {
  std::string line = listed_path(entry.path);
  if (entry.kind == FileKind::directory) line += '/';
  if (entry.kind == FileKind::link) line += " -> " + listed_path(entry.target);
  if (entry.kind == FileKind::special) line += " (no regular file)";
  return line;
}

struct ListText {
  std::string text;
  std::size_t shown = 0;
  bool truncated = false;
};

ListText text_of(const Listing& listing, const std::optional<Glob>& glob,
                 const FileToolOptions& options) {
  ListText result;
  for (const ListedFile& entry : listing.entries) {
    if (glob && !glob->matches(path_below(listing, entry.path))) continue;
    const std::string line = line_of(entry);
    result.truncated = result.shown == options.max_listed ||
                       result.text.size() + line.size() + 1 > options.max_output_bytes;
    if (result.truncated) break;
    ++result.shown;
    result.text += line + '\n';
  }
  return result;
}

std::string notes_on(const ListText& list, const Listing& listing) {
  std::string notes;
  if (list.shown == 0) notes += "[nothing was found]\n";
  if (list.truncated) notes += "[there is more; list a directory below, or give a pattern]\n";
  if (listing.truncated) notes += "[there are too many files; not all were looked at]\n";
  if (listing.unreadable > 0)
    notes += "[" + std::to_string(listing.unreadable) + " directories may not be read]\n";
  return notes;
}

}  // namespace

ToolResult list_files(const FileToolbox& box, const ListFilesArguments& arguments,
                      ToolContext& /*context*/) {
  std::optional<Glob> glob;
  if (arguments.pattern) {
    auto compiled = Glob::compile(*arguments.pattern);
    if (!compiled)
      return ToolResult::failure(ErrorCode::E_VALIDATION, "pattern: " + compiled.error().message);
    glob.emplace(*std::move(compiled));
  }
  const bool deep = arguments.recursive.value_or(arguments.pattern &&
                                                 arguments.pattern->find('/') != std::string::npos);
  ListOptions options;
  options.depth = deep ? max_depth : 1;
  options.max_entries = box.options.max_visited;
  const auto listing = box.workspace->list(arguments.path.value_or("."), options);
  if (!listing) return failure_of(listing.error());

  ListText list = text_of(*listing, glob, box.options);
  json::object data;
  data["path"] = repair_utf8(listing->path);
  data["count"] = list.shown;
  data["truncated"] = list.truncated || listing->truncated;
  return ToolResult::ok(list.text + notes_on(list, *listing)).with_data(std::move(data));
}

}  // namespace strandbus::detail
