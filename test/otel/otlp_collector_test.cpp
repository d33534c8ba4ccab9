// The exporter against a collector behind a real socket that fails in every way a collector can.

#include "otel/unzipped.hpp"
#include "strandbus/otel/otlp_exporter.hpp"
#include "support/scripted_server.hpp"
#include "wire/event_list.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>

#include <gmock/gmock.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace strandbus::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

Reply taken() { return {{http_answer(200, "{}", {"Content-Type: application/json"})}}; }
Reply with_status(int status, const std::vector<std::string>& headers = {}) {
  return {{http_answer(status, "no", headers)}};
}

/// Gives these answers first, then takes everything.
class Collector {
 public:
  explicit Collector(std::vector<Reply> first)
      : server_([this, first = std::move(first)](const ReceivedRequest& request) {
          if (request.line() != "POST /v1/traces HTTP/1.1") return with_status(404);
          const std::size_t number = requests_++;
          if (number < first.size()) return first[number];
          take(request);
          return taken();
        }) {}

  std::uint16_t port() const { return server_.port(); }
  std::size_t requests() const { return requests_; }
  /// How often each span was taken.
  const std::map<std::string, int>& spans() const { return spans_; }

 private:
  void take(const ReceivedRequest& request) {
    EXPECT_EQ(request.header("Content-Type"), "application/json");
    EXPECT_EQ(request.header("api-key"), "very-secret");
    const std::string body =
        request.header("Content-Encoding") == "gzip" ? unzipped(request.body) : request.body;
    const json::value said = json::parse(body);
    for (const json::value& span :
         said.at("resourceSpans").at(0).at("scopeSpans").at(0).at("spans").as_array())
      ++spans_[std::string(span.at("spanId").as_string())];
  }

  std::size_t requests_ = 0;
  std::map<std::string, int> spans_;
  ScriptedServer server_;  // the last: its threads use the others
};

OtlpExporterOptions options_for(std::uint16_t port) {
  OtlpExporterOptions options;
  options.endpoint = "http://127.0.0.1:" + std::to_string(port);
  options.metrics = OtlpMetrics::off;
  options.headers = {{"api-key", "very-secret"}};
  options.batch_spans = 4;
  options.first_retry_delay = 1ms;
  options.max_retry_delay = 2ms;
  options.timeout = 20s;
  return options;
}

/// Sends twelve spans in three batches and waits until that is done.
OtlpStats export_to(const OtlpExporterOptions& options) {
  asio::io_context context;
  OtlpExporter exporter(context.get_executor(), options);
  testing::EventList list;
  for (int i = 0; i < 12; ++i) {
    RunContext run;
    run.run_id = "r" + std::to_string(i);
    list.in(run).add(RunStarted{}).add(RunCompleted{});
  }
  for (const StreamEvent& event : list.events()) exporter.on_event(event);
  asio::co_spawn(context, exporter.shutdown(std::chrono::steady_clock::now() + 60s),
                 [](const std::exception_ptr& failure, error_code ec) {
                   EXPECT_FALSE(failure);
                   EXPECT_FALSE(ec);
                 });
  context.run();
  const OtlpStats stats = exporter.stats();
  EXPECT_EQ(stats.spans, 12u);
  EXPECT_EQ(stats.waiting, 0u);
  EXPECT_EQ(stats.spans, stats.accepted + stats.rejected + stats.lost);
  EXPECT_THAT(stats.last_error, ::testing::Not(HasSubstr("very-secret")));
  return stats;
}

void expect_everything_once(const Collector& collector) {
  EXPECT_EQ(collector.spans().size(), 12u);
  for (const auto& [span, times] : collector.spans()) EXPECT_EQ(times, 1) << span;
}

