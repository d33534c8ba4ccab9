#include "sink/tool_line.hpp"

#include "sink/amounts.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/sink/terminal_text.hpp"

#include <algorithm>

namespace strandbus::detail {
namespace {

constexpr std::size_t brief_bytes = 4096;  // more than any line shows of one value

struct Outcome {
  Style style;
  std::string_view mark;
  std::string_view word;
};

Outcome outcome_of(ToolEnd end) noexcept {
  switch (end) {
    case ToolEnd::completed: return {Style::good, "✓", ""};
    case ToolEnd::failed: return {Style::bad, "✗", "failed"};
    case ToolEnd::denied: return {Style::warning, "✗", "denied"};
    case ToolEnd::cancelled: return {Style::warning, "✗", "cancelled"};
  }
  return {Style::bad, "✗", "failed"};
}

/// What follows the arguments: duration, outcome, preview or reason.
StyledLine tail_of(const ToolReport& report) {
  StyledLine tail;
  if (report.duration_ms) tail.add(Style::dim, " · " + duration_text(*report.duration_ms));
  const Outcome outcome = outcome_of(report.end);
  if (!outcome.word.empty()) {
    tail.add(Style::dim, " · ").add(outcome.style, outcome.word);
    if (!report.detail.empty()) tail.add(Style::plain, ": ").add(Style::plain, report.detail);
  } else if (!report.detail.empty()) {
    tail.add(Style::dim, " → ").add(Style::dim, report.detail);
  }
  return tail;
}

std::string_view first_bytes(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U) --limit;
  return text.substr(0, limit);
}

std::string json_text(const json::value& value) {
  std::string text;
  append_json(text, value);
  return text;
}

bool is_list_of_objects(const json::value& value) {
  const json::array* list = value.if_array();
  return list && !list->empty() &&
         std::ranges::all_of(*list, [](const json::value& element) { return element.is_object(); });
}

/// A value as a person would write it: texts without quotes where that cannot mislead, and only the
/// length of a list of objects.
std::string value_text(const json::value& value, bool alone) {
  if (is_list_of_objects(value))
    return counted(static_cast<std::int64_t>(value.get_array().size()), "item");
  const json::string* text = value.if_string();
  if (!text) return std::string(first_bytes(json_text(value), brief_bytes));
  const std::string_view shown = first_bytes({text->data(), text->size()}, brief_bytes);
  const bool plain =
      alone ? !shown.empty() : !shown.empty() && shown.find_first_of(" \t\r\n=\"") == shown.npos;
  return plain ? std::string(shown) : json_text(json::value(shown));
}

/// Takes the next line off `rest`, without its end.
std::string_view next_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == line.npos; }

/// The path of a call that writes: what it writes is shown as a diff.
const json::value* file_that_changes(const json::object& arguments) {
  const bool writes = arguments.contains("content") || arguments.contains("new_text");
  return writes ? arguments.if_contains("path") : nullptr;
}

Style style_of_diff(std::string_view line) {
  if (line.starts_with('+')) return Style::good;
  return line.starts_with('-') ? Style::bad : Style::dim;
}

}  // namespace

StyledLine tool_line(const ToolReport& report, int columns) {
  const StyledLine tail = tail_of(report);
  const Outcome outcome = outcome_of(report.end);
  StyledLine line(outcome.style, outcome.mark);
  line.add(Style::plain, " ").add_fitted(Style::bold, report.name, columns / 2);
  if (!report.arguments.empty()) {
    // The arguments get what the rest leaves, and never less than half of the room.
    const int room = columns - line.width() - 1;
    line.add(Style::plain, " ");
    line.add_fitted(Style::plain, report.arguments, std::max(room - tail.width(), room / 2));
  }
  return line.append(tail);
}

std::string brief_arguments(const json::value& arguments) {
  const json::object* object = arguments.if_object();
  if (!object) return arguments.is_null() ? std::string() : value_text(arguments, true);
  if (object->size() == 1) return value_text(object->begin()->value(), true);
  if (const json::value* path = file_that_changes(*object)) return value_text(*path, true);
  std::string text;
  for (const json::key_value_pair& member : *object) {
    if (text.size() > brief_bytes) break;
    if (!text.empty()) text += ' ';
    text += member.key();
    text += '=';
    text += value_text(member.value(), false);
  }
  return text;
}

std::vector<std::string> full_arguments(const json::value& arguments) {
  std::vector<std::string> lines;
  const auto add = [&](const std::string& label, const json::value& value) {
    const json::string* text = value.if_string();
    const std::string whole = text ? std::string(text->data(), text->size()) : json_text(value);
    // A margin shows that a further line belongs to the value and is not an argument of its own.
    const int indent = std::max(display_width(terminal_safe_line(label)) - 2, 0);
    const std::string margin = std::string(static_cast<std::size_t>(indent), ' ') + "│ ";
    std::size_t begin = 0;
    for (std::size_t end = 0; end != whole.npos; begin = end + 1) {
      end = whole.find('\n', begin);
      lines.push_back((begin == 0 ? label : margin) + whole.substr(begin, end - begin));
    }
  };
  if (const json::object* object = arguments.if_object()) {
    for (const json::key_value_pair& member : *object) {
      add(std::string(member.key()) + ": ", member.value());
    }
  } else if (!arguments.is_null()) {
    add({}, arguments);
  }
  return lines;
}

std::string brief_output(std::string_view output) {
  std::string_view first;
  while (!output.empty() && is_blank(first)) first = next_line(output);
  if (is_blank(first)) return {};
  std::int64_t more = 0;
  while (!output.empty()) more += is_blank(next_line(output)) ? 0 : 1;
  first = first_bytes(first.substr(first.find_first_not_of(" \t")), brief_bytes);
  std::string text(first);
  if (more > 0) text += " (+" + counted(more, "line") + ")";
  return text;
}

std::vector<StyledLine> diff_lines(const std::vector<FileDiff>& diffs, std::size_t limit) {
  std::vector<StyledLine> lines;
  std::int64_t more = 0;
  for (const FileDiff& diff : diffs) {
    bool in_hunk = false;  // the lines before the first one only name the file
    for (std::string_view rest = diff.diff; !rest.empty();) {
      const std::string_view line = next_line(rest);
      const bool header = line.starts_with("@@");
      in_hunk = in_hunk || header;
      if (!in_hunk || header) continue;
      if (lines.size() == limit) {
        ++more;
      } else {
        lines.push_back(StyledLine(Style::plain, "  ")
                            .add(style_of_diff(line), first_bytes(line, brief_bytes)));
      }
    }
  }
  if (more > 0) lines.push_back(StyledLine(Style::dim, "  … " + counted(more, "more line")));
  return lines;
}

std::string diff_counts(const std::vector<FileDiff>& diffs) {
  std::int64_t added = 0;
  std::int64_t removed = 0;
  for (const FileDiff& diff : diffs) {
    for (std::string_view rest = diff.diff; !rest.empty();) {
      const std::string_view line = next_line(rest);
      if (line.starts_with('+') && !line.starts_with("+++")) ++added;
      if (line.starts_with('-') && !line.starts_with("---")) ++removed;
    }
  }
  return diffs.empty() ? std::string() : "+" + count_text(added) + " -" + count_text(removed);
}

}  // namespace strandbus::detail
