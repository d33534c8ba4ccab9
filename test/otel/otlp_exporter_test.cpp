#include "otel/exporter_fixture.hpp"
#include "strandbus/bus/event_bus.hpp"

#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

namespace strandbus::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

void expect_all_accounted_for(const OtlpStats& stats) {
  EXPECT_EQ(stats.spans, stats.accepted + stats.rejected + stats.lost + stats.waiting);
}

TEST(OtlpExporter, SendsSpansTogetherAfterTheirDelay) {
  ExporterWorld world({.headers = {{"api-key", "secret"}}, .batch_delay = 5s});
  world.end_spans(3);
  world.advance(4s);
  EXPECT_THAT(world.server.requests, IsEmpty());
  world.advance(2s);
  ASSERT_THAT(world.server.requests, SizeIs(1));
  const detail::HttpRequest& request = world.server.requests[0];
  EXPECT_EQ(request.url.target, "/v1/traces");
  EXPECT_EQ(request.url.port, 4318);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(spans_in(request.body), 3u);
  ASSERT_THAT(request.headers, SizeIs(2));
  EXPECT_EQ(request.headers[0].value, "secret");
  EXPECT_EQ(request.headers[1].value, "application/json");
  EXPECT_EQ(world.stats().accepted, 3u);
}

TEST(OtlpExporter, SendsAFullBatchAtOnce) {
  ExporterWorld world({.batch_spans = 4});
  world.end_spans(9);
  world.run();
  ASSERT_THAT(world.server.requests, SizeIs(2));
  EXPECT_EQ(spans_in(world.server.requests[1].body), 4u);
  EXPECT_EQ(world.stats().waiting, 1u);
}

TEST(OtlpExporter, KeepsItsContextRunningOnlyWhileSomethingWaits) {
  ExporterWorld world;
  world.end_spans(1);
  world.run();
  EXPECT_FALSE(world.context.stopped());
  world.advance(10s);
  EXPECT_TRUE(world.context.stopped());
}

TEST(OtlpExporter, RepeatsARequestAfterTheStatusesThatAllowItAndAfterNoOther) {
  for (const int status : {429, 502, 503, 504}) {
    ExporterWorld world;
    world.server.answers = {with_status(status), taken()};
    world.end_spans(1);
    world.advance(5s);
    EXPECT_THAT(world.server.requests, SizeIs(1));
    world.advance(2s);
    EXPECT_THAT(world.server.requests, SizeIs(2)) << status;
    EXPECT_EQ(world.stats().accepted, 1u);
    EXPECT_EQ(world.stats().retries, 1u);
    EXPECT_EQ(world.server.requests[0].body, world.server.requests[1].body);
  }
  for (const int status : {301, 400, 401, 404, 408, 413, 500, 501}) {
    ExporterWorld world;
    world.server.answers = {with_status(status), taken()};
    world.end_spans(1);
    world.advance(5s);
    world.advance(600s);
    EXPECT_THAT(world.server.requests, SizeIs(1)) << status;
    EXPECT_EQ(world.stats().lost, 1u);
    EXPECT_THAT(world.stats().last_error, HasSubstr(std::to_string(status)));
  }
}

TEST(OtlpExporter, RepeatsARequestThatDidNotGetThrough) {
  FakeAnswer hanging;
  hanging.never_answers = true;
  for (const FakeAnswer& first : {unreachable(), hanging}) {
    ExporterWorld world;
    world.server.answers = {first, taken()};
    world.end_spans(1);
    world.advance(5s);
    world.advance(10s);
    world.advance(2s);
    EXPECT_THAT(world.server.requests, SizeIs(2));
    EXPECT_EQ(world.stats().accepted, 1u);
  }
}

TEST(OtlpExporter, TakesTheStatusForTheAnswerWhenItsBodyBreaksOffOrIsGarbage) {
  FakeAnswer broken = taken();
  broken.end = FakeAnswer::End::broken;
  FakeAnswer garbage;
  garbage.pieces = {"\xff<html>"};
  for (const FakeAnswer& answer : {broken, garbage}) {
    ExporterWorld world;
    world.server.answers = {answer};
    world.end_spans(1);
    world.advance(5s);
    EXPECT_EQ(world.stats().accepted, 1u);
    EXPECT_EQ(world.stats().retries, 0u);
  }
}

