#include "strandbus/bus/trace_checker.hpp"

#include "trace_state.hpp"

namespace strandbus {

std::string to_string(const TraceFinding& finding) {
  std::string text = "seq " + std::to_string(finding.seq) + ", " + finding.type;
  if (!finding.run_id.empty()) text += " of " + finding.run_id;
  return text + ": " + finding.problem + "; expected " + finding.expected;
}

TraceChecker::TraceChecker(TraceCheckOptions options)
    : state_(std::make_unique<detail::TraceState>(options.max_findings, options.own_from_seq)) {}
TraceChecker::TraceChecker(TraceChecker&&) noexcept = default;
TraceChecker& TraceChecker::operator=(TraceChecker&&) noexcept = default;
TraceChecker::~TraceChecker() = default;

void TraceChecker::add(const StreamEvent& event, std::size_t line) { state_->add(event, line); }

const std::vector<TraceFinding>& TraceChecker::findings() const noexcept {
  return state_->findings().list();
}

std::uint64_t TraceChecker::found() const noexcept { return state_->findings().found(); }

std::uint64_t TraceChecker::events() const noexcept { return state_->events(); }

std::uint64_t TraceChecker::runs() const noexcept { return state_->runs(); }

std::vector<TraceOpenRun> TraceChecker::open_runs() const { return state_->open_runs(); }

std::vector<std::string> TraceChecker::open_work() const { return state_->open_work(); }

std::vector<TraceFinding> check_trace(std::span<const StreamEvent> events) {
  TraceChecker checker;
  for (const StreamEvent& event : events) checker.add(event);
  return checker.findings();
}

}  // namespace strandbus
