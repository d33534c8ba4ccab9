#pragma once

#include "strandbus/event/payloads.hpp"
#include "strandbus/sink/duration_histogram.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus {

/// What became of runs.
struct RunMetrics {
  std::int64_t started{};
  std::int64_t completed{};
  std::int64_t failed{};
  std::int64_t cancelled{};
  DurationHistogram duration{};  ///< of the runs that ended, however they ended
  /// What the runs whose cost is known have cost together; absent: of no run is it known.
  std::optional<NanoUsd> cost{};
  /// Runs that asked a model and whose terminal event has no cost. What `cost` lacks.
  std::int64_t costs_unknown{};

  RunMetrics& operator+=(const RunMetrics& other);
};

/// What became of requests to a model. Each attempt of a retried request is one.
struct RequestMetrics {
  std::int64_t started{};
  std::int64_t completed{};
  std::int64_t failed{};
  std::int64_t cancelled{};
  std::int64_t retries{};    ///< repetitions that were announced, fallbacks included
  std::int64_t fallbacks{};  ///< of those, to another model
  /// Of completed requests. What a failed request used is not known: its event does not say it.
  Usage usage{};
  DurationHistogram duration{};             ///< of the requests that ended, however they ended
  DurationHistogram time_to_first_token{};  ///< of completed requests that had a token

  RequestMetrics& operator+=(const RequestMetrics& other);
};

/// The runs of one agent and its requests to one model.
///
/// The model is the one that the event names: of a start the model that was asked for, of an end
/// the one that answered last. After a fallback these differ, so started and ended runs of a model
/// need not match; those of an agent do.
struct AgentModelMetrics {
  std::string agent{};  ///< empty: the events name none
  std::string model{};  ///< empty: the events name none
  RunMetrics runs{};
  RequestMetrics requests{};
};

/// What became of an agent's calls of one tool.
struct ToolMetrics {
  std::string agent{};
  std::string tool{};
  std::int64_t started{};
  std::int64_t succeeded{};
  std::int64_t failed{};
  std::int64_t cancelled{};
  std::int64_t denied{};         ///< never started: refused, unknown, invalid arguments, unsafe
  DurationHistogram duration{};  ///< of the calls that started and ended

  /// The names stay those of this object.
  ToolMetrics& operator+=(const ToolMetrics& other);
};

/// How often an event of this type said this error code.
struct ErrorMetrics {
  EventType type{};
  ErrorCode code{};
  std::int64_t count{};
};

struct CompactionMetrics {
  std::int64_t completed{};
  std::int64_t failed{};
  std::int64_t circuits_opened{};
  std::int64_t tokens_saved{};
};

/// Everything that was counted up to one moment; made by Metrics::snapshot. A map or a list holds
/// what occurred, in ascending order. All counts only ever grow, but for runs_open.
struct MetricsSnapshot {
  std::map<EventType, std::int64_t> events{};  ///< seen, by type; merged deltas are one
  std::int64_t events_missed{};                ///< what the numbers below lack, if not 0
  std::int64_t runs_open{};                    ///< started, and no end seen
  std::int64_t runs_forgotten{};               ///< no longer in runs_open: there were too many
  std::vector<AgentModelMetrics> models{};
  std::vector<ToolMetrics> tools{};
  std::map<ApprovalDecision, std::int64_t> approvals{};
  /// From run_failed, model_failed, tool_call_completed, tool_call_denied, error and agent_error.
  /// What goes wrong in a tool or a request and ends the run counts for both types. What was
  /// cancelled is no error.
  std::vector<ErrorMetrics> errors{};
  std::map<LoopAction, std::int64_t> doom_loops{};
  std::map<BudgetKind, std::int64_t> budgets_exceeded{};
  std::map<GuardrailAction, std::int64_t> guardrails{};
  CompactionMetrics compactions{};
};

/// The snapshot as one JSON object with the names above. An enumerator is written by its wire name,
/// a cost in US dollars, null where it is unknown. A histogram has "buckets", whose bounds are in
/// "bucket_bounds_ms" of the whole, and estimates of its quantiles: "p50_ms", "p95_ms", "p99_ms".
json::value to_json(const MetricsSnapshot& snapshot);

/// What an HTTP response with to_prometheus says as its Content-Type.
inline constexpr std::string_view prometheus_content_type =
    "text/plain; version=0.0.4; charset=utf-8";

/// The snapshot in the Prometheus text exposition format, version 0.0.4.
///
/// Every name begins with "strandbus_"; durations are in seconds, costs in US dollars, counters end
/// in "_total". What is unknown (a cost, a kind of tokens that no answer named) has no sample. Any
/// bytes in a name give a valid text, which is safe to show on a terminal.
std::string to_prometheus(const MetricsSnapshot& snapshot);

}  // namespace strandbus
