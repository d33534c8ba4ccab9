#include "sink/metrics_reducer.hpp"

#include "event/saturating_sum.hpp"

#include <algorithm>
#include <limits>

namespace strandbus::detail {
namespace {

/// A counter never falls, so what cannot be is not added.
std::int64_t countable(std::int64_t count) { return std::max<std::int64_t>(count, 0); }

std::optional<std::int64_t> countable(const std::optional<std::int64_t>& count) {
  return count ? std::optional(countable(*count)) : std::nullopt;
}

Usage countable(const Usage& usage) {
  return {countable(usage.prompt), countable(usage.completion),  countable(usage.total),
          countable(usage.cached), countable(usage.cache_write), countable(usage.reasoning)};
}

void add_cost(std::optional<NanoUsd>& sum, NanoUsd cost) {
  if (!sum) sum = NanoUsd{};
  add_to(sum->value, cost.value);
}

/// Whether something streamed, so that there was a first token.
bool had_token(const ModelCompleted& answer) {
  return !answer.content.empty() || !answer.reasoning.empty() || !answer.tool_calls.empty();
}

}  // namespace

/// What one event adds besides its type. Whatever is not named here adds nothing.
struct MetricsReducer::Visitor {
  MetricsReducer& self;
  const StreamEvent& event;

  template <class T>
  void operator()(const T&) const {}

  // --- runs

  void operator()(const RunStarted& p) const {
    const std::string_view model = self.model_names_.intern(
        event.model_id().empty() ? std::string_view(p.model) : event.model_id());
    add_to(self.of_model(event, model).runs.started, 1);
    self.open_runs_.start(event.run_id(), model);
  }
  void operator()(const RunCompleted& p) const { end_run(p, &RunMetrics::completed); }
  void operator()(const RunFailed& p) const {
    add_error(p.error_code);
    end_run(p, &RunMetrics::failed);
  }
  void operator()(const RunCancelled& p) const { end_run(p, &RunMetrics::cancelled); }

  template <class End>
  void end_run(const End& end, std::int64_t RunMetrics::*outcome) const {
    RunMetrics& runs = series().runs;
    add_to(runs.*outcome, 1);
    runs.duration.record(end.duration_ms);
    if (end.cost && end.cost->value >= 0) {
      add_cost(runs.cost, *end.cost);
    } else if (end.llm_calls != 0 || end.usage.total != 0) {
      add_to(runs.costs_unknown, 1);
    }
    self.open_runs_.end(event.run_id());
  }

  // --- requests

  void operator()(const ModelStarted& p) const {
    std::string_view model = self.model_label(event);
    if (event.model_id().empty() && !p.model.empty()) {
      model = self.model_names_.intern(p.model);
      self.open_runs_.set_model(event.run_id(), model);
    }
    add_to(self.of_model(event, model).requests.started, 1);
  }
  void operator()(const ModelCompleted& p) const {
    RequestMetrics& requests = series().requests;
    add_to(requests.completed, 1);
    add_to(requests.usage, countable(p.usage));
    requests.duration.record(p.duration_ms);
    if (had_token(p)) requests.time_to_first_token.record(p.time_to_first_token_ms);
  }
  void operator()(const ModelFailed& p) const {
    const bool cancelled = p.error_code == ErrorCode::cancelled;
    RequestMetrics& requests = series().requests;
    add_to(cancelled ? requests.cancelled : requests.failed, 1);
    requests.duration.record(p.duration_ms);
    if (!cancelled) add_error(p.error_code);
  }
  void operator()(const Retry& p) const {
    RequestMetrics& requests = series().requests;
    add_to(requests.retries, 1);
    if (!p.fallback_to.empty()) add_to(requests.fallbacks, 1);
  }

  // --- tools

