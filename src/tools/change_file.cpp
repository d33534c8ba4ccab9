#include "tools/change_file.hpp"

#include "strandbus/event/file_payloads.hpp"
#include "strandbus/event/json_codec.hpp"
#include "tools/text_lines.hpp"
#include "tools/unified_diff.hpp"

#include <utility>

namespace strandbus::detail {
namespace {

std::string shown(std::string_view path) {
  std::string text;
  append_json_string(text, repair_utf8(path));
  return text;
}

void publish_change(const ToolStep& step, const std::string& path, const FileChange& change) {
  const auto size = static_cast<std::int64_t>(change.new_content.size());
  const auto line_count = static_cast<std::int64_t>(count_lines(change.new_content));
  if (!change.old_content) {
    FileCreated created;
    created.path = path;
    created.size = size;
    created.line_count = line_count;
    static_cast<void>(step.publish(std::move(created)));
    return;
  }
  FileModified modified;
  modified.path = path;
  modified.old_size = static_cast<std::int64_t>(change.old_content->bytes.size());
  modified.new_size = size;
  modified.line_count = line_count;
  static_cast<void>(step.publish(std::move(modified)));
}

TextDiff diff_of(const FileToolbox& box, const std::string& path, const FileChange& change) {
  DiffRequest request;
  request.path = path;
  if (change.old_content) request.old_text = change.old_content->bytes;
  request.new_text = change.new_content;
  request.created = !change.old_content;
  request.max_bytes = box.options.max_diff_bytes;
  return unified_diff(request);
}

std::string summary_of(std::string_view done, const std::string& path, const TextDiff& diff) {
  std::string text(done);
  text += ' ' + listed_path(path) + "; lines: " + std::to_string(diff.removed) + " removed, " +
          std::to_string(diff.added) + " added";
  if (diff.left_out) text += " (too much for a diff)";
  return text;
}

}  // namespace

std::optional<ToolResult> unseen_change(const ToolContext& context, std::string_view path,
                                        const FileContent& current) {
  switch (context.reads->check(current.info.path, current.bytes)) {
    case Seen::current: return std::nullopt;
    case Seen::never:
      return ToolResult::failure(ErrorCode::E_VALIDATION,
                                 "the file " + shown(path) +
                                     " exists and was not read in this conversation; read it with "
                                     "read_file first, then repeat the call");
    case Seen::outdated: break;
  }
  return failure_of(
      WorkspaceError(PathFault::stale, "the file " + shown(path) +
                                           " has changed since it was read; read it again with "
                                           "read_file, then repeat the call"));
}

ToolResult change_file(const FileToolbox& box, ToolContext& context, const FileChange& change,
                       std::string_view done) {
  if (change.new_content.size() > box.options.max_file_bytes) {
    return ToolResult::failure(ErrorCode::E_VALIDATION,
                               "the content has more than " +
                                   std::to_string(box.options.max_file_bytes) +
                                   " bytes; write a shorter file");
  }
  WriteOptions options;
  options.existing = change.old_content ? Existing::replace : Existing::refuse;
  if (change.old_content) options.expected = change.old_content->info.version;

  // Whoever cancels the call waits for this, so that no change is without its event.
  const ToolStep step = context.begin_step();
  if (!step) return ToolResult::failure("the call was cancelled; the file is unchanged");
  const auto written = box.workspace->write(change.path, change.new_content, options);
  if (!written) return failure_of(written.error());
  const std::string path = repair_utf8(written->path);
  publish_change(step, path, change);
  context.reads->note(written->path, change.path, change.new_content);
  TextDiff diff = diff_of(box, path, change);
  return ToolResult::ok(summary_of(done, path, diff)).with_change(path, std::move(diff.text));
}

}  // namespace strandbus::detail
