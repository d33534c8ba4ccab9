#include "event/sample.hpp"
#include "sink/exposition.hpp"
#include "sink/measured.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace strandbus::testing {
namespace {

/// Runs of several agents with several models whose events are mixed, some of them missing.
class RandomRuns {
 public:
  explicit RandomRuns(std::uint64_t seed) : random_(seed) {}

  EventList mixed(int runs, int events) {
    for (int i = 0; i < events; ++i) {
      const std::string run_id = "run" + std::to_string(below(runs));
      list_.in(context_of("agent" + run_id.substr(run_id.size() - 1),
                          "model" + std::to_string(below(3)), run_id));
      add_any();
    }
    return std::move(list_);
  }

 private:
  std::int64_t below(std::int64_t limit) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(limit));
  }
  template <class E>
  E any_of() {
    return static_cast<E>(below(static_cast<std::int64_t>(detail::enum_names<E>.size())));
  }
  std::int64_t duration() { return below(2) == 0 ? below(100) : below(5'000'000); }
  std::string tool() { return "tool" + std::to_string(below(4)); }
  Usage usage() {
    Usage usage{below(100), below(100), below(200)};
    if (below(2) == 0) usage.cached = below(50);
    return usage;
  }
  std::optional<NanoUsd> cost() {
    return below(3) == 0 ? std::nullopt : std::optional(NanoUsd{below(1'000'000'000'000)});
  }

  void add_any() {
    switch (below(14)) {
      case 0: list_.add(RunStarted{}); break;
      case 1:
        list_.add(RunCompleted{
            .usage = usage(), .cost = cost(), .llm_calls = below(2), .duration_ms = duration()});
        break;
      case 2:
        list_.add(RunFailed{
            .error_code = any_of<ErrorCode>(), .cost = cost(), .duration_ms = duration()});
        break;
      case 3: list_.add(RunCancelled{.cost = cost(), .duration_ms = duration()}); break;
      case 4: list_.add(ModelStarted{}); break;
      case 5:
        list_.add(ModelCompleted{.content = below(2) == 0 ? "text" : "",
                                 .usage = usage(),
                                 .time_to_first_token_ms = duration(),
                                 .duration_ms = duration()});
        break;
      case 6:
        list_.add(ModelFailed{.error_code = any_of<ErrorCode>(), .duration_ms = duration()});
        break;
      case 7: list_.add(Retry{.fallback_to = below(2) == 0 ? "model" : ""}); break;
      case 8: list_.add(ToolCallStarted{.tool_name = tool()}); break;
      case 9:
        list_.add(ToolCallCompleted{
            .tool_name = tool(), .success = below(2) == 0, .duration_ms = duration()});
        break;
      case 10: list_.add(ToolCallCancelled{.tool_name = tool(), .duration_ms = duration()}); break;
      case 11:
        list_.add(ToolCallDenied{.tool_name = tool(), .error_code = any_of<ErrorCode>()});
        break;
      case 12: list_.add(ApprovalResolved{.decision = any_of<ApprovalDecision>()}); break;
      default: list_.add(UsageUpdate{.usage = usage(), .cost = cost()});
    }
  }

  EventList list_;
  std::mt19937_64 random_;
};

/// Counts the samples that the events should give one by one, as simply as can be.
class Recount {
 public:
  using Labels = Exposition::Labels;

  explicit Recount(const EventList& list) {
    for (const StreamEvent& event : list.events()) {
      add("events_total", {{"type", std::string(to_string(event.type()))}});
      agent_ = event.agent();
      series_ = {{"agent", agent_}, {"model", event.model_id()}};
      if (event.is<RunStarted>()) open_.insert(event.run_id());
      if (event.is_terminal()) open_.erase(event.run_id());
      runs(event);
      requests(event);
      tools(event);
    }
    add("runs_open", {}, static_cast<double>(open_.size()));
  }

  const std::map<Exposition::Series, double>& samples() const { return samples_; }

 private:
  void runs(const StreamEvent& event) {
    if (event.is<RunStarted>()) add("runs_started_total", series_);
    if (const auto* p = event.get_if<RunCompleted>()) run_end(*p, "completed");
    if (const auto* p = event.get_if<RunCancelled>()) run_end(*p, "cancelled");
    if (const auto* p = event.get_if<RunFailed>()) {
      run_end(*p, "failed");
      error(event, p->error_code);
    }
  }

  template <class End>
  void run_end(const End& end, const std::string& outcome) {
    add("runs_ended_total", with(series_, "outcome", outcome));
    duration("run_duration_seconds", series_, end.duration_ms);
    if (end.cost) add("run_cost_usd_total", series_, static_cast<double>(end.cost->value) / 1e9);
    const bool unknown = !end.cost && (end.llm_calls > 0 || end.usage.total > 0);
    if (unknown) add("run_costs_unknown_total", series_);
  }

  void requests(const StreamEvent& event) {
    if (event.is<ModelStarted>()) add("llm_requests_started_total", series_);
    if (const auto* p = event.get_if<ModelCompleted>()) {
      add("llm_requests_ended_total", with(series_, "outcome", "completed"));
      add("llm_prompt_tokens_total", series_, static_cast<double>(p->usage.prompt));
      add("llm_completion_tokens_total", series_, static_cast<double>(p->usage.completion));
      add("llm_tokens_total", series_, static_cast<double>(p->usage.total));
      if (p->usage.cached)
        add("llm_cached_tokens_total", series_, static_cast<double>(*p->usage.cached));
      duration("llm_request_duration_seconds", series_, p->duration_ms);
      if (!p->content.empty())
        duration("llm_time_to_first_token_seconds", series_, p->time_to_first_token_ms);
    }
    if (const auto* p = event.get_if<ModelFailed>()) {
      const bool cancelled = p->error_code == ErrorCode::cancelled;
      add("llm_requests_ended_total", with(series_, "outcome", cancelled ? "cancelled" : "failed"));
      duration("llm_request_duration_seconds", series_, p->duration_ms);
      if (!cancelled) error(event, p->error_code);
    }
    if (const auto* p = event.get_if<Retry>()) {
      add("llm_retries_total", series_);
      if (!p->fallback_to.empty()) add("llm_fallbacks_total", series_);
    }
  }