TEST(OtlpExporter, WaitsAsLongAsTheCollectorAsks) {
  ExporterWorld world;
  FakeAnswer busy = with_status(429);
  busy.headers = {{"Retry-After", "100"}};
  world.server.answers = {busy, taken()};
  world.end_spans(1);
  world.advance(5s);
  world.advance(99s);
  EXPECT_THAT(world.server.requests, SizeIs(1));
  world.advance(1s);
  EXPECT_THAT(world.server.requests, SizeIs(2));
}

TEST(OtlpExporter, GivesARequestUpWhenItsTimeIsOver) {
  ExporterWorld world({.max_retry_time = 60s});
  world.server.answers = {unreachable()};
  world.end_spans(2);
  world.advance(5s);
  for (int i = 0; i < 70; ++i) world.advance(1s);
  EXPECT_EQ(world.stats().lost, 2u);
  EXPECT_EQ(world.stats().waiting, 0u);
  EXPECT_GE(world.stats().retries, 3u);
  EXPECT_TRUE(world.context.stopped());
}

TEST(OtlpExporter, CountsWhatTheCollectorRejectsAndDoesNotRepeatIt) {
  ExporterWorld world;
  FakeAnswer partial;
  partial.pieces = {R"({"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}})"};
  world.server.answers = {partial};
  world.end_spans(5);
  world.advance(5s);
  world.advance(100s);
  EXPECT_THAT(world.server.requests, SizeIs(1));
  EXPECT_EQ(world.stats().rejected, 2u);
  EXPECT_EQ(world.stats().accepted, 3u);
  EXPECT_THAT(world.stats().last_error, HasSubstr("too old"));
}

TEST(OtlpExporter, LosesAndCountsWhatItsQueueDoesNotTake) {
  ExporterWorld world({.max_queue_spans = 10, .batch_spans = 4});
  world.server.answers = {unreachable()};
  world.end_spans(4);
  world.run();
  world.end_spans(50);
  const OtlpStats stats = world.stats();
  EXPECT_EQ(stats.waiting, 14u);  // the queue, and the four on the way
  EXPECT_EQ(stats.lost, 40u);
  expect_all_accounted_for(stats);
}

TEST(OtlpExporter, SaysAtMostOnceAMinuteThatItLosesSomethingAndNoKey) {
  std::vector<std::string> lines;
  OtlpExporterOptions options;
  options.max_queue_spans = 1;
  options.headers = {{"Authorization", "Bearer very-secret"}};
  options.logger =
      Logger(LogLevel::warning, [&](LogLevel, std::string_view line) { lines.emplace_back(line); });
  ExporterWorld world(options);
  FakeAnswer partial;
  partial.pieces = {R"({"partialSuccess":{"errorMessage":"what is\nvery-secret?"}})"};
  world.server.answers = {partial, with_status(400)};
  for (int i = 0; i < 100; ++i) {
    world.end_spans(3);
    world.advance(6s);
    EXPECT_THAT(world.stats().last_error, Not(HasSubstr("very-secret")));
  }
  EXPECT_THAT(lines, SizeIs(::testing::AllOf(::testing::Ge(8u), ::testing::Le(11u))));
  for (const std::string& line : lines)
    EXPECT_THAT(line, AllOf(HasSubstr("lost"), Not(HasSubstr("very-secret"))));
}

TEST(OtlpExporter, FlushesWithoutWaitingForMore) {
  ExporterWorld world;
  world.end_spans(2);
  world.request_of_a_model();
  const auto flushed = world.flush(10s);
  ASSERT_TRUE(flushed->has_value());
  EXPECT_FALSE(**flushed);
  ASSERT_THAT(world.server.requests, SizeIs(2));
  EXPECT_EQ(world.server.requests[1].url.target, "/v1/metrics");
  EXPECT_EQ(world.stats().accepted, 2u);
  EXPECT_EQ(world.stats().metric_reports, 1u);
}

TEST(OtlpExporter, FlushesNothingAtOnce) {
  ExporterWorld world;
  const auto flushed = world.flush(10s);
  ASSERT_TRUE(flushed->has_value());
  EXPECT_FALSE(**flushed);
}

TEST(OtlpExporter, EndsAFlushAtItsDeadlineAndGoesOn) {
  ExporterWorld world;
  world.server.answers = {with_status(503), with_status(503), with_status(503), taken()};
  world.end_spans(1);
  const auto flushed = world.flush(500ms);
  EXPECT_FALSE(flushed->has_value());
  world.advance(500ms);
  ASSERT_TRUE(flushed->has_value());
  EXPECT_EQ(**flushed, make_error_code(Errc::timed_out));
  for (int i = 0; i < 20; ++i) world.advance(1s);
  EXPECT_EQ(world.stats().accepted, 1u);
}

