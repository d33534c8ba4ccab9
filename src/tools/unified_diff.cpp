#include "tools/unified_diff.hpp"

#include "strandbus/event/json_codec.hpp"
#include "tools/text_lines.hpp"

#include <algorithm>
#include <dtl/dtl.hpp>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace strandbus::detail {
namespace {

constexpr std::size_t context_lines = 3;
constexpr std::size_t max_shown_lines = 20'000;  ///< that change; beyond it, they are only counted
constexpr std::size_t max_compared_lines = 2'000;  ///< the comparison costs their square

enum class Edit : char { keep = ' ', remove = '-', add = '+' };

struct EditedLine {
  Edit edit;
  std::string_view text;
};

/// Within a change, what went comes before what came.
void order_changes(std::vector<EditedLine>& edits) {
  const auto is_change = [](const EditedLine& line) { return line.edit != Edit::keep; };
  for (auto at = edits.begin(); at != edits.end();) {
    const auto begin = std::find_if(at, edits.end(), is_change);
    at = std::find_if_not(begin, edits.end(), is_change);
    std::stable_partition(begin, at,
                          [](const EditedLine& line) { return line.edit == Edit::remove; });
  }
}

/// The length of the common beginning, in whole lines.
std::size_t common_head(std::string_view a, std::string_view b) {
  const auto differ = std::ranges::mismatch(a, b);
  const auto size = static_cast<std::size_t>(differ.in1 - a.begin());
  if (size == a.size() && size == b.size()) return size;
  const std::size_t end = a.substr(0, size).rfind('\n');
  return end == std::string_view::npos ? 0 : end + 1;
}

/// The length of the common end, in whole lines.
std::size_t common_tail(std::string_view a, std::string_view b) {
  const std::size_t limit = std::min(a.size(), b.size());
  std::size_t size = 0;
  while (size < limit && a[a.size() - 1 - size] == b[b.size() - 1 - size]) ++size;
  const auto begins_line = [](std::string_view text, std::size_t tail) {
    return tail == text.size() || text[text.size() - tail - 1] == '\n';
  };
  while (size > 0 && !(begins_line(a, size) && begins_line(b, size))) --size;
  return size;
}

/// How much of the end of `text` its last lines are.
std::size_t last_lines(std::string_view text, std::size_t lines) {
  std::size_t at = text.size();
  for (; at > 0 && lines > 0; --lines) {
    const std::size_t end = text.substr(0, at - 1).rfind('\n');
    at = end == std::string_view::npos ? 0 : end + 1;
  }
  return text.size() - at;
}

/// How much of the beginning of `text` its first lines are.
std::size_t first_lines(std::string_view text, std::size_t lines) {
  std::size_t at = 0;
  for (; at < text.size() && lines > 0; --lines) {
    const std::size_t end = text.find('\n', at);
    at = end == std::string_view::npos ? text.size() : end + 1;
  }
  return at;
}

/// The edits between the lines that differ, between the lines of context around them.
class Comparison {
 public:
  Comparison(std::string_view old_text, std::string_view new_text) {
    const std::size_t head = common_head(old_text, new_text);
    const std::size_t tail = common_tail(old_text.substr(head), new_text.substr(head));
    before_ = old_text.substr(0, head);
    after_ = old_text.substr(old_text.size() - tail);
    old_ = old_text.substr(head, old_text.size() - head - tail);
    new_ = new_text.substr(head, new_text.size() - head - tail);
  }

  std::size_t removed() const { return count_lines(old_); }
  std::size_t added() const { return count_lines(new_); }

  /// The number of the line with which edits() begins.
  std::size_t first_line() const {
    return 1 + count_lines(before_) - count_lines(context_before());
  }

  std::vector<EditedLine> edits() const {
    std::vector<EditedLine> result;
    for (const std::string_view line : lines_of(context_before()))
      result.push_back({Edit::keep, line});
    compare(result);
    const auto context_after = after_.substr(0, first_lines(after_, context_lines));
    for (const std::string_view line : lines_of(context_after))
      result.push_back({Edit::keep, line});
    return result;
  }

 private:
  std::string_view context_before() const {
    return before_.substr(before_.size() - last_lines(before_, context_lines));
  }

  void compare(std::vector<EditedLine>& result) const {
    const auto old_lines = lines_of(old_);
    const auto new_lines = lines_of(new_);
    if (old_lines.size() + new_lines.size() > max_compared_lines) {
      for (const std::string_view line : old_lines) result.push_back({Edit::remove, line});
      for (const std::string_view line : new_lines) result.push_back({Edit::add, line});
      return;
    }
    compare(old_lines, new_lines, result);
  }

