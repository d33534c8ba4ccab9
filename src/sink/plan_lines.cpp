#include "sink/plan_lines.hpp"

#include "sink/amounts.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace strandbus::detail {
namespace {

bool is_done(const PlanItem& item) { return item.status == "completed" || item.status == "done"; }

StyledLine item_line(const PlanItem& item) {
  StyledLine line(Style::plain, "  ");
  if (is_done(item)) return line.add(Style::good, "✓ ").add(Style::dim, item.title);
  if (item.status == "in_progress")
    return line.add(Style::accent, "▸ ").add(Style::bold, item.title);
  line.add(Style::dim, "○ ");
  if (!item.status.empty() && item.status != "pending")
    line.add(Style::dim, "[").add(Style::dim, item.status).add(Style::dim, "] ");
  return line.add(Style::plain, item.title);
}

}  // namespace

std::vector<StyledLine> plan_lines(const std::vector<PlanItem>& items, std::size_t limit) {
  const auto total = static_cast<std::int64_t>(items.size());
  const auto done = static_cast<std::int64_t>(std::ranges::count_if(items, is_done));
  std::vector<StyledLine> lines;
  const std::string progress =
      items.empty() ? "empty" : count_text(done) + " of " + count_text(total) + " done";
  lines.push_back(StyledLine(Style::dim, "· plan: " + progress));
  for (const PlanItem& item : items) {
    if (lines.size() > limit) {
      const std::int64_t more = total - static_cast<std::int64_t>(limit);
      lines.push_back(StyledLine(Style::dim, "  … " + count_text(more) + " more"));
      break;
    }
    lines.push_back(item_line(item));
  }
  return lines;
}

}  // namespace strandbus::detail
