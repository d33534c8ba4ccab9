#include "strandbus/sink/metrics_snapshot.hpp"

#include "event/saturating_sum.hpp"

namespace strandbus {

using detail::add_to;

RunMetrics& RunMetrics::operator+=(const RunMetrics& other) {
  add_to(started, other.started);
  add_to(completed, other.completed);
  add_to(failed, other.failed);
  add_to(cancelled, other.cancelled);
  duration += other.duration;
  if (other.cost) {
    if (!cost) cost = NanoUsd{};
    add_to(cost->value, other.cost->value);
  }
  add_to(costs_unknown, other.costs_unknown);
  return *this;
}

RequestMetrics& RequestMetrics::operator+=(const RequestMetrics& other) {
  add_to(started, other.started);
  add_to(completed, other.completed);
  add_to(failed, other.failed);
  add_to(cancelled, other.cancelled);
  add_to(retries, other.retries);
  add_to(fallbacks, other.fallbacks);
  add_to(usage, other.usage);
  duration += other.duration;
  time_to_first_token += other.time_to_first_token;
  return *this;
}

ToolMetrics& ToolMetrics::operator+=(const ToolMetrics& other) {
  add_to(started, other.started);
  add_to(succeeded, other.succeeded);
  add_to(failed, other.failed);
  add_to(cancelled, other.cancelled);
  add_to(denied, other.denied);
  duration += other.duration;
  return *this;
}

}  // namespace strandbus