  /// Numbers stand for the lines, so that equal lines are compared once.
  static void compare(const std::vector<std::string_view>& old_lines,
                      const std::vector<std::string_view>& new_lines,
                      std::vector<EditedLine>& result) {
    std::unordered_map<std::string_view, int> numbers;
    std::vector<std::string_view> texts;
    const auto numbered = [&](const std::vector<std::string_view>& lines) {
      std::vector<int> sequence;
      for (const std::string_view line : lines) {
        const auto [entry, fresh] = numbers.emplace(line, static_cast<int>(texts.size()));
        if (fresh) texts.push_back(line);
        sequence.push_back(entry->second);
      }
      return sequence;
    };
    const std::vector<int> a = numbered(old_lines);
    const std::vector<int> b = numbered(new_lines);
    dtl::Diff<int, std::vector<int>> diff(a, b);
    diff.compose();
    for (const auto& [number, info] : diff.getSes().getSequence()) {
      const Edit edit = info.type == dtl::SES_ADD      ? Edit::add
                        : info.type == dtl::SES_DELETE ? Edit::remove
                                                       : Edit::keep;
      result.push_back({edit, texts[static_cast<std::size_t>(number)]});
    }
  }

  std::string_view before_;
  std::string_view after_;
  std::string_view old_;
  std::string_view new_;
};

/// "12", "12,3"; the line before where there are none.
std::string range_text(std::size_t first, std::size_t count) {
  if (count == 0) return std::to_string(first - 1) + ",0";
  if (count == 1) return std::to_string(first);
  return std::to_string(first) + "," + std::to_string(count);
}

/// Writes hunks of edits.
class HunkWriter {
 public:
  HunkWriter(std::string& out, std::size_t first_line)
      : out_(out), old_line_(first_line), new_line_(first_line) {}

  void write(const std::vector<EditedLine>& edits) {
    std::size_t at = 0;
    while (at < edits.size()) {
      const std::size_t change = next_change(edits, at);
      if (change == edits.size()) return;
      const std::size_t begin = change - std::min(change - at, context_lines);
      skip(begin - at);
      const std::size_t end = end_of_hunk(edits, change);
      write_hunk(std::span(edits).subspan(begin, end - begin));
      at = end;
    }
  }

 private:
  static std::size_t next_change(const std::vector<EditedLine>& edits, std::size_t from) {
    while (from < edits.size() && edits[from].edit == Edit::keep) ++from;
    return from;
  }

  /// Hunks whose contexts would touch are one.
  static std::size_t end_of_hunk(const std::vector<EditedLine>& edits, std::size_t change) {
    for (;;) {
      std::size_t end = change;
      while (end < edits.size() && edits[end].edit != Edit::keep) ++end;
      const std::size_t next = next_change(edits, end);
      if (next == edits.size() || next - end > 2 * context_lines)
        return std::min(edits.size(), end + context_lines);
      change = next;
    }
  }

  void skip(std::size_t lines) {
    old_line_ += lines;
    new_line_ += lines;
  }

  void write_hunk(std::span<const EditedLine> hunk) {
    const auto without = [&](Edit edit) {
      return static_cast<std::size_t>(std::ranges::count_if(
          hunk, [edit](const EditedLine& line) { return line.edit != edit; }));
    };
    const std::size_t old_count = without(Edit::add);
    const std::size_t new_count = without(Edit::remove);
    out_ += "@@ -" + range_text(old_line_, old_count) + " +" + range_text(new_line_, new_count) +
            " @@\n";
    for (const EditedLine& line : hunk) {
      out_ += static_cast<char>(line.edit);
      out_ += line.text;
      if (!line.text.ends_with('\n')) out_ += "\n\\ No newline at end of file\n";
    }
    old_line_ += old_count;
    new_line_ += new_count;
  }

  std::string& out_;
  std::size_t old_line_;
  std::size_t new_line_;
};

/// A name in a header; one that could be misread is quoted.
std::string header_name(std::string_view prefix, std::string_view path) {
  std::string name = std::string(prefix) + std::string(path);
  const bool plain = std::ranges::none_of(
      name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; });
  if (plain) return name;
  std::string quoted;
  append_json_string(quoted, repair_utf8(name));
  return quoted;
}

}  // namespace

TextDiff unified_diff(const DiffRequest& request) {
  TextDiff result;
  const Comparison comparison(request.created ? std::string_view() : request.old_text,
                              request.new_text);
  result.removed = comparison.removed();
  result.added = comparison.added();
  if (result.removed + result.added == 0) return result;
  result.left_out = result.removed + result.added > max_shown_lines;
  if (result.left_out) return result;

  std::vector<EditedLine> edits = comparison.edits();
  order_changes(edits);
  const auto number_of = [&](Edit edit) {
    return static_cast<std::size_t>(std::ranges::count(edits, edit, &EditedLine::edit));
  };
  result.removed = number_of(Edit::remove);
  result.added = number_of(Edit::add);
  std::string text = "--- ";
  text += request.created ? "/dev/null" : header_name("a/", request.path);
  text += "\n+++ ";
  text += request.deleted ? "/dev/null" : header_name("b/", request.path);
  text += "\n";
  HunkWriter(text, comparison.first_line()).write(edits);
  result.left_out = text.size() > request.max_bytes;
  if (!result.left_out) result.text = repair_utf8(text);
  return result;
}

}  // namespace strandbus::detail
