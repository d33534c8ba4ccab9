#include "sink/run_view.hpp"

#include "sink/amounts.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t calls_named = 3;  // in the status line

std::int64_t milliseconds_between(Timestamp from, Timestamp to) {
  using std::chrono::floor, std::chrono::milliseconds;
  return (floor<milliseconds>(to) - floor<milliseconds>(from)).count();
}

/// Always in seconds, so that the line does not jump while it counts.
std::string elapsed_text(Timestamp from, Timestamp to) {
  const std::int64_t ms = std::max<std::int64_t>(milliseconds_between(from, to), 0);
  if (ms >= 60'000) return duration_text(ms);
  return std::to_string(ms / 1'000) + "." + std::to_string(ms % 1'000 / 100) + " s";
}

std::string percent_text(double progress) {
  const double part = progress > 0 ? std::min(progress, 1.0) : 0.0;  // 0 for NaN too
  return " " + std::to_string(static_cast<int>(part * 100)) + " %";
}

struct Activity {
  std::string text;
  Timestamp since;
};

Activity activity_of(const RunView& run) {
  Activity activity{{}, run.phase_since};
  std::size_t running = 0;
  for (const CallView& call : run.calls) {
    if (!call.running) continue;
    activity.since = running == 0 ? call.since : std::min(activity.since, call.since);
    if (++running > calls_named) continue;
    activity.text += running == 1 ? "running " : ", ";
    activity.text += call.name;
    if (call.progress) activity.text += percent_text(*call.progress);
  }
  if (running > calls_named)
    activity.text += " and " + std::to_string(running - calls_named) + " more";
  if (running == 0) activity.text = run.phase;
  return activity;
}

/// The run that speaks for all: of those that are doing something the least nested one.
const RunView* speaker_of(const RunViews& runs) {
  const RunView* speaker = nullptr;
  for (const auto& [id, run] : runs) {
    const bool active = !activity_of(run).text.empty();
    if (active && (!speaker || run.depth < speaker->depth)) speaker = &run;
  }
  return speaker;
}

}  // namespace

void RunView::enter(std::string_view new_phase, Timestamp now) {
  if (phase == new_phase) return;
  phase = new_phase;
  phase_since = now;
}

CallView& RunView::call(std::string_view call_id) {
  const auto known = std::ranges::find(calls, call_id, &CallView::call_id);
  return known != calls.end() ? *known : calls.emplace_back(CallView{std::string(call_id)});
}

CallView RunView::take_call(std::string_view call_id) {
  const auto known = std::ranges::find(calls, call_id, &CallView::call_id);
  if (known == calls.end()) return {};
  CallView call = std::move(*known);
  calls.erase(known);
  return call;
}

StyledLine status_of(const RunViews& runs, Timestamp now, std::string_view hint) {
  for (const auto& [id, run] : runs) {
    if (!run.approvals.empty()) return {};
  }
  const RunView* run = speaker_of(runs);
  if (!run) return {};
  const Activity activity = activity_of(*run);
  StyledLine line(Style::dim, activity.text + "…");
  if (run->turn > 0) line.add(Style::dim, " · turn " + std::to_string(run->turn));
  line.add(Style::dim, " · " + elapsed_text(activity.since, now));
  if (run->tokens > 0) line.add(Style::dim, " · " + counted(run->tokens, "token"));
  if (!hint.empty()) line.add(Style::dim, " · ").add(Style::dim, hint);
  return line;
}

}  // namespace strandbus::detail
