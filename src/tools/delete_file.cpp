#include "strandbus/event/file_payloads.hpp"
#include "strandbus/event/json_codec.hpp"
#include "tools/change_file.hpp"
#include "tools/unified_diff.hpp"

#include <utility>

namespace strandbus::detail {

ToolResult delete_file(const FileToolbox& box, const DeleteFileArguments& arguments,
                       ToolContext& context) {
  const std::lock_guard lock(box.changing);
  const auto current = box.workspace->read(arguments.path, box.options.max_file_bytes);
  if (!current) return failure_of(current.error());
  if (auto refusal = unseen_change(context, arguments.path, *current)) return *std::move(refusal);

  const ToolStep step = context.begin_step();
  if (!step) return ToolResult::failure("the call was cancelled; the file is still there");
  const auto removed = box.workspace->remove(arguments.path);
  if (!removed) return failure_of(removed.error());
  FileDeleted deleted;
  deleted.path = repair_utf8(*removed);
  const std::string path = deleted.path;
  static_cast<void>(step.publish(std::move(deleted)));
  if (*removed != current->info.path) {
    return ToolResult::ok("deleted the link " + listed_path(path) + "; " +
                          listed_path(current->info.path) + ", which it named, is still there")
        .with_change(path);
  }
  context.reads->forget(*removed);

  DiffRequest request;
  request.path = path;
  request.old_text = current->bytes;
  request.deleted = true;
  request.max_bytes = box.options.max_diff_bytes;
  TextDiff diff = unified_diff(request);
  return ToolResult::ok("deleted " + listed_path(path)).with_change(path, std::move(diff.text));
}

}  // namespace strandbus::detail
