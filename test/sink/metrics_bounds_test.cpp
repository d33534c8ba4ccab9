#include "sink/measured.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

// Whatever the events say, what is kept stays bounded and no counter falls.

namespace strandbus::testing {
namespace {

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

TEST(MetricsBounds, CountNamesBeyondTheLimitTogetherAsOther) {
  Metrics metrics({.max_agents = 2, .max_models = 3, .max_tools = 4});
  EventList list;
  for (int i = 0; i < 100; ++i) {
    const std::string number = std::to_string(i);
    list.in(context_of("agent" + number, "model" + number));
    list.add(ModelCompleted{.usage = {1, 1, 2}});
    list.add(ToolCallStarted{.tool_name = "tool" + number});
  }
  feed(metrics, list);
  const MetricsSnapshot snapshot = metrics.snapshot();
  ASSERT_EQ(snapshot.models.size(), 4U);
  EXPECT_EQ(snapshot.models[3].agent, "other");
  EXPECT_EQ(snapshot.models[3].model, "other");
  EXPECT_EQ(snapshot.models[3].requests.completed, 97);
  ASSERT_EQ(snapshot.tools.size(), 5U);
  EXPECT_EQ(snapshot.tools[2].agent, "other");
  EXPECT_EQ(snapshot.tools[2].tool, "other");
  EXPECT_EQ(snapshot.tools[2].started, 96);
}

TEST(MetricsBounds, AKnownNameKeepsItsPlaceBeyondTheLimit) {
  Metrics metrics({.max_tools = 1});
  EventList list;
  for (const char* name : {"first", "second", "first", ""}) {
    list.add(ToolCallStarted{.tool_name = name});
  }
  feed(metrics, list);
  const MetricsSnapshot snapshot = metrics.snapshot();
  ASSERT_EQ(snapshot.tools.size(), 3U);
  EXPECT_EQ(snapshot.tools[0].tool, "");
  EXPECT_EQ(snapshot.tools[1].tool, "first");
  EXPECT_EQ(snapshot.tools[1].started, 2);
  EXPECT_EQ(snapshot.tools[2].tool, "other");
}

TEST(MetricsBounds, KeepTheBeginningOfALongNameInWholeCharacters) {
  std::string name(127, 'x');
  name += "\u20AC and more";
  EventList list;
  list.add(ToolCallStarted{.tool_name = name}).add(ToolCallStarted{.tool_name = name + "!"});
  const MetricsSnapshot snapshot = metrics_of(list);
  ASSERT_EQ(snapshot.tools.size(), 1U);
  EXPECT_EQ(snapshot.tools[0].tool, std::string(127, 'x'));
  EXPECT_EQ(snapshot.tools[0].started, 2);
}

TEST(MetricsBounds, ALabelIsNeverLongerThanItsBoundAndItsOwnLabel) {
  const std::string invalid(500, '\xFF');
  EventList list;
  list.add(ToolCallStarted{.tool_name = invalid});
  const std::string label = metrics_of(list).tools.at(0).tool;
  EXPECT_LE(label.size(), 128U);
  list.add(ToolCallStarted{.tool_name = label});
  EXPECT_EQ(metrics_of(list).tools.size(), 1U);
}

TEST(MetricsBounds, RunsWhoseEndNeverComesAreBounded) {
  Metrics metrics({.max_open_runs = 8});
  EventList list;
  for (int i = 0; i < 100; ++i) {
    list.in(context_of("agent", "m", "run" + std::to_string(i))).add(RunStarted{});
  }
  feed(metrics, list);
  EXPECT_EQ(metrics.snapshot().runs_open, 8);
  EXPECT_EQ(metrics.snapshot().runs_forgotten, 92);

  EventList ends;  // one that is remembered, one that is not
  ends.in(context_of("agent", "m", "run99")).add(RunCompleted{});
  ends.in(context_of("agent", "m", "run0")).add(RunCompleted{});
  feed(metrics, ends);
  EXPECT_EQ(metrics.snapshot().runs_open, 7);
  EXPECT_EQ(only_model(metrics.snapshot()).runs.completed, 2);
}

TEST(MetricsBounds, RememberNoRunsIfTold) {
  Metrics metrics({.max_open_runs = 0});
  feed(metrics, golden_run());
  feed(metrics, EventList().add(RunStarted{}));
  EXPECT_EQ(metrics.snapshot().runs_open, 0);
}

TEST(MetricsBounds, SumsStopAtTheLargestNumberAndNeverFall) {
  EventList list;
  for (int i = 0; i < 2; ++i) {
    list.add(ModelCompleted{.usage = {largest, -5, largest, largest}, .duration_ms = largest});
    list.add(RunCompleted{.cost = NanoUsd{largest}});
  }
  list.add(RunCompleted{.cost = NanoUsd{-1}, .llm_calls = 1});
  const AgentModelMetrics entry = only_model(metrics_of(list));
  EXPECT_EQ(entry.requests.usage.total, largest);
  EXPECT_EQ(entry.requests.usage.completion, 0);
  EXPECT_EQ(entry.requests.usage.cached, largest);
  EXPECT_EQ(entry.runs.cost, NanoUsd{largest});
  EXPECT_EQ(entry.runs.costs_unknown, 1);
}

}  // namespace
}  // namespace strandbus::testing
