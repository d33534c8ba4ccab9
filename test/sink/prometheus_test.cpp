#include "event/sample.hpp"
#include "sink/exposition.hpp"
#include "sink/measured.hpp"
#include "strandbus/event/json_codec.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace strandbus::testing {
namespace {

const std::string replacement = "\uFFFD";

/// Something for every family.
EventList full_list() {
  EventList list = golden_run();
  list.in(context_of("researcher", "o4-mini", "run2"));
  list.add(RunStarted{}).add(ModelStarted{});
  list.add(ModelFailed{.error_code = ErrorCode::rate_limit, .duration_ms = 1'250});
  list.add(Retry{.attempt = 1, .fallback_to = "gpt-4o"}).add(ModelStarted{});
  list.add(ModelCompleted{.content = "text",
                          .usage = {64, 40, 104, 32, 8, 24},
                          .time_to_first_token_ms = 640,
                          .duration_ms = 31'007});
  list.add(ApprovalResolved{.decision = ApprovalDecision::expired});
  list.add(ToolCallDenied{.tool_name = "bash", .error_code = ErrorCode::E_CONFIRMED_DENY});
  list.add(DoomLoopDetected{.action = LoopAction::refuse});
  list.add(GuardrailTriggered{.action = GuardrailAction::rewrite});
  list.add(Compaction{.tokens_saved = 900});
  list.add(BudgetExceeded{.budget = BudgetKind::wall_time});
  list.add(RunFailed{.error_code = ErrorCode::budget,
                     .usage = {64, 40, 104},
                     .llm_calls = 2,
                     .duration_ms = 4'000'000});
  list.in(context_of("researcher", "o4-mini", "run3")).add(RunStarted{});
  return list;
}

std::string read(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

MetricsSnapshot snapshot_of_tool(const std::string& tool) {
  EventList list;
  return metrics_of(list.add(ToolCallStarted{.tool_name = tool}));
}

/// The labels of the only tool, after writing and reading.
Exposition::Labels labels_of_tool(const MetricsSnapshot& snapshot) {
  const Exposition text(to_prometheus(snapshot));
  for (const auto& [series, value] : text.samples()) {
    if (series.name == "strandbus_tool_calls_started_total") return series.labels;
  }
  return {};
}

// With STRANDBUS_UPDATE_GOLDEN=1 in the environment the file is written instead of compared.
TEST(Prometheus, TextIsTheGoldenFile) {
  Metrics metrics;
  feed(metrics, full_list());
  metrics.on_missed(3);
  const std::string text = to_prometheus(metrics.snapshot());
  const auto path = std::filesystem::path(STRANDBUS_SOURCE_DIR) / "test/sink/golden/metrics.prom";
  if (std::getenv("STRANDBUS_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
  }
  EXPECT_EQ(read(path), text) << "If this is meant: STRANDBUS_UPDATE_GOLDEN=1";
}

TEST(Prometheus, NamesFollowItsRules) {
  const Exposition text(to_prometheus(metrics_of(full_list())));
  for (const auto& [name, type] : text.types()) {
    EXPECT_TRUE(name.starts_with("strandbus_")) << name;
    EXPECT_EQ(name.ends_with("_total"), type == "counter") << name;
    EXPECT_EQ(name.ends_with("_seconds"), type == "histogram") << name;
  }
}

TEST(Prometheus, BucketsAreCumulativeSeconds) {
  EventList list;
  for (const std::int64_t duration : {1, 30, 30, 4'000'000})
    list.add(RunCompleted{.duration_ms = duration});
  const Exposition text(to_prometheus(metrics_of(list)));
  const auto bucket = [&](const char* le) {
    return text.value("strandbus_run_duration_seconds_bucket",
                      {{"agent", "agent"}, {"model", "gpt-4o"}, {"le", le}});
  };
  EXPECT_EQ(bucket("0.001"), "1");
  EXPECT_EQ(bucket("0.02"), "1");
  EXPECT_EQ(bucket("0.05"), "3");
  EXPECT_EQ(bucket("3600"), "3");
  EXPECT_EQ(bucket("+Inf"), "4");
  const Exposition::Labels labels{{"agent", "agent"}, {"model", "gpt-4o"}};
  EXPECT_EQ(text.value("strandbus_run_duration_seconds_sum", labels), "4000.061");
  EXPECT_EQ(text.value("strandbus_run_duration_seconds_count", labels), "4");
}

TEST(Prometheus, AnUnknownCostHasNoSample) {
  EventList list;
  list.add(RunCompleted{.llm_calls = 1});
  const Exposition::Labels labels{{"agent", "agent"}, {"model", "gpt-4o"}};
  const Exposition unknown(to_prometheus(metrics_of(list)));
  EXPECT_EQ(unknown.value("strandbus_run_cost_usd_total", labels), "");
  EXPECT_EQ(unknown.value("strandbus_run_costs_unknown_total", labels), "1");
  list.add(RunCompleted{.cost = NanoUsd{350'000}});
  const Exposition known(to_prometheus(metrics_of(list)));
  EXPECT_EQ(known.value("strandbus_run_cost_usd_total", labels), "0.00035");
}

TEST(Prometheus, AnUnknownKindOfTokensHasNoSample) {
  EventList list;
  list.add(ModelCompleted{.usage = {1, 1, 2}});
  const Exposition text(to_prometheus(metrics_of(list)));
  EXPECT_FALSE(text.types().contains("strandbus_llm_cached_tokens_total"));
}

TEST(Prometheus, OfNothingIsValid) {
  const Exposition text(to_prometheus(MetricsSnapshot{}));
  EXPECT_EQ(text.value("strandbus_events_missed_total"), "0");
  EXPECT_EQ(text.value("strandbus_approvals_total", {{"decision", "approved"}}), "0");
}

TEST(Prometheus, EscapesHostileNames) {
  for (const std::string name :
       {"quote\"", "back\\slash", "line\nend", "\\n", "\\\"", "}", "{a=\"b\"} 1\nstrandbus_x 2",
        "\",le=\"1", "tab\t", "# HELP", " "}) {
    EXPECT_EQ(labels_of_tool(snapshot_of_tool(name)).at("tool"), name);
  }
}

TEST(Prometheus, ShowsControlCharactersOfNamesInsteadOfSendingThem) {
  EXPECT_EQ(labels_of_tool(snapshot_of_tool("\x1b[2J")).at("tool"), "␛[2J");
  EXPECT_EQ(labels_of_tool(snapshot_of_tool("a\rb")).at("tool"), "a␍b");
  EXPECT_EQ(labels_of_tool(snapshot_of_tool("\u202Efdp.exe")).at("tool"), "<U+202E>fdp.exe");
  EXPECT_EQ(labels_of_tool(snapshot_of_tool(std::string("a\0b", 3))).at("tool"), "a␀b");
}

TEST(Prometheus, RepairsNamesThatAreNotUtf8) {
  EXPECT_EQ(labels_of_tool(snapshot_of_tool("a\xFF"
                                            "b"))
                .at("tool"),
            "a" + replacement + "b");
  EXPECT_EQ(labels_of_tool(snapshot_of_tool("a\xE2\x82")).at("tool"), "a" + replacement);
}

TEST(Prometheus, NamesThatAreEqualAfterRepairAreOneSeries) {
  EventList list;
  list.add(ToolCallStarted{.tool_name = "\xFE"}).add(ToolCallStarted{.tool_name = "\xFF"});
  const MetricsSnapshot snapshot = metrics_of(list);
  EXPECT_EQ(snapshot.tools.size(), 1U);
  EXPECT_EQ(labels_of_tool(snapshot).at("tool"), replacement);
}

TEST(Prometheus, EscapesASnapshotThatWasMadeByHand) {
  MetricsSnapshot snapshot;
  snapshot.tools.push_back({.agent = "a\n", .tool = "\xFF\"", .started = 1});
  EXPECT_EQ(labels_of_tool(snapshot).at("agent"), "a\n");
  EXPECT_EQ(labels_of_tool(snapshot).at("tool"), replacement + "\"");
}

TEST(Prometheus, AnyEventsGiveAValidText) {
  const std::uint64_t seed = test_seed();
  SCOPED_TRACE("STRANDBUS_TEST_SEED=" + std::to_string(seed));
  RandomValues values(seed);
  Metrics metrics;
  for (int round = 0; round < 60; ++round) {
    for (const EventType type : all_event_types()) {
      metrics.on_event(with_full_envelope(make_sample(type, values), values));
    }
  }
  EXPECT_NO_THROW(Exposition(to_prometheus(metrics.snapshot())));
  EXPECT_EQ(metrics.snapshot().events.size(), event_type_count);
}

TEST(MetricsJson, SaysEveryNumberByItsName) {
  const json::value object = to_json(metrics_of(full_list()));
  EXPECT_EQ(object.at("events").at("run_started"), 3);
  EXPECT_EQ(object.at("runs_open"), 1);
  const json::value& agent = object.at("models").at(0);
  EXPECT_EQ(agent.at("agent"), "agent");
  EXPECT_EQ(agent.at("runs").at("completed"), 1);
  EXPECT_EQ(agent.at("runs").at("cost_usd"), 0.00035);
  EXPECT_EQ(agent.at("requests").at("usage").at("total"), 175);
  EXPECT_FALSE(agent.at("requests").at("usage").as_object().contains("cached"));
  const json::value& researcher = object.at("models").at(1);
  EXPECT_TRUE(researcher.at("runs").at("cost_usd").is_null());
  EXPECT_EQ(researcher.at("runs").at("costs_unknown"), 1);
  EXPECT_EQ(researcher.at("requests").at("duration").at("max_ms"), 31'007);
  EXPECT_EQ(object.at("tools").at(0).at("tool"), "calculator");
  EXPECT_EQ(object.at("approvals").at("expired"), 1);
  EXPECT_EQ(object.at("errors").at(0).at("type"), "run_failed");
  EXPECT_EQ(object.at("errors").at(0).at("error_code"), "budget");
  EXPECT_EQ(object.at("compactions").at("tokens_saved"), 900);
}

TEST(MetricsJson, AHistogramHasABucketMoreThanThereAreBounds) {
  const json::value object = to_json(metrics_of(golden_run()));
  const json::value& duration = object.at("models").at(0).at("runs").at("duration");
  EXPECT_EQ(duration.at("buckets").as_array().size(),
            object.at("bucket_bounds_ms").as_array().size() + 1);
  EXPECT_EQ(duration.at("p50_ms"), 455.0);
  EXPECT_TRUE(to_json(metrics_of(EventList().add(RunStarted{})))
                  .at("models")
                  .at(0)
                  .at("runs")
                  .at("duration")
                  .at("p50_ms")
                  .is_null());
}

TEST(MetricsJson, ACostIsPrintedAsItsExactDecimal) {
  EventList list;
  list.add(RunCompleted{.cost = NanoUsd{123'456'789'012'345}});
  std::string text;
  append_json(text, to_json(metrics_of(list)));
  EXPECT_NE(text.find(R"("cost_usd":123456.789012345,)"), std::string::npos) << text;
}

}  // namespace
}  // namespace strandbus::testing
