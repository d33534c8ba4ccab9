#include "strandbus/store/session_stats.hpp"

#include "wire/event_list.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace strandbus::testing {
namespace {

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

void add_session(SessionStats& stats, const EventList& list) {
  stats.begin_session();
  for (const StreamEvent& event : list.events()) stats.add(event);
}

SessionTotals totals_of(const EventList& list) {
  SessionStats stats;
  add_session(stats, list);
  return stats.totals();
}

TEST(SessionStats, CountsTheGoldenRun) {
  const SessionTotals totals = totals_of(golden_run());
  EXPECT_EQ(totals.sessions, 1);
  EXPECT_EQ(totals.events, static_cast<std::int64_t>(golden_run().events().size()));
  EXPECT_EQ(totals.runs_completed, 1);
  EXPECT_EQ(totals.runs_unfinished, 0);
  EXPECT_EQ(totals.turns, 2);
  EXPECT_EQ(totals.usage.prompt, 150);
  EXPECT_EQ(totals.usage.completion, 25);
  EXPECT_EQ(totals.usage.total, 175);
  EXPECT_EQ(totals.cost.value, 350'000);
  EXPECT_EQ(totals.costs_unknown, 0);
  EXPECT_EQ(totals.duration_ms, 455);
  ASSERT_EQ(totals.tools.size(), 1U);
  EXPECT_EQ(totals.tools.at("calculator").calls, 1);
  EXPECT_EQ(totals.tools.at("calculator").duration_ms, 15);
  ASSERT_EQ(totals.models.size(), 1U);
  EXPECT_EQ(totals.models.at("gpt-4o").requests, 2);
  EXPECT_EQ(totals.models.at("gpt-4o").usage.total, 175);
  EXPECT_EQ(totals.models.at("gpt-4o").duration_ms, 420);
}

TEST(SessionStats, AddsUpSessions) {
  SessionStats stats;
  for (int i = 0; i < 3; ++i) add_session(stats, golden_run());
  const SessionTotals totals = stats.totals();
  EXPECT_EQ(totals.sessions, 3);
  EXPECT_EQ(totals.runs_completed, 3);
  EXPECT_EQ(totals.turns, 6);
  EXPECT_EQ(totals.usage.total, 525);
  EXPECT_EQ(totals.cost.value, 1'050'000);
  EXPECT_EQ(totals.tools.at("calculator").calls, 3);
  EXPECT_EQ(totals.tools.at("calculator").duration_ms, 45);
  EXPECT_EQ(totals.models.at("gpt-4o").requests, 6);
}

TEST(SessionStats, TellsTheEndsOfRunsApart) {
  EventList list;
  list.add(RunStarted{}).add(RunFailed{.usage = {10, 5, 15}, .duration_ms = 3});
  list.add(RunStarted{}).add(RunCancelled{.duration_ms = 4});
  const SessionTotals totals = totals_of(list);
  EXPECT_EQ(totals.runs_failed, 1);
  EXPECT_EQ(totals.runs_cancelled, 1);
  EXPECT_EQ(totals.usage.total, 15);
  EXPECT_EQ(totals.costs_unknown, 1);
  EXPECT_EQ(totals.duration_ms, 7);
}

TEST(SessionStats, CountsWhatARunWithoutAnEndHasUsed) {
  EventList list;
  list.add(RunStarted{}).add(ModelCompleted{.usage = {10, 5, 15}});
  list.add(ModelCompleted{.usage = {20, 5, 25}});
  const SessionTotals totals = totals_of(list);
  EXPECT_EQ(totals.runs_unfinished, 1);
  EXPECT_EQ(totals.usage.total, 40);
  EXPECT_EQ(totals.costs_unknown, 1);
}

TEST(SessionStats, ForgetsAnOpenRunWhenTheNextSessionBegins) {
  SessionStats stats;
  for (int i = 0; i < 2; ++i) add_session(stats, EventList().add(RunStarted{}));
  EXPECT_EQ(stats.totals().runs_unfinished, 2);
}

TEST(SessionStats, CountsFailedCancelledAndDeniedCalls) {
  EventList list;
  list.add(ToolCallStarted{.tool_name = "bash", .call_id = "1"});
  list.add(ToolCallCompleted{.tool_name = "bash", .call_id = "1", .duration_ms = 7});
  list.add(ToolCallStarted{.tool_name = "bash", .call_id = "2"});
  list.add(ToolCallCancelled{.tool_name = "bash", .call_id = "2", .duration_ms = 5});
  list.add(ToolCallDenied{.tool_name = "bash", .call_id = "3"});
  const ToolStats bash = totals_of(list).tools.at("bash");
  EXPECT_EQ(bash.calls, 2);
  EXPECT_EQ(bash.failed, 1);
  EXPECT_EQ(bash.cancelled, 1);
  EXPECT_EQ(bash.denied, 1);
  EXPECT_EQ(bash.duration_ms, 12);
}

TEST(SessionStats, CountsFailedRequests) {
  EventList list;
  list.add(ModelFailed{.duration_ms = 9}).add(ModelCompleted{.duration_ms = 1});
  const ModelStats model = totals_of(list).models.at("gpt-4o");
  EXPECT_EQ(model.requests, 2);
  EXPECT_EQ(model.failed, 1);
  EXPECT_EQ(model.duration_ms, 10);
}

TEST(SessionStats, TakesTokensAndCostFromAllRunsButTimeFromRootRunsOnly) {
  EventList list;
  list.add(RunStarted{});
  list.in(EventList::nested_context("child", "helper"));
  list.add(RunStarted{})
      .add(RunCompleted{.usage = {1, 1, 2}, .cost = NanoUsd{5}, .duration_ms = 3});
  list.in(EventList::run_context());
  list.add(RunCompleted{.usage = {10, 10, 20}, .cost = NanoUsd{50}, .duration_ms = 7});
  const SessionTotals totals = totals_of(list);
  EXPECT_EQ(totals.runs_completed, 2);
  EXPECT_EQ(totals.usage.total, 22);
  EXPECT_EQ(totals.cost.value, 55);
  EXPECT_EQ(totals.duration_ms, 7);
}

TEST(SessionStats, CountsWhatANestedRunWithoutAnEndHasUsed) {
  EventList list;
  list.add(RunStarted{});
  list.in(EventList::nested_context("child", "helper"));
  list.add(RunStarted{}).add(ModelCompleted{.usage = {1, 1, 2}});
  const SessionTotals totals = totals_of(list);
  EXPECT_EQ(totals.runs_unfinished, 2);
  EXPECT_EQ(totals.usage.total, 2);
  EXPECT_EQ(totals.costs_unknown, 1);
}

TEST(SessionStats, StopAtTheLargestNumberInsteadOfOverflowing) {
  EventList list;
  for (int i = 0; i < 2; ++i) {
    list.add(RunStarted{});
    list.add(RunCompleted{
        .usage = {largest, largest, largest}, .cost = NanoUsd{largest}, .duration_ms = largest});
  }
  const SessionTotals totals = totals_of(list);
  EXPECT_EQ(totals.usage.total, largest);
  EXPECT_EQ(totals.cost.value, largest);
  EXPECT_EQ(totals.duration_ms, largest);
}

TEST(SessionStats, CountsToolsBeyondTheLimitTogether) {
  EventList list;
  for (int i = 0; i < 1'000; ++i)
    list.add(ToolCallStarted{.tool_name = "tool" + std::to_string(i), .call_id = "c"});
  const SessionTotals totals = totals_of(list);
  EXPECT_EQ(totals.tools.size(), 257U);
  EXPECT_EQ(totals.tools.at("(others)").calls, 744);
}

}  // namespace
}  // namespace strandbus::testing