TEST(OtlpCollector, GetsEverythingOnce) {
  for (const auto compression : {OtlpCompression::gzip, OtlpCompression::none}) {
    Collector collector({});
    OtlpExporterOptions options = options_for(collector.port());
    options.compression = compression;
    EXPECT_EQ(export_to(options).accepted, 12u);
    expect_everything_once(collector);
    EXPECT_EQ(collector.requests(), 3u);
  }
}

TEST(OtlpCollector, GetsEverythingOnceAlthoughItWasNotReadyAtFirst) {
  Collector collector(
      {with_status(429, {"Retry-After: 0"}), with_status(502), with_status(503), with_status(504)});
  const OtlpStats stats = export_to(options_for(collector.port()));
  EXPECT_EQ(stats.accepted, 12u);
  EXPECT_EQ(stats.retries, 4u);
  expect_everything_once(collector);
}

TEST(OtlpCollector, GetsEverythingOnceAlthoughConnectionsBreak) {
  using Then = Reply::Then;
  Collector collector({{{}, Then::close},
                       {{}, Then::reset},
                       {{"HTTP/1.1 200 OK\r\nContent-"}, Then::cut},
                       {{"HTTP/1.1 20"}, Then::reset}});
  const OtlpStats stats = export_to(options_for(collector.port()));
  EXPECT_EQ(stats.accepted, 12u);
  EXPECT_EQ(stats.lost, 0u);
  expect_everything_once(collector);
}

TEST(OtlpCollector, IsAskedAgainWhenItHangs) {
  Collector collector({{{}, Reply::Then::wait}});
  OtlpExporterOptions options = options_for(collector.port());
  options.timeout = 300ms;
  const OtlpStats stats = export_to(options);
  EXPECT_EQ(stats.accepted, 12u);
  EXPECT_GE(stats.retries, 1u);
  expect_everything_once(collector);
}

TEST(OtlpCollector, IsNotAskedAgainWhenItHasAnsweredButNotToTheEnd) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{";
  Collector collector({{{head}, Reply::Then::cut}});
  const OtlpStats stats = export_to(options_for(collector.port()));
  EXPECT_EQ(stats.accepted, 12u);
  EXPECT_EQ(stats.retries, 0u);
}

TEST(OtlpCollector, CostsThoseSpansThatItRefusesAndNoOthers) {
  for (const Reply& refusal : {with_status(500), with_status(400), with_status(413),
                               with_status(307, {"Location: http://127.0.0.1/"}),
                               Reply{{"this is no HTTP\r\n\r\n"}, Reply::Then::close}}) {
    Collector collector({refusal});
    const OtlpStats stats = export_to(options_for(collector.port()));
    EXPECT_EQ(stats.lost, 4u);
    EXPECT_EQ(stats.accepted, 8u);
    EXPECT_EQ(stats.retries, 0u);
    EXPECT_EQ(collector.spans().size(), 8u);
  }
}

TEST(OtlpCollector, SaysWhatItRejectsOfARequest) {
  Collector collector(
      {{{http_answer(200,
                     R"({"partialSuccess":{"rejectedSpans":"3","errorMessage":"very-secret"}})")}},
       {{http_answer(200, "\xff\xfe garbage")}}});
  const OtlpStats stats = export_to(options_for(collector.port()));
  EXPECT_EQ(stats.rejected, 3u);
  EXPECT_EQ(stats.accepted, 9u);
  EXPECT_EQ(stats.retries, 0u);
}

TEST(OtlpCollector, ThatIsNotThereCostsTheSpansAfterTheTimeOfTheirRequests) {
  std::uint16_t port = 0;
  {
    Collector collector({});
    port = collector.port();
  }
  OtlpExporterOptions options = options_for(port);
  options.max_retry_time = 20ms;
  const OtlpStats stats = export_to(options);
  EXPECT_EQ(stats.lost, 12u);
  EXPECT_GT(stats.retries, 0u);
  EXPECT_THAT(stats.last_error, HasSubstr("127.0.0.1"));
}

}  // namespace
}  // namespace strandbus::test