  void operator()(const ToolCallStarted& p) const { add_to(tool(p).started, 1); }
  void operator()(const ToolCallCompleted& p) const {
    ToolMetrics& calls = tool(p);
    add_to(p.success ? calls.succeeded : calls.failed, 1);
    calls.duration.record(p.duration_ms);
    if (!p.success) add_error(p.error_code.value_or(ErrorCode::none));
  }
  void operator()(const ToolCallCancelled& p) const {
    ToolMetrics& calls = tool(p);
    add_to(calls.cancelled, 1);
    calls.duration.record(p.duration_ms);
  }
  void operator()(const ToolCallDenied& p) const {
    add_to(tool(p).denied, 1);
    add_error(p.error_code);
  }
  void operator()(const ApprovalResolved& p) const {
    add_to(self.others_.approvals[p.decision], 1);
  }

  // --- what goes wrong

  void operator()(const Error& p) const { add_error(p.error_code); }
  void operator()(const AgentError& p) const { add_error(p.error_code); }
  void operator()(const DoomLoopDetected& p) const { add_to(self.others_.doom_loops[p.action], 1); }
  void operator()(const BudgetExceeded& p) const {
    add_to(self.others_.budgets_exceeded[p.budget], 1);
  }
  void operator()(const GuardrailTriggered& p) const {
    add_to(self.others_.guardrails[p.action], 1);
  }
  void operator()(const Compaction& p) const {
    add_to(self.others_.compactions.completed, 1);
    add_to(self.others_.compactions.tokens_saved, countable(p.tokens_saved));
  }
  void operator()(const CompactionFailed&) const { add_to(self.others_.compactions.failed, 1); }
  void operator()(const CompactionCircuitOpened&) const {
    add_to(self.others_.compactions.circuits_opened, 1);
  }

  void add_error(ErrorCode code) const { add_to(self.errors_[{event.type(), code}], 1); }
  AgentModelMetrics& series() const { return self.of_model(event, self.model_label(event)); }
  template <class Call>
  ToolMetrics& tool(const Call& call) const {
    return self.of_tool(event, call.tool_name);
  }
};

MetricsReducer::MetricsReducer(const MetricsOptions& options)
    : agents_(options.max_agents),
      model_names_(options.max_models),
      tool_names_(options.max_tools),
      open_runs_(options.max_open_runs) {}

void MetricsReducer::add(const StreamEvent& event) {
  add_to(events_[static_cast<std::size_t>(event.type())], 1);
  event.visit(Visitor{*this, event});
}

void MetricsReducer::add_missed(std::uint64_t count) {
  constexpr auto largest = std::numeric_limits<std::int64_t>::max();
  add_to(others_.events_missed,
         static_cast<std::int64_t>(std::min<std::uint64_t>(count, std::uint64_t{largest})));
}

std::string_view MetricsReducer::model_label(const StreamEvent& event) {
  if (!event.model_id().empty()) return model_names_.intern(event.model_id());
  return open_runs_.model_of(event.run_id());
}

AgentModelMetrics& MetricsReducer::of_model(const StreamEvent& event, std::string_view model) {
  const std::string_view agent = agents_.intern(event.agent());
  const auto [entry, made] = models_.try_emplace(Labels(agent, model));
  if (made) {
    entry->second.agent = agent;
    entry->second.model = model;
  }
  return entry->second;
}

ToolMetrics& MetricsReducer::of_tool(const StreamEvent& event, std::string_view tool) {
  const Labels labels(agents_.intern(event.agent()), tool_names_.intern(tool));
  const auto [entry, made] = tools_.try_emplace(labels);
  if (made) {
    entry->second.agent = labels.first;
    entry->second.tool = labels.second;
  }
  return entry->second;
}

MetricsSnapshot MetricsReducer::snapshot() const {
  MetricsSnapshot snapshot = others_;
  for (std::size_t i = 0; i < events_.size(); ++i) {
    if (events_[i] != 0) snapshot.events[static_cast<EventType>(i)] = events_[i];
  }
  snapshot.runs_open = static_cast<std::int64_t>(open_runs_.size());
  snapshot.runs_forgotten = open_runs_.forgotten();
  for (const auto& [labels, metrics] : models_) snapshot.models.push_back(metrics);
  for (const auto& [labels, metrics] : tools_) snapshot.tools.push_back(metrics);
  for (const auto& [key, count] : errors_) {
    snapshot.errors.push_back({key.first, key.second, count});
  }
  return snapshot;
}

}  // namespace strandbus::detail
