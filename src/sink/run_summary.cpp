#include "sink/run_summary.hpp"

#include "sink/amounts.hpp"

namespace strandbus::detail {
namespace {

std::string input_text(const Usage& usage) {
  std::string text = count_text(usage.prompt) + " tokens in";
  if (usage.cached.value_or(0) > 0) text += " (" + count_text(*usage.cached) + " cached)";
  return text;
}

/// Nothing where no price is known at all.
std::string cost_text(const RunsBelow& all, bool any_known) {
  if (!any_known) return {};
  return (all.cost_unknown ? "at least $" : "$") + to_string(all.cost);
}

template <class End>
std::vector<std::string> parts_of(const End& end, const RunsBelow& below) {
  RunsBelow all;
  all.add(end, below);
  std::vector<std::string> parts{counted(all.turns, "turn")};
  if (all.tool_calls > 0) parts.push_back(counted(all.tool_calls, "tool"));
  if (all.usage.prompt > 0 || all.usage.completion > 0) {
    parts.push_back(input_text(all.usage));
    parts.push_back(count_text(all.usage.completion) + " out");
  }
  const std::string cost = cost_text(all, end.cost || below.cost.value > 0);
  if (!cost.empty()) parts.push_back(cost);
  parts.push_back(duration_text(end.duration_ms));
  if (below.runs > 0) parts.push_back("with " + counted(below.runs, "run") + " below it");
  return parts;
}

/// Puts the parts on lines, breaking only between them; further lines stand under the first part.
std::vector<StyledLine> lines_of(StyledLine line, const std::vector<std::string>& parts,
                                 int columns) {
  constexpr std::string_view separator = " · ";
  constexpr int separator_width = 3;
  std::vector<StyledLine> lines;
  bool first = true;
  for (const std::string& part : parts) {
    const StyledLine text(Style::dim, part);
    if (!first && line.width() + separator_width + text.width() > columns) {
      lines.push_back(line);
      line = StyledLine(Style::plain, "  ");
      first = true;
    }
    if (!first) line.add(Style::dim, separator);
    line.append(text);
    first = false;
  }
  lines.push_back(line);
  return lines;
}

std::vector<std::string> with_word(std::string word, std::vector<std::string> parts) {
  parts.insert(parts.begin(), std::move(word));
  return parts;
}

StyledLine complaint(Style style, std::string_view word, std::string_view text) {
  StyledLine line(style, word);
  if (!text.empty()) line.add(Style::plain, ": ").add(Style::plain, text);
  return line;
}

template <class End>
StyledLine failure(const End& end) {
  std::string text = end.error;
  if (end.error_code != ErrorCode::none)
    text += " (" + std::string(to_string(end.error_code)) + ")";
  return complaint(Style::bad, "error", text);
}

}  // namespace

std::vector<StyledLine> summary_of(const RunCompleted& end, const RunsBelow& below, int columns) {
  return lines_of(StyledLine(Style::good, "✓ "), parts_of(end, below), columns);
}

std::vector<StyledLine> summary_of(const RunFailed& end, const RunsBelow& below, int columns) {
  return lines_of(StyledLine(Style::bad, "✗ "), with_word("failed", parts_of(end, below)), columns);
}

std::vector<StyledLine> summary_of(const RunCancelled& end, const RunsBelow& below, int columns) {
  return lines_of(StyledLine(Style::warning, "✗ "), with_word("cancelled", parts_of(end, below)),
                  columns);
}

StyledLine problem_of(const RunCompleted& end) {
  switch (end.finish_reason) {
    case FinishReason::length:
      return complaint(Style::warning, "incomplete", "the answer reached the token limit");
    case FinishReason::content_filter:
      return complaint(Style::warning, "incomplete",
                       "the provider's content filter stopped the answer");
    default: return {};
  }
}

StyledLine problem_of(const RunFailed& end) { return failure(end); }

StyledLine problem_of(const RunCancelled& end) {
  return complaint(Style::warning, "cancelled", end.reason);
}

StyledLine problem_of(const WorkflowFailed& end) { return failure(end); }

StyledLine problem_of(const WorkflowCancelled& end) {
  return complaint(Style::warning, "cancelled", end.reason);
}

}  // namespace strandbus::detail
