#include "tools/closest_text.hpp"

#include "strandbus/event/json_codec.hpp"
#include "tools/text_lines.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace strandbus::detail {
namespace {

constexpr std::size_t max_text_lines =
    200'000;  ///< of a longer text only the beginning is looked at
constexpr std::size_t max_comparisons = 1'000'000;  ///< bounds the time for repetitive texts
constexpr std::size_t max_shown_bytes = 120;

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view blanks = " \t\r\n\v\f";
  const std::size_t begin = line.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return line.substr(begin, line.find_last_not_of(blanks) - begin + 1);
}

std::vector<std::string_view> trimmed_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty() && lines.size() < max_text_lines) {
    const std::size_t end = text.find('\n');
    lines.push_back(trimmed(text.substr(0, end)));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

struct Agreement {
  std::size_t line = 0;   ///< of the text, where it begins
  std::size_t lines = 0;  ///< that agree
};

/// The place where the most lines agree, but for white space.
Agreement longest_agreement(const std::vector<std::string_view>& text,
                            const std::vector<std::string_view>& wanted) {
  Agreement best;
  std::size_t comparisons = 0;
  for (std::size_t at = 0; at < text.size() && comparisons < max_comparisons; ++at) {
    std::size_t same = 0;
    while (same < wanted.size() && at + same < text.size() && text[at + same] == wanted[same])
      ++same;
    comparisons += same + 1;
    if (same > best.lines) best = {at, same};
    if (same == wanted.size()) break;
  }
  return best;
}

std::string quoted(std::string_view line) {
  std::string text;
  append_json_string(text, repair_utf8(head_of(line, max_shown_bytes)));
  return text;
}

}  // namespace

std::string closest_text(std::string_view text, std::string_view wanted) {
  std::vector<std::string_view> wanted_lines = trimmed_lines(wanted);
  const auto is_blank = [](std::string_view line) { return line.empty(); };
  const auto first = std::ranges::find_if_not(wanted_lines, is_blank);
  const auto blank_lines = static_cast<std::size_t>(first - wanted_lines.begin());
  wanted_lines.erase(wanted_lines.begin(), first);
  if (wanted_lines.empty()) return "it is only white space";

  const std::vector<std::string_view> lines = trimmed_lines(text);
  const Agreement found = longest_agreement(lines, wanted_lines);
  if (found.lines == 0) return "no line of the file is like its first one";
  const std::string begin = std::to_string(found.line + 1);
  const std::string end = std::to_string(found.line + found.lines);
  const bool one = found.lines == 1;
  const std::string where = one ? "line " + begin : "lines " + begin + " to " + end;
  if (found.lines == wanted_lines.size()) {
    return where + " of the file " + (one ? "differs" : "differ") +
           " from it only in white space or line ends";
  }
  const std::size_t differs = found.line + found.lines;
  const std::string there =
      differs < lines.size() ? "has " + quoted(lines[differs]) : std::string("ends");
  return where + " of the file " + (one ? "agrees" : "agree") + " with it, but then the file " +
         there + " where it has " + quoted(wanted_lines[found.lines]) + " (its line " +
         std::to_string(blank_lines + found.lines + 1) + ")";
}

}  // namespace strandbus::detail
