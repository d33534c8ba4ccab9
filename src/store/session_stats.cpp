#include "strandbus/store/session_stats.hpp"

#include "event/saturating_sum.hpp"

namespace strandbus {
namespace {

using detail::add_to;

constexpr std::size_t max_names = 256;
constexpr std::size_t max_open_runs = 4096;

template <class Map>
auto& entry_of(Map& map, std::string_view name) {
  const auto known = map.find(name);
  if (known != map.end()) return known->second;
  return map[map.size() < max_names ? std::string(name) : std::string("(others)")];
}

bool is_root(const StreamEvent& event) { return event.context().depth <= 0; }

}  // namespace

/// What one event adds. Whatever is not named here adds nothing.
struct SessionStats::Visitor {
  SessionStats& stats;
  const StreamEvent& event;

  template <class T>
  void operator()(const T&) const {}

  void operator()(const RunStarted&) const {
    if (stats.open_runs_.size() < max_open_runs) stats.open_runs_[event.run_id()];
  }
  void operator()(const RunCompleted& p) const {
    add_to(stats.totals_.runs_completed, 1);
    end_run(p);
  }
  void operator()(const RunFailed& p) const {
    add_to(stats.totals_.runs_failed, 1);
    end_run(p);
  }
  void operator()(const RunCancelled& p) const {
    add_to(stats.totals_.runs_cancelled, 1);
    end_run(p);
  }

  template <class End>
  void end_run(const End& end) const {
    stats.open_runs_.erase(event.run_id());
    SessionTotals& totals = stats.totals_;
    add_to(totals.usage, end.usage);
    if (is_root(event)) add_to(totals.duration_ms, end.duration_ms);
    if (end.cost) {
      add_to(totals.cost.value, end.cost->value);
    } else if (end.usage.total != 0) {
      add_to(totals.costs_unknown, 1);
    }
  }

  void operator()(const TurnStarted&) const { add_to(stats.totals_.turns, 1); }

  void operator()(const ModelCompleted& p) const {
    ModelStats& model = entry_of(stats.totals_.models, event.model_id());
    add_to(model.requests, 1);
    add_to(model.usage, p.usage);
    add_to(model.duration_ms, p.duration_ms);
    const auto run = stats.open_runs_.find(event.run_id());
    if (run != stats.open_runs_.end()) add_to(run->second, p.usage);
  }
  void operator()(const ModelFailed& p) const {
    ModelStats& model = entry_of(stats.totals_.models, event.model_id());
    add_to(model.requests, 1);
    add_to(model.failed, 1);
    add_to(model.duration_ms, p.duration_ms);
  }

  void operator()(const ToolCallStarted& p) const { add_to(tool(p).calls, 1); }
  void operator()(const ToolCallCompleted& p) const {
    if (!p.success) add_to(tool(p).failed, 1);
    add_to(tool(p).duration_ms, p.duration_ms);
  }
  void operator()(const ToolCallCancelled& p) const {
    add_to(tool(p).cancelled, 1);
    add_to(tool(p).duration_ms, p.duration_ms);
  }
  void operator()(const ToolCallDenied& p) const { add_to(tool(p).denied, 1); }

  template <class Call>
  ToolStats& tool(const Call& call) const {
    return entry_of(stats.totals_.tools, call.tool_name);
  }
};

void SessionStats::begin_session() {
  close_runs(totals_);
  open_runs_.clear();
  add_to(totals_.sessions, 1);
}

void SessionStats::add(const StreamEvent& event) {
  add_to(totals_.events, 1);
  event.visit(Visitor{*this, event});
}

/// Counts the runs that are open now as ones that have no end.
void SessionStats::close_runs(SessionTotals& totals) const {
  for (const auto& [id, usage] : open_runs_) {
    add_to(totals.runs_unfinished, 1);
    add_to(totals.usage, usage);
    if (usage.total != 0) add_to(totals.costs_unknown, 1);
  }
}

SessionTotals SessionStats::totals() const {
  SessionTotals totals = totals_;
  close_runs(totals);
  return totals;
}

}  // namespace strandbus
