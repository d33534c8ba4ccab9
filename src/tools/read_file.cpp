#include "strandbus/event/json_codec.hpp"
#include "tools/file_toolbox.hpp"
#include "tools/text_lines.hpp"

#include <algorithm>
#include <utility>

namespace strandbus::detail {
namespace {

/// A run of whole lines, or the beginning of one that is too long.
struct Excerpt {
  std::string_view text;
  std::size_t first_line = 1;
  std::size_t line_count = 0;
  std::size_t cut_bytes = 0;  ///< of the last line
};

struct ExcerptLimits {
  std::size_t lines;
  std::size_t bytes;
};

/// The lines from `first_line` on, as many as fit.
Excerpt excerpt_of(std::string_view text, std::size_t first_line, ExcerptLimits limits) {
  for (std::size_t line = 1; line < first_line; ++line) text.remove_prefix(text.find('\n') + 1);
  Excerpt excerpt;
  excerpt.first_line = first_line;
  std::size_t size = 0;
  while (size < text.size() && excerpt.line_count < limits.lines) {
    const std::size_t end = std::min(text.find('\n', size), text.size() - 1) + 1;
    if (end > limits.bytes && excerpt.line_count > 0) break;
    ++excerpt.line_count;
    size = end;
    if (end > limits.bytes) {
      size = head_of(text.substr(0, end), limits.bytes).size();
      excerpt.cut_bytes = end - size;
      break;
    }
  }
  excerpt.text = text.substr(0, size);
  return excerpt;
}

/// What follows the text in brackets when it is not the whole file.
std::string note_on(const Excerpt& excerpt, std::size_t total_lines) {
  const std::size_t last = excerpt.first_line + excerpt.line_count - 1;
  std::string note;
  if (excerpt.cut_bytes > 0) {
    note = "line " + std::to_string(last) + " of " + std::to_string(total_lines) +
           " is too long: its last " + std::to_string(excerpt.cut_bytes) + " bytes are left out";
  } else if (last < total_lines) {
    note = "lines " + std::to_string(excerpt.first_line) + " to " + std::to_string(last) + " of " +
           std::to_string(total_lines);
  }
  if (last < total_lines) note += "; read on with start_line " + std::to_string(last + 1);
  return note;
}

std::string output_of(const Excerpt& excerpt, std::size_t total_lines) {
  if (total_lines == 0) return "[the file is empty]";
  std::string output = repair_utf8(excerpt.text);
  std::string note = note_on(excerpt, total_lines);
  if (output.size() != excerpt.text.size() || output != excerpt.text) {
    note += note.empty() ? "" : "; ";
    note += "the file is not valid UTF-8: the bytes that are not are shown as U+FFFD";
  }
  if (note.empty()) return output;
  if (!output.ends_with('\n')) output += '\n';
  return output + "[" + note + "]";
}

json::object data_of(const FileContent& file, const Excerpt& excerpt, std::size_t total_lines) {
  json::object data;
  data["path"] = repair_utf8(file.info.path);
  data["size"] = file.info.size;
  data["line_count"] = total_lines;
  data["first_line"] = excerpt.first_line;
  data["last_line"] = excerpt.first_line + excerpt.line_count - 1;
  data["truncated"] =
      excerpt.first_line + excerpt.line_count <= total_lines || excerpt.cut_bytes > 0;
  return data;
}

}  // namespace

ToolResult read_file(const FileToolbox& box, const ReadFileArguments& arguments,
                     ToolContext& context) {
  const std::size_t first_line = arguments.start_line.value_or(1);
  if (first_line == 0 || arguments.line_count == 0U) {
    return ToolResult::failure(ErrorCode::E_VALIDATION,
                               "start_line and line_count must be at least 1");
  }
  const auto file = box.workspace->read(arguments.path, box.options.max_file_bytes);
  if (!file) return failure_of(file.error());
  if (looks_binary(file->bytes)) {
    return ToolResult::failure(ErrorCode::E_VALIDATION,
                               "the file is binary (" + std::to_string(file->bytes.size()) +
                                   " bytes), not text; use another tool for it");
  }
  const std::size_t total_lines = count_lines(file->bytes);
  if (first_line > std::max<std::size_t>(total_lines, 1)) {
    return ToolResult::failure(ErrorCode::E_VALIDATION,
                               "start_line is " + std::to_string(first_line) +
                                   ", but the file has " + std::to_string(total_lines) + " lines");
  }
  const std::size_t wanted = arguments.line_count.value_or(UINT32_MAX);
  const ExcerptLimits limits{std::min(wanted, box.options.max_read_lines),
                             box.options.max_output_bytes};
  const Excerpt excerpt = excerpt_of(file->bytes, first_line, limits);
  context.reads->note(file->info.path, arguments.path, file->bytes);
  return ToolResult::ok(output_of(excerpt, total_lines))
      .with_data(data_of(*file, excerpt, total_lines));
}

}  // namespace strandbus::detail
