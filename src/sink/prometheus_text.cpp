#include "sink/prometheus_writer.hpp"
#include "strandbus/event/describe.hpp"
#include "strandbus/sink/metrics_snapshot.hpp"

namespace strandbus {
namespace {

using detail::PrometheusWriter;

/// A counter that every agent and model has.
struct ModelCounter {
  std::string_view name;
  std::string_view help;
  std::optional<std::int64_t> (*value)(const AgentModelMetrics&);
};

using Entry = const AgentModelMetrics&;

constexpr ModelCounter runs_started{"runs_started_total", "Runs that started.",
                                    [](Entry e) { return std::optional(e.runs.started); }};
constexpr ModelCounter costs_unknown{"run_costs_unknown_total",
                                     "Runs whose cost is not known and not in run_cost_usd_total.",
                                     [](Entry e) { return std::optional(e.runs.costs_unknown); }};
constexpr ModelCounter requests_started{"llm_requests_started_total",
                                        "Requests to a model that started.",
                                        [](Entry e) { return std::optional(e.requests.started); }};

constexpr ModelCounter request_counters[] = {
    {"llm_retries_total", "Requests to a model that were repeated, fallbacks included.",
     [](Entry e) { return std::optional(e.requests.retries); }},
    {"llm_fallbacks_total", "Requests to a model that were repeated with another one.",
     [](Entry e) { return std::optional(e.requests.fallbacks); }},
    {"llm_prompt_tokens_total", "All input tokens of completed requests.",
     [](Entry e) { return std::optional(e.requests.usage.prompt); }},
    {"llm_completion_tokens_total", "All output tokens of completed requests.",
     [](Entry e) { return std::optional(e.requests.usage.completion); }},
    {"llm_tokens_total", "Input and output tokens of completed requests.",
     [](Entry e) { return std::optional(e.requests.usage.total); }},
    {"llm_cached_tokens_total", "Input tokens that were read from a cache, part of the input.",
     [](Entry e) { return e.requests.usage.cached; }},
    {"llm_cache_write_tokens_total",
     "Input tokens that were written to a cache, part of the input.",
     [](Entry e) { return e.requests.usage.cache_write; }},
    {"llm_reasoning_tokens_total", "Output tokens of reasoning, part of the output.",
     [](Entry e) { return e.requests.usage.reasoning; }},
};

void write_counter(PrometheusWriter& writer, const MetricsSnapshot& snapshot,
                   const ModelCounter& counter) {
  writer.counter(counter.name, counter.help);
  for (const AgentModelMetrics& entry : snapshot.models) {
    const auto value = counter.value(entry);
    if (value) writer.sample({{"agent", entry.agent}, {"model", entry.model}}, *value);
  }
}

/// How runs or requests ended.
template <class Counts>
void write_ends(PrometheusWriter& writer, const AgentModelMetrics& entry, const Counts& counts) {
  const auto sample = [&](std::string_view outcome, std::int64_t count) {
    writer.sample({{"agent", entry.agent}, {"model", entry.model}, {"outcome", outcome}}, count);
  };
  sample("completed", counts.completed);
  sample("failed", counts.failed);
  sample("cancelled", counts.cancelled);
}

void write_runs(PrometheusWriter& writer, const MetricsSnapshot& snapshot) {
  writer.gauge("runs_open", "Runs that have started and not ended.");
  writer.sample({}, snapshot.runs_open);
  writer.counter("runs_forgotten_total", "Runs without an end that are no longer in runs_open.");
  writer.sample({}, snapshot.runs_forgotten);

  write_counter(writer, snapshot, runs_started);
  writer.counter("runs_ended_total", "Runs that ended.");
  for (const auto& entry : snapshot.models) write_ends(writer, entry, entry.runs);
  writer.histogram("run_duration_seconds", "How long ended runs took.");
  for (const auto& entry : snapshot.models) {
    writer.sample({{"agent", entry.agent}, {"model", entry.model}}, entry.runs.duration);
  }
  writer.counter("run_cost_usd_total", "What the runs cost whose cost is known, in US dollars.");
  for (const auto& entry : snapshot.models) {
    if (!entry.runs.cost) continue;
    writer.sample({{"agent", entry.agent}, {"model", entry.model}}, to_string(*entry.runs.cost));
  }
  write_counter(writer, snapshot, costs_unknown);
}

void write_requests(PrometheusWriter& writer, const MetricsSnapshot& snapshot) {
  write_counter(writer, snapshot, requests_started);
  writer.counter("llm_requests_ended_total", "Requests to a model that ended.");
  for (const auto& entry : snapshot.models) write_ends(writer, entry, entry.requests);
  for (const ModelCounter& counter : request_counters) write_counter(writer, snapshot, counter);

  writer.histogram("llm_request_duration_seconds", "How long ended requests took.");
  for (const auto& entry : snapshot.models) {
    writer.sample({{"agent", entry.agent}, {"model", entry.model}}, entry.requests.duration);
  }
  writer.histogram("llm_time_to_first_token_seconds", "How long the first token took to come.");
  for (const auto& entry : snapshot.models) {
    writer.sample({{"agent", entry.agent}, {"model", entry.model}},
                  entry.requests.time_to_first_token);
  }
}

void write_tools(PrometheusWriter& writer, const MetricsSnapshot& snapshot) {
  writer.counter("tool_calls_started_total", "Tool calls that started.");
  for (const ToolMetrics& entry : snapshot.tools) {
    writer.sample({{"agent", entry.agent}, {"tool", entry.tool}}, entry.started);
  }
  writer.counter("tool_calls_ended_total", "Tool calls that ended; those denied never started.");
  for (const ToolMetrics& entry : snapshot.tools) {
    const auto sample = [&](std::string_view outcome, std::int64_t count) {
      writer.sample({{"agent", entry.agent}, {"tool", entry.tool}, {"outcome", outcome}}, count);
    };
    sample("succeeded", entry.succeeded);
    sample("failed", entry.failed);
    sample("cancelled", entry.cancelled);
    sample("denied", entry.denied);
  }
  writer.histogram("tool_call_duration_seconds", "How long tool calls took that started.");
  for (const ToolMetrics& entry : snapshot.tools) {
    writer.sample({{"agent", entry.agent}, {"tool", entry.tool}}, entry.duration);
  }
}

/// A sample for each enumerator, so that a rate sees the first increment too.
template <class E>
void write_all(PrometheusWriter& writer, std::string_view label,
               const std::map<E, std::int64_t>& counts) {
  for (std::size_t i = 0; i < detail::enum_names<E>.size(); ++i) {
    const auto found = counts.find(static_cast<E>(i));
    writer.sample({{label, detail::enum_names<E>[i]}}, found == counts.end() ? 0 : found->second);
  }
}

void write_incidents(PrometheusWriter& writer, const MetricsSnapshot& snapshot) {
  writer.counter("approvals_total", "Approvals that were asked for and resolved.");
  write_all(writer, "decision", snapshot.approvals);
  writer.counter("errors_total", "Events that say an error code.");
  for (const ErrorMetrics& entry : snapshot.errors) {
    writer.sample({{"type", to_string(entry.type)}, {"code", wire_name(entry.code)}}, entry.count);
  }
  writer.counter("doom_loops_total", "Doom loops that were detected.");
  write_all(writer, "action", snapshot.doom_loops);
  writer.counter("budgets_exceeded_total", "Budgets that runs exceeded.");
  write_all(writer, "budget", snapshot.budgets_exceeded);
  writer.counter("guardrails_triggered_total", "Guardrails that were triggered.");
  write_all(writer, "action", snapshot.guardrails);

  const CompactionMetrics& compactions = snapshot.compactions;
  writer.counter("compactions_total", "Conversations that were made shorter.");
  writer.sample({}, compactions.completed);
  writer.counter("compactions_failed_total",
                 "Attempts to make a conversation shorter that failed.");
  writer.sample({}, compactions.failed);
  writer.counter("compaction_circuits_opened_total", "Times that compaction was given up.");
  writer.sample({}, compactions.circuits_opened);
  writer.counter("compaction_tokens_saved_total", "Tokens that compaction saved.");
  writer.sample({}, compactions.tokens_saved);
}

}  // namespace

std::string to_prometheus(const MetricsSnapshot& snapshot) {
  PrometheusWriter writer;
  writer.counter("events_total", "Events that were seen.");
  for (const auto& [type, count] : snapshot.events) {
    writer.sample({{"type", to_string(type)}}, count);
  }
  writer.counter("events_missed_total", "Events that were lost before they could be counted.");
  writer.sample({}, snapshot.events_missed);
  write_runs(writer, snapshot);
  write_requests(writer, snapshot);
  write_tools(writer, snapshot);
  write_incidents(writer, snapshot);
  return writer.take();
}

}  // namespace strandbus