TEST(OtlpExporter, EndsWhatIsOpenWhenItIsShutDownAndTakesNoMore) {
  ExporterWorld world;
  testing::EventList list;
  list.add(RunStarted{}).add(ModelStarted{});
  for (const StreamEvent& event : list.events()) world.exporter().take(event);
  const auto ended = world.flush(10s, true);
  ASSERT_TRUE(ended->has_value());
  ASSERT_THAT(world.server.requests, SizeIs(1));
  EXPECT_THAT(world.server.requests[0].body, HasSubstr("unfinished"));
  world.end_spans(1);
  EXPECT_EQ(world.stats().spans, 2u);
}

TEST(OtlpExporter, LosesAtItsShutDownWhatIsNotSentInTime) {
  FakeAnswer hanging;
  hanging.never_answers = true;
  for (const FakeAnswer& answer : {hanging, unreachable()}) {
    ExporterWorld world({.batch_spans = 2});
    world.server.answers = {answer};
    world.end_spans(5);
    const auto ended = world.flush(300ms, true);
    EXPECT_FALSE(ended->has_value());
    world.advance(300ms);
    ASSERT_TRUE(ended->has_value());
    EXPECT_EQ(**ended, make_error_code(Errc::timed_out));
    EXPECT_EQ(world.stats().lost, 5u);
    EXPECT_EQ(world.stats().waiting, 0u);
    EXPECT_TRUE(world.context.stopped());
    EXPECT_EQ(world.server.open, 0);
  }
}

TEST(OtlpExporter, CountsAReportOfMetricsThatIsNotSentBeforeItsShutDown) {
  for (const auto answered : {true, false}) {
    ExporterWorld world;
    world.server.answers = {answered ? taken() : unreachable()};
    world.request_of_a_model();
    const auto ended = world.flush(300ms, true);
    world.advance(300ms);
    ASSERT_TRUE(ended->has_value());
    EXPECT_EQ(world.stats().metric_reports, answered ? 1u : 0u);
    EXPECT_EQ(world.stats().lost_reports, answered ? 0u : 1u);
  }
  ExporterWorld world;  // spans come first: it is not even begun
  world.server.answers = {unreachable()};
  world.end_spans(1);
  world.request_of_a_model();
  const auto ended = world.flush(300ms, true);
  world.advance(300ms);
  ASSERT_TRUE(ended->has_value());
  EXPECT_EQ(world.stats().lost, 1u);
  EXPECT_EQ(world.stats().lost_reports, 1u);
}

TEST(OtlpExporter, ReportsMetricsInTheirIntervalAndOnlyNewOnes) {
  ExporterWorld world({.metrics_interval = 60s});
  world.request_of_a_model();
  world.advance(59s);
  EXPECT_THAT(world.server.requests, IsEmpty());
  world.advance(1s);
  ASSERT_THAT(world.server.requests, SizeIs(1));
  EXPECT_THAT(world.server.requests[0].body, HasSubstr("gen_ai.client.token.usage"));
  world.advance(600s);
  EXPECT_THAT(world.server.requests, SizeIs(1));
  EXPECT_TRUE(world.context.stopped());
}

TEST(OtlpExporter, SendsSpansInTimeWhileMetricsWait) {
  ExporterWorld world({.batch_delay = 5s, .metrics_interval = 60s});
  world.request_of_a_model();
  world.run();  // it waits for the time of the metrics
  world.end_spans(1);
  world.advance(6s);
  EXPECT_THAT(world.server.requests, SizeIs(1));
}

TEST(OtlpExporter, SendsNoMetricsWhenTheyAreOff) {
  ExporterWorld world({.metrics = OtlpMetrics::off});
  world.request_of_a_model();
  world.advance(600s);
  EXPECT_THAT(world.server.requests, IsEmpty());
}

/// A bus with an exporter on it.
struct ExportingBus {
  explicit ExportingBus(ExporterWorld& exporting)
      : world(exporting),
        bus(world.context.get_executor()),
        subscription(bus.subscribe(
            [core = &world.exporter()](const StreamEvent& event) { core->take(event); })) {}

