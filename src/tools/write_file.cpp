#include "tools/change_file.hpp"

namespace strandbus::detail {

ToolResult write_file(const FileToolbox& box, const WriteFileArguments& arguments,
                      ToolContext& context) {
  const std::lock_guard lock(box.changing);
  const auto current = box.workspace->read(arguments.path, box.options.max_file_bytes);
  if (!current && current.error().fault != PathFault::not_found) return failure_of(current.error());
  if (!current)
    return change_file(box, context, {arguments.path, nullptr, arguments.content}, "created");
  if (auto refusal = unseen_change(context, arguments.path, *current)) return *std::move(refusal);
  if (current->bytes == arguments.content)
    return ToolResult::ok(listed_path(current->info.path) + " has this content already");
  return change_file(box, context, {arguments.path, &*current, arguments.content}, "wrote");
}

}  // namespace strandbus::detail
