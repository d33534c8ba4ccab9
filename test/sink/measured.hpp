#pragma once

#include "strandbus/sink/metrics.hpp"
#include "wire/event_list.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace strandbus::testing {

inline void feed(Metrics& metrics, const EventList& list) {
  for (const StreamEvent& event : list.events()) metrics.on_event(event);
}

inline MetricsSnapshot metrics_of(const EventList& list) {
  Metrics metrics;
  feed(metrics, list);
  return metrics.snapshot();
}

inline RunContext context_of(std::string agent, std::string model, std::string run_id = "run") {
  RunContext context = EventList::run_context();
  context.agent = std::move(agent);
  context.model_id = std::move(model);
  context.run_id = std::move(run_id);
  return context;
}

/// The only entry, of agent and model together.
inline AgentModelMetrics only_model(const MetricsSnapshot& snapshot) {
  EXPECT_EQ(snapshot.models.size(), 1U);
  return snapshot.models.empty() ? AgentModelMetrics{} : snapshot.models.front();
}

}  // namespace strandbus::testing
