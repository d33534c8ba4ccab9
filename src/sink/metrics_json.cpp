#include "strandbus/event/describe.hpp"
#include "strandbus/sink/metrics_snapshot.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace strandbus {
namespace {

std::string_view name_of(EventType type) { return to_string(type); }

template <detail::DescribedEnum E>
std::string_view name_of(E value) {
  return wire_name(value);
}

template <class E>
json::object counts_json(const std::map<E, std::int64_t>& counts) {
  json::object object;
  for (const auto& [key, count] : counts) object[name_of(key)] = count;
  return object;
}

template <class Sequence>
json::array list_json(const Sequence& numbers) {
  json::array array;
  for (const std::int64_t number : numbers) array.push_back(number);
  return array;
}

json::value or_null(const std::optional<double>& number) {
  return number ? json::value(*number) : json::value(nullptr);
}

json::object histogram_json(const DurationHistogram& histogram) {
  return {{"count", histogram.count},
          {"sum_ms", histogram.sum_ms},
          {"min_ms", histogram.min_ms},
          {"max_ms", histogram.max_ms},
          {"p50_ms", or_null(histogram.quantile_ms(0.5))},
          {"p95_ms", or_null(histogram.quantile_ms(0.95))},
          {"p99_ms", or_null(histogram.quantile_ms(0.99))},
          {"buckets", list_json(histogram.counts)}};
}

/// The double that is closest to the amount in dollars; it prints as the exact decimal below a
/// million dollars.
json::value dollars_json(const std::optional<NanoUsd>& cost) {
  constexpr double nano_per_unit = 1e9;
  if (!cost) return nullptr;
  return static_cast<double>(cost->value) / nano_per_unit;
}

json::object runs_json(const RunMetrics& runs) {
  return {{"started", runs.started},
          {"completed", runs.completed},
          {"failed", runs.failed},
          {"cancelled", runs.cancelled},
          {"duration", histogram_json(runs.duration)},
          {"cost_usd", dollars_json(runs.cost)},
          {"costs_unknown", runs.costs_unknown}};
}

json::object usage_json(const Usage& usage) {
  json::object object{
      {"prompt", usage.prompt}, {"completion", usage.completion}, {"total", usage.total}};
  if (usage.cached) object["cached"] = *usage.cached;
  if (usage.cache_write) object["cache_write"] = *usage.cache_write;
  if (usage.reasoning) object["reasoning"] = *usage.reasoning;
  return object;
}

json::object requests_json(const RequestMetrics& requests) {
  return {{"started", requests.started},
          {"completed", requests.completed},
          {"failed", requests.failed},
          {"cancelled", requests.cancelled},
          {"retries", requests.retries},
          {"fallbacks", requests.fallbacks},
          {"usage", usage_json(requests.usage)},
          {"duration", histogram_json(requests.duration)},
          {"time_to_first_token", histogram_json(requests.time_to_first_token)}};
}

json::array models_json(const std::vector<AgentModelMetrics>& models) {
  json::array array;
  for (const AgentModelMetrics& entry : models) {
    array.push_back({{"agent", entry.agent},
                     {"model", entry.model},
                     {"runs", runs_json(entry.runs)},
                     {"requests", requests_json(entry.requests)}});
  }
  return array;
}

json::array tools_json(const std::vector<ToolMetrics>& tools) {
  json::array array;
  for (const ToolMetrics& entry : tools) {
    array.push_back({{"agent", entry.agent},
                     {"tool", entry.tool},
                     {"started", entry.started},
                     {"succeeded", entry.succeeded},
                     {"failed", entry.failed},
                     {"cancelled", entry.cancelled},
                     {"denied", entry.denied},
                     {"duration", histogram_json(entry.duration)}});
  }
  return array;
}

json::array errors_json(const std::vector<ErrorMetrics>& errors) {
  json::array array;
  for (const ErrorMetrics& entry : errors) {
    array.push_back({{"type", name_of(entry.type)},
                     {"error_code", name_of(entry.code)},
                     {"count", entry.count}});
  }
  return array;
}

}  // namespace

json::value to_json(const MetricsSnapshot& snapshot) {
  const CompactionMetrics& compactions = snapshot.compactions;
  return {{"events", counts_json(snapshot.events)},
          {"events_missed", snapshot.events_missed},
          {"runs_open", snapshot.runs_open},
          {"runs_forgotten", snapshot.runs_forgotten},
          {"bucket_bounds_ms", list_json(DurationHistogram::bounds_ms)},
          {"models", models_json(snapshot.models)},
          {"tools", tools_json(snapshot.tools)},
          {"approvals", counts_json(snapshot.approvals)},
          {"errors", errors_json(snapshot.errors)},
          {"doom_loops", counts_json(snapshot.doom_loops)},
          {"budgets_exceeded", counts_json(snapshot.budgets_exceeded)},
          {"guardrails", counts_json(snapshot.guardrails)},
          {"compactions",
           {{"completed", compactions.completed},
            {"failed", compactions.failed},
            {"circuits_opened", compactions.circuits_opened},
            {"tokens_saved", compactions.tokens_saved}}}};
}

}  // namespace strandbus