  void tools(const StreamEvent& event) {
    const std::string name = "tool_calls_ended_total";
    if (const auto* p = event.get_if<ToolCallStarted>())
      add("tool_calls_started_total", tool(p->tool_name));
    if (const auto* p = event.get_if<ToolCallCompleted>()) {
      add(name, with(tool(p->tool_name), "outcome", p->success ? "succeeded" : "failed"));
      duration("tool_call_duration_seconds", tool(p->tool_name), p->duration_ms);
      if (!p->success) error(event, ErrorCode::none);
    }
    if (const auto* p = event.get_if<ToolCallCancelled>()) {
      add(name, with(tool(p->tool_name), "outcome", "cancelled"));
      duration("tool_call_duration_seconds", tool(p->tool_name), p->duration_ms);
    }
    if (const auto* p = event.get_if<ToolCallDenied>()) {
      add(name, with(tool(p->tool_name), "outcome", "denied"));
      error(event, p->error_code);
    }
    if (const auto* p = event.get_if<ApprovalResolved>())
      add("approvals_total", {{"decision", std::string(wire_name(p->decision))}});
  }

  Labels tool(const std::string& name) const { return {{"agent", agent_}, {"tool", name}}; }
  static Labels with(Labels labels, const std::string& name, const std::string& value) {
    labels[name] = value;
    return labels;
  }

  void error(const StreamEvent& event, ErrorCode code) {
    add("errors_total",
        {{"type", std::string(to_string(event.type()))}, {"code", std::string(to_string(code))}});
  }

  void duration(const std::string& name, const Labels& labels, std::int64_t milliseconds) {
    const double seconds = static_cast<double>(milliseconds) / 1000;
    add(name + "_count", labels);
    add(name + "_sum", labels, seconds);
    add(name + "_bucket", with(labels, "le", "+Inf"));
    for (const char* bound :
         {"0.001", "0.002", "0.005", "0.01", "0.02", "0.05", "0.1", "0.2", "0.5",  "1",
          "2",     "5",     "10",    "30",   "60",   "120",  "300", "600", "1800", "3600"}) {
      if (seconds <= std::stod(bound)) add(name + "_bucket", with(labels, "le", bound));
    }
  }

  void add(const std::string& name, const Labels& labels, double value = 1) {
    samples_[{"strandbus_" + name, labels}] += value;
  }

  std::string agent_;
  Labels series_;
  std::set<std::string> open_;
  std::map<Exposition::Series, double> samples_;
};

std::string text_of(const Exposition::Series& series) {
  std::string text = series.name;
  for (const auto& [name, value] : series.labels) text.append(" ").append(name + "=" + value);
  return text;
}

TEST(MetricsProperty, OfRunsInAnyOrderEqualARecount) {
  const std::uint64_t seed = test_seed();
  SCOPED_TRACE("STRANDBUS_TEST_SEED=" + std::to_string(seed));
  for (std::uint64_t round = 0; round < 12; ++round) {
    const EventList list = RandomRuns(seed + round).mixed(7, 400);
    const Recount recount(list);
    const Exposition metrics(to_prometheus(metrics_of(list)));
    for (const auto& [series, value] : recount.samples()) {
      const std::string actual = metrics.value(series.name, series.labels);
      ASSERT_FALSE(actual.empty()) << text_of(series) << " is missing";
      ASSERT_NEAR(std::stod(actual), value, 1e-6) << text_of(series);
    }
    for (const auto& [series, value] : metrics.samples()) {
      if (std::stod(value) == 0) continue;
      ASSERT_TRUE(recount.samples().contains(series)) << text_of(series) << " is too much";
    }
  }
}

TEST(MetricsThreads, EventsAndSnapshotsMayMeet) {
  constexpr int feeders = 3;
  constexpr int rounds = 40;
  Metrics metrics;
  std::latch start(feeders + 1);
  std::atomic<int> running{feeders};
  std::vector<std::jthread> threads;
  for (int i = 0; i < feeders; ++i) {
    threads.emplace_back([&] {
      start.arrive_and_wait();
      for (int round = 0; round < rounds; ++round) feed(metrics, golden_run());
      --running;
    });
  }
  start.arrive_and_wait();
  std::int64_t seen = 0;
  while (running > 0) {
    const MetricsSnapshot snapshot = metrics.snapshot();
    if (snapshot.models.empty()) continue;
    const RequestMetrics requests = only_model(snapshot).requests;
    const auto found = snapshot.events.find(EventType::model_completed);
    const std::int64_t events = found == snapshot.events.end() ? 0 : found->second;
    ASSERT_EQ(requests.completed, events) << "an event was counted in part";
    ASSERT_EQ(requests.duration.count, events);
    ASSERT_GE(events, seen);
    seen = events;
  }
  threads.clear();
  const AgentModelMetrics entry = only_model(metrics.snapshot());
  EXPECT_EQ(entry.runs.completed, feeders * rounds);
  EXPECT_EQ(entry.requests.usage.total, 175 * feeders * rounds);
}

}  // namespace
}  // namespace strandbus::testing