  /// How long it takes to publish a run, in nanoseconds.
  std::int64_t publish_run() {
    RunContext context;
    context.run_id = "published" + std::to_string(++world.runs);
    const Publisher publisher = bus.publisher(context);
    const auto begin = std::chrono::steady_clock::now();
    publisher.publish(RunStarted{});
    publisher.publish(TokenDelta{.text = "a"});
    publisher.publish(RunCompleted{});
    return (std::chrono::steady_clock::now() - begin).count();
  }

  ExporterWorld& world;
  EventBus bus;
  Subscription subscription;
};

std::int64_t median(std::vector<std::int64_t> times) {
  std::ranges::nth_element(times, times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2));
  return times[times.size() / 2];
}

TEST(OtlpExporter, CostsABusNoMoreWhenTheCollectorIsAwayForAnHour) {
  constexpr int runs = 3600;
  ExporterWorld up;
  ExporterWorld down({.max_queue_spans = 500, .max_retry_time = 60s});
  down.server.answers = {unreachable()};
  ExportingBus normal(up);
  ExportingBus away(down);
  std::vector<std::int64_t> normal_times;
  std::vector<std::int64_t> away_times;
  for (int i = 0; i < runs; ++i) {  // by turns, so that both meet the same machine
    normal_times.push_back(normal.publish_run());
    away_times.push_back(away.publish_run());
    up.advance(3600s / runs);
    down.advance(3600s / runs);
  }
  const auto normal_median = static_cast<double>(median(normal_times));
  const auto away_median = static_cast<double>(median(away_times));
  EXPECT_LT(away_median, 1.5 * normal_median + 2'000) << "instead of " << normal_median << " ns";
  OtlpStats stats = down.stats();
  EXPECT_EQ(stats.spans, std::uint64_t{runs});
  EXPECT_GT(stats.lost, 0u);
  EXPECT_LE(stats.waiting, 1012u);
  expect_all_accounted_for(stats);
  const std::uint64_t waiting = stats.waiting;
  const std::uint64_t lost = stats.lost;
  down.server.answers = {taken()};  // it is back: what waited arrives
  for (int i = 0; i < 10; ++i) down.advance(30s);
  stats = down.stats();
  EXPECT_EQ(stats.accepted, waiting);
  EXPECT_EQ(stats.lost, lost);
  EXPECT_EQ(stats.waiting, 0u);
}

TEST(OtlpExporter, RefusesOptionsThatCannotBeAndNamesThem) {
  const auto refused = [](const OtlpExporterOptions& options) -> std::string {
    asio::io_context context;
    try {
      OtlpExporter exporter(context.get_executor(), options);
    } catch (const std::invalid_argument& failure) {
      return failure.what();
    }
    return "taken";
  };
  EXPECT_EQ(refused({}), "taken");
  EXPECT_THAT(refused({.endpoint = "collector"}), HasSubstr("::endpoint"));
  EXPECT_THAT(refused({.endpoint = "http://user:secret@host"}),
              AllOf(HasSubstr("::endpoint"), Not(HasSubstr("secret"))));
  EXPECT_THAT(refused({.traces_url = "ftp://host"}), HasSubstr("::traces_url"));
  EXPECT_THAT(refused({.batch_spans = 0}), HasSubstr("::batch_spans"));
  EXPECT_THAT(refused({.timeout = 0ms}), HasSubstr("::timeout"));
  EXPECT_EQ(refused({.endpoint = "http://collector:4318"}), "taken");
  EXPECT_THAT(refused({.endpoint = "http://collector:4318", .headers = {{"key", "secret"}}}),
              AllOf(HasSubstr("::headers"), Not(HasSubstr("secret"))));
  EXPECT_EQ(refused({.endpoint = "https://collector", .headers = {{"key", "secret"}}}), "taken");
}

TEST(OtlpExporter, PutsThePathsBehindTheEndpointOrTakesUrlsAsTheyAre) {
  const auto targets = detail::targets_of({.endpoint = "https://host/api/otel/"});
  EXPECT_EQ(targets.traces.target, "/api/otel/v1/traces");
  EXPECT_EQ(targets.metrics->target, "/api/otel/v1/metrics");
  const auto own =
      detail::targets_of({.traces_url = "https://host/t", .metrics = OtlpMetrics::off});
  EXPECT_EQ(own.traces.target, "/t");
  EXPECT_FALSE(own.metrics.has_value());
}

}  // namespace
}  // namespace strandbus::test
