#include "tools/change_file.hpp"
#include "tools/text_edit.hpp"
#include "tools/text_lines.hpp"

namespace strandbus::detail {
namespace {

/// "edited (2 places, lines 3, 17)".
std::string done_text(const EditedText& edited) {
  std::string text = "edited (";
  if (edited.replacements > 1)
    text += std::to_string(edited.replacements) + " places, lines ";
  else
    text += "line ";
  for (std::size_t i = 0; i < edited.lines.size(); ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(edited.lines[i]);
  }
  if (edited.lines.size() < edited.replacements) text += ", …";
  return text + ")";
}

}  // namespace

ToolResult edit_file(const FileToolbox& box, const EditFileArguments& arguments,
                     ToolContext& context) {
  const std::lock_guard lock(box.changing);
  const auto current = box.workspace->read(arguments.path, box.options.max_file_bytes);
  if (!current) return failure_of(current.error());
  if (auto refusal = unseen_change(context, arguments.path, *current)) return *std::move(refusal);

  TextEdit edit;
  edit.old_text = arguments.old_text;
  edit.new_text = arguments.new_text;
  edit.replaced = arguments.replace_all.value_or(false) ? Occurrences::all : Occurrences::only_one;
  edit.max_bytes = box.options.max_file_bytes;
  const auto edited = edit_text(current->bytes, edit);
  if (!edited) return ToolResult::failure(edited.error().code, edited.error().reason);
  return change_file(box, context, {arguments.path, &*current, edited->text}, done_text(*edited));
}

}  // namespace strandbus::detail
