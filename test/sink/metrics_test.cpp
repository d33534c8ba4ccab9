#include "sink/measured.hpp"
#include "strandbus/bus/event_bus.hpp"
#include "strandbus/event/json_codec.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace strandbus::testing {
namespace {

TEST(Metrics, CountTheGoldenRun) {
  const MetricsSnapshot snapshot = metrics_of(golden_run());
  const AgentModelMetrics entry = only_model(snapshot);
  EXPECT_EQ(entry.agent, "agent");
  EXPECT_EQ(entry.model, "gpt-4o");
  EXPECT_EQ(entry.runs.started, 1);
  EXPECT_EQ(entry.runs.completed, 1);
  EXPECT_EQ(entry.runs.duration.sum_ms, 455);
  EXPECT_EQ(entry.runs.cost, NanoUsd{350'000});
  EXPECT_EQ(entry.runs.costs_unknown, 0);
  EXPECT_EQ(entry.requests.started, 2);
  EXPECT_EQ(entry.requests.completed, 2);
  EXPECT_EQ(entry.requests.duration.sum_ms, 420);
  EXPECT_EQ(entry.requests.time_to_first_token.count, 2);
  EXPECT_EQ(entry.requests.time_to_first_token.sum_ms, 100);
  ASSERT_EQ(snapshot.tools.size(), 1U);
  EXPECT_EQ(snapshot.tools[0].tool, "calculator");
  EXPECT_EQ(snapshot.tools[0].started, 1);
  EXPECT_EQ(snapshot.tools[0].succeeded, 1);
  EXPECT_EQ(snapshot.tools[0].duration.sum_ms, 15);
  EXPECT_EQ(snapshot.events.at(EventType::token_delta), 8);
  EXPECT_EQ(snapshot.runs_open, 0);
}

TEST(Metrics, CountTokensOncePerRequestAndNeverAgainFromTheSumsOfTurnsAndRuns) {
  const Usage usage = only_model(metrics_of(golden_run())).requests.usage;
  EXPECT_EQ(usage.prompt, 150);
  EXPECT_EQ(usage.completion, 25);
  EXPECT_EQ(usage.total, 175);
  EXPECT_EQ(usage.cached, std::nullopt);
}

TEST(Metrics, KeepUnknownKindsOfTokensApartFromZero) {
  EventList list;
  list.add(ModelCompleted{.usage = {10, 5, 15, 4, std::nullopt, 0}});
  list.add(ModelCompleted{.usage = {10, 5, 15, 3}});
  const Usage usage = only_model(metrics_of(list)).requests.usage;
  EXPECT_EQ(usage.cached, 7);
  EXPECT_EQ(usage.cache_write, std::nullopt);
  EXPECT_EQ(usage.reasoning, 0);
}

TEST(Metrics, TakeTheCostFromTheTerminalEventAlone) {
  EventList list;
  list.add(RunStarted{}).add(UsageUpdate{.usage = {1, 1, 2}, .cost = NanoUsd{7}});
  EXPECT_EQ(only_model(metrics_of(list)).runs.cost, std::nullopt);
  list.add(RunCompleted{.usage = {1, 1, 2}, .cost = NanoUsd{7}, .llm_calls = 1});
  EXPECT_EQ(only_model(metrics_of(list)).runs.cost, NanoUsd{7});
}

TEST(Metrics, CountACostThatIsNotSaidAsUnknownAndNotAsZero) {
  EventList list;
  list.add(RunStarted{}).add(RunFailed{.llm_calls = 1});
  EXPECT_EQ(only_model(metrics_of(list)).runs.cost, std::nullopt);
  EXPECT_EQ(only_model(metrics_of(list)).runs.costs_unknown, 1);
  list.add(RunStarted{}).add(RunCompleted{.cost = NanoUsd{}, .llm_calls = 1});
  EXPECT_EQ(only_model(metrics_of(list)).runs.cost, NanoUsd{});
  EXPECT_EQ(only_model(metrics_of(list)).runs.costs_unknown, 1);
}

TEST(Metrics, ARunThatAskedNoModelHasNoUnknownCost) {
  EventList list;
  list.add(RunStarted{}).add(RunCancelled{.reason = "at once"});
  EXPECT_EQ(only_model(metrics_of(list)).runs.costs_unknown, 0);
}

TEST(Metrics, TellTheEndsOfRunsApart) {
  EventList list;
  list.add(RunStarted{}).add(RunFailed{.error_code = ErrorCode::network, .duration_ms = 3});
  list.add(RunStarted{}).add(RunCancelled{.duration_ms = 4});
  list.add(RunStarted{});
  const MetricsSnapshot snapshot = metrics_of(list);
  const RunMetrics runs = only_model(snapshot).runs;
  EXPECT_EQ(runs.started, 3);
  EXPECT_EQ(runs.completed, 0);
  EXPECT_EQ(runs.failed, 1);
  EXPECT_EQ(runs.cancelled, 1);
  EXPECT_EQ(runs.duration.count, 2);
  EXPECT_EQ(snapshot.runs_open, 1);
}

TEST(Metrics, CountEachAttemptAndTellCancelledRequestsFromFailedOnes) {
  EventList list;
  list.add(ModelStarted{}).add(ModelFailed{.error_code = ErrorCode::rate_limit, .duration_ms = 2});
  list.add(Retry{.attempt = 1}).add(ModelStarted{.attempt = 2});
  list.add(ModelFailed{.error_code = ErrorCode::server_error, .duration_ms = 3});
  list.add(Retry{.attempt = 2, .fallback_to = "other-model"}).add(ModelStarted{.attempt = 3});
  list.add(ModelFailed{.error_code = ErrorCode::cancelled, .duration_ms = 4});
  const MetricsSnapshot snapshot = metrics_of(list);
  const RequestMetrics requests = only_model(snapshot).requests;
  EXPECT_EQ(requests.started, 3);
  EXPECT_EQ(requests.failed, 2);
  EXPECT_EQ(requests.cancelled, 1);
  EXPECT_EQ(requests.retries, 2);
  EXPECT_EQ(requests.fallbacks, 1);
  EXPECT_EQ(requests.duration.count, 3);
  EXPECT_EQ(requests.time_to_first_token.count, 0);
  ASSERT_EQ(snapshot.errors.size(), 2U);
  EXPECT_EQ(snapshot.errors[0].code, ErrorCode::rate_limit);
  EXPECT_EQ(snapshot.errors[1].code, ErrorCode::server_error);
}

TEST(Metrics, AnAnswerWithoutATokenHasNoTimeToTheFirst) {
  EventList list;
  list.add(ModelCompleted{.duration_ms = 9});
  list.add(ModelCompleted{.tool_calls = {{"1", "bash", {}}}, .time_to_first_token_ms = 6});
  EXPECT_EQ(only_model(metrics_of(list)).requests.time_to_first_token.count, 1);
}

TEST(Metrics, CountUnderTheModelThatAnswers) {
  EventList list(context_of("agent", "first"));
  list.add(RunStarted{.model = "first"}).add(ModelStarted{.model = "first"});
  list.add(ModelFailed{.error_code = ErrorCode::network}).in(context_of("agent", "second"));
  list.add(ModelStarted{.model = "second"}).add(ModelCompleted{.usage = {1, 1, 2}});
  list.add(RunCompleted{});
  const MetricsSnapshot snapshot = metrics_of(list);
  ASSERT_EQ(snapshot.models.size(), 2U);
  EXPECT_EQ(snapshot.models[0].model, "first");
  EXPECT_EQ(snapshot.models[0].runs.started, 1);
  EXPECT_EQ(snapshot.models[0].requests.failed, 1);
  EXPECT_EQ(snapshot.models[1].model, "second");
  EXPECT_EQ(snapshot.models[1].requests.usage.total, 2);
  EXPECT_EQ(snapshot.models[1].runs.completed, 1);
}

TEST(Metrics, TakeTheModelFromTheStartsWhereTheEventsNameNone) {
  EventList list(context_of("agent", ""));
  list.add(RunStarted{.model = "asked"}).add(ModelStarted{.model = "answers"});
  list.add(ModelCompleted{.usage = {1, 1, 2}}).add(RunCompleted{});
  const MetricsSnapshot snapshot = metrics_of(list);
  ASSERT_EQ(snapshot.models.size(), 2U);
  EXPECT_EQ(snapshot.models[0].model, "answers");
  EXPECT_EQ(snapshot.models[0].requests.usage.total, 2);
  EXPECT_EQ(snapshot.models[0].runs.completed, 1);
  EXPECT_EQ(snapshot.models[1].model, "asked");
  EXPECT_EQ(snapshot.models[1].runs.started, 1);
}

TEST(Metrics, CountTheCallsOfEachToolOfEachAgent) {
  EventList list(context_of("a", "m"));
  list.add(ToolCallStarted{.tool_name = "bash"});
  list.add(ToolCallCompleted{.tool_name = "bash", .success = true, .duration_ms = 7});
  list.add(ToolCallStarted{.tool_name = "bash"});
  list.add(
      ToolCallCompleted{.tool_name = "bash", .error_code = ErrorCode::E_TIMEOUT, .duration_ms = 5});
  list.in(context_of("b", "m")).add(ToolCallStarted{.tool_name = "bash"});
  list.add(ToolCallCancelled{.tool_name = "bash", .duration_ms = 3});
  list.add(ToolCallDenied{.tool_name = "rm", .error_code = ErrorCode::E_TOOL_UNKNOWN});
  const MetricsSnapshot snapshot = metrics_of(list);
  ASSERT_EQ(snapshot.tools.size(), 3U);
  const ToolMetrics& first = snapshot.tools[0];
  EXPECT_EQ(first.agent, "a");
  EXPECT_EQ(first.started, 2);
  EXPECT_EQ(first.succeeded, 1);
  EXPECT_EQ(first.failed, 1);
  EXPECT_EQ(first.duration.sum_ms, 12);
  EXPECT_EQ(snapshot.tools[1].cancelled, 1);
  EXPECT_EQ(snapshot.tools[1].duration.sum_ms, 3);
  EXPECT_EQ(snapshot.tools[2].tool, "rm");
  EXPECT_EQ(snapshot.tools[2].denied, 1);
  EXPECT_EQ(snapshot.tools[2].started, 0);
  EXPECT_EQ(snapshot.errors.size(), 2U);
}

TEST(Metrics, CountWhatRunsMeetOnTheirWay) {
  EventList list;
  list.add(ApprovalResolved{.decision = ApprovalDecision::denied});
  list.add(ApprovalResolved{.decision = ApprovalDecision::approved});
  list.add(ApprovalResolved{.decision = ApprovalDecision::approved});
  list.add(DoomLoopDetected{.action = LoopAction::stop});
  list.add(BudgetExceeded{.budget = BudgetKind::tokens});
  list.add(GuardrailTriggered{.action = GuardrailAction::block});
  list.add(Compaction{.tokens_saved = 40}).add(Compaction{.tokens_saved = 2});
  list.add(CompactionFailed{}).add(CompactionCircuitOpened{});
  const MetricsSnapshot snapshot = metrics_of(list);
  EXPECT_EQ(snapshot.approvals.at(ApprovalDecision::approved), 2);
  EXPECT_EQ(snapshot.approvals.at(ApprovalDecision::denied), 1);
  EXPECT_EQ(snapshot.doom_loops.at(LoopAction::stop), 1);
  EXPECT_EQ(snapshot.budgets_exceeded.at(BudgetKind::tokens), 1);
  EXPECT_EQ(snapshot.guardrails.at(GuardrailAction::block), 1);
  EXPECT_EQ(snapshot.compactions.completed, 2);
  EXPECT_EQ(snapshot.compactions.tokens_saved, 42);
  EXPECT_EQ(snapshot.compactions.failed, 1);
  EXPECT_EQ(snapshot.compactions.circuits_opened, 1);
}

TEST(Metrics, CountErrorsByTheEventThatSaysThemAndByCode) {
  EventList list;
  list.add(RunFailed{.error_code = ErrorCode::network});
  list.add(Error{.error_code = ErrorCode::network}).add(Error{.error_code = ErrorCode::network});
  list.add(AgentError{.error_code = ErrorCode::budget});
  list.add(ToolCallCompleted{.tool_name = "bash"});
  const MetricsSnapshot snapshot = metrics_of(list);
  const auto count = [&](EventType type, ErrorCode code) {
    for (const ErrorMetrics& entry : snapshot.errors) {
      if (entry.type == type && entry.code == code) return entry.count;
    }
    return std::int64_t{0};
  };
  EXPECT_EQ(snapshot.errors.size(), 4U);
  EXPECT_EQ(count(EventType::run_failed, ErrorCode::network), 1);
  EXPECT_EQ(count(EventType::error, ErrorCode::network), 2);
  EXPECT_EQ(count(EventType::agent_error, ErrorCode::budget), 1);
  EXPECT_EQ(count(EventType::tool_call_completed, ErrorCode::none), 1);
}

TEST(Metrics, CountWhatWasMissed) {
  Metrics metrics;
  const StreamEvent event(TokenDelta{.text = "t"});
  metrics.on_event(Delivery(event, {}, 8, 7));
  metrics.on_missed(5);
  EXPECT_EQ(metrics.snapshot().events_missed, 12);
  EXPECT_EQ(metrics.snapshot().events.at(EventType::token_delta), 1);
  metrics.on_missed(std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(metrics.snapshot().events_missed, std::numeric_limits<std::int64_t>::max());
}

TEST(Metrics, SubscribeToABusWithEventsOrWithDeliveries) {
  asio::io_context io;
  EventBus bus(io.get_executor(), {.history = 16});
  Metrics events;
  Metrics deliveries;
  const auto first = bus.subscribe([&](const StreamEvent& event) { events.on_event(event); });
  const auto second = bus.subscribe([&](const Delivery& d) { deliveries.on_event(d); });
  const Publisher publisher = bus.publisher(EventList::run_context());
  ASSERT_TRUE(publisher.publish(RunStarted{.model = "gpt-4o"}));
  ASSERT_TRUE(publisher.publish(RunCompleted{}));
  EXPECT_EQ(only_model(events.snapshot()).runs.completed, 1);
  EXPECT_EQ(only_model(deliveries.snapshot()).runs.completed, 1);
  EXPECT_EQ(deliveries.snapshot().events_missed, 0);
}

TEST(Metrics, ALateSubscriberCountsWhatItMissed) {
  asio::io_context io;
  EventBus bus(io.get_executor(), {.history = 4});
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(bus.publish(TokenDelta{.text = "t"}));
  Metrics metrics;
  const auto subscription =
      bus.subscribe([&](const Delivery& d) { metrics.on_event(d); }, {.from = Start::after(0)});
  const MetricsSnapshot snapshot = metrics.snapshot();
  EXPECT_GT(snapshot.events_missed, 0);
  EXPECT_EQ(snapshot.events_missed + snapshot.events.at(EventType::token_delta), 20);
}

TEST(Metrics, TakeEventsOfAPublisherWithoutABus) {
  Metrics metrics;
  const Publisher publisher(EventList::run_context(),
                            [&](const StreamEvent& event) { metrics.on_event(event); });
  ASSERT_TRUE(publisher.publish(RunStarted{}));
  EXPECT_EQ(metrics.snapshot().runs_open, 1);
}

TEST(Metrics, CountARecordedRunAsTheLiveOne) {
  Metrics metrics;
  const EventList live = golden_run();
  for (const StreamEvent& event : live.events()) {
    metrics.on_event(from_json(to_json(event)).value());
  }
  EXPECT_EQ(to_prometheus(metrics.snapshot()), to_prometheus(metrics_of(live)));
}

TEST(Metrics, EntriesAddUp) {
  EventList list(context_of("agent", "a"));
  list.add(ModelCompleted{.usage = {1, 2, 3}}).add(RunCompleted{.cost = NanoUsd{4}});
  list.in(context_of("agent", "b"));
  list.add(ModelCompleted{.usage = {10, 20, 30, 5}}).add(RunFailed{.llm_calls = 1});
  const MetricsSnapshot snapshot = metrics_of(list);
  RunMetrics runs;
  RequestMetrics requests;
  for (const AgentModelMetrics& entry : snapshot.models) {
    runs += entry.runs;
    requests += entry.requests;
  }
  EXPECT_EQ(runs.completed, 1);
  EXPECT_EQ(runs.failed, 1);
  EXPECT_EQ(runs.cost, NanoUsd{4});
  EXPECT_EQ(runs.costs_unknown, 1);
  EXPECT_EQ(requests.usage.total, 33);
  EXPECT_EQ(requests.usage.cached, 5);
  EXPECT_EQ(requests.duration.count, 2);
}

}  // namespace
}  // namespace strandbus::testing
