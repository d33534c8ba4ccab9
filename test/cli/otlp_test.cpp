// `strandbus run --otlp`, `export --format otlp`, and the variables of OpenTelemetry.

#include "cli/program.hpp"
#include "cli/service.hpp"
#include "otel/unzipped.hpp"
#include "strandbus/event/json_codec.hpp"
#include "support/scripted_server.hpp"
#include "support/temporary_directory.hpp"
#include "wire/event_list.hpp"

#include <boost/json/parse.hpp>

#include <gmock/gmock.h>

#include <sstream>
#include <string>
#include <vector>

namespace strandbus::testing {
namespace {

namespace json = boost::json;

using test::ReceivedRequest;
using test::Reply;
using test::ScriptedServer;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const std::vector<std::string> spans_of_the_sum{"chat gpt-4o", "execute_tool calculator",
                                                "chat gpt-4o", "invoke_agent agent"};

Reply take(const ReceivedRequest&) { return {{test::http_answer(200, "{}")}}; }

std::vector<std::string> span_names(const json::value& request) {
  std::vector<std::string> names;
  const auto& scope = request.at("resourceSpans").at(0).at("scopeSpans").at(0);
  for (const json::value& span : scope.at("spans").as_array())
    names.emplace_back(span.at("name").as_string());
  return names;
}

/// The value of an attribute of the resource.
std::string resource(const json::value& request, std::string_view key) {
  const auto& attributes = request.at("resourceSpans").at(0).at("resource").at("attributes");
  for (const json::value& one : attributes.as_array()) {
    if (one.at("key").as_string() == key)
      return std::string(one.at("value").at("stringValue").as_string());
  }
  return {};
}

Program::Options with(std::vector<std::string> environment) {
  Program::Options options;
  options.environment = std::move(environment);
  return options;
}

TEST(Otlp, GetsTheSpansAndMetricsOfARun) {
  ScriptedServer collector(take);
  const Finished run = run_program({"run", "Calculate 2+2", "--otlp", collector.url("")});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, Not(HasSubstr("OpenTelemetry")));
  const auto requests = collector.requests();
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_EQ(requests[0].line(), "POST /v1/traces HTTP/1.1");
  EXPECT_EQ(requests[1].line(), "POST /v1/metrics HTTP/1.1");
  const json::value traces = json::parse(test::unzipped(requests[0].body));
  EXPECT_THAT(span_names(traces), ::testing::ElementsAreArray(spans_of_the_sum));
  EXPECT_THAT(test::unzipped(requests[0].body), Not(HasSubstr("2+2")));
}

TEST(Otlp, IsSetUpByItsVariables) {
  ScriptedServer collector(take);
  const Finished run = run_program(
      {"run", "Calculate 2+2", "--otlp-content"},
      with({"OTEL_EXPORTER_OTLP_ENDPOINT=" + collector.url("/base/"),
            "OTEL_EXPORTER_OTLP_HEADERS=Authorization=Basic%20very-secret-1, x-team = tea",
            "OTEL_EXPORTER_OTLP_COMPRESSION=none", "OTEL_SERVICE_NAME=sums",
            "OTEL_RESOURCE_ATTRIBUTES=service.name=other,place=far%20away"}));
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.err, Not(HasSubstr("very-secret")));
  const auto requests = collector.requests();
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_EQ(requests[0].line(), "POST /base/v1/traces HTTP/1.1");
  EXPECT_EQ(requests[0].header("Authorization"), "Basic very-secret-1");
  EXPECT_EQ(requests[0].header("x-team"), "tea");
  const json::value traces = json::parse(requests[0].body);
  EXPECT_EQ(resource(traces, "service.name"), "sums");
  EXPECT_EQ(resource(traces, "place"), "far away");
  EXPECT_THAT(requests[0].body, HasSubstr("2+2"));
}

TEST(Otlp, SaysWhichVariablesItIgnoresAndWhatItLoses) {
  ScriptedServer collector(
      [](const ReceivedRequest&) -> Reply { return {{test::http_answer(400, "")}}; });
  const Finished run =
      run_program({"run", "Calculate 2+2", "--otlp", collector.url("")},
                  with({"OTEL_EXPORTER_OTLP_TIMEOUT=soon", "OTEL_EXPORTER_OTLP_COMPRESSION=zstd",
                        "OTEL_EXPORTER_OTLP_HEADERS=very-secret-1", "OTEL_SDK_DISABLED=perhaps",
                        "OTEL_RESOURCE_ATTRIBUTES=a=%zz", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc"}));
  EXPECT_EQ(run.exit_code, 0);
  for (const char* const name : {"TIMEOUT", "COMPRESSION", "HEADERS", "PROTOCOL"})
    EXPECT_THAT(run.err, HasSubstr("OTEL_EXPORTER_OTLP_" + std::string(name) + " is ignored: "));
  EXPECT_THAT(run.err, AllOf(HasSubstr("OTEL_SDK_DISABLED is ignored: "),
                             HasSubstr("OTEL_RESOURCE_ATTRIBUTES is ignored: "),
                             HasSubstr("4 of 4 spans and 1 report of metrics did not get there"),
                             Not(HasSubstr("very-secret"))));
}

TEST(Otlp, IsRefusedAUrlThatCannotBe) {
  const Finished argument = run_program({"run", "Calculate 2+2", "--otlp", "collector"});
  EXPECT_EQ(argument.exit_code, 2);
  EXPECT_THAT(argument.err, HasSubstr("--otlp is no URL"));
  const Finished variable =
      run_program({"run", "Calculate 2+2"}, with({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=x"}));
  EXPECT_EQ(variable.exit_code, 2);
  EXPECT_THAT(variable.err, HasSubstr("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is no URL"));
  const Finished plain = run_program({"run", "Calculate 2+2", "--otlp", "http://collector.test"},
                                     with({"OTEL_EXPORTER_OTLP_HEADERS=key=very-secret-1"}));
  EXPECT_EQ(plain.exit_code, 2);
  EXPECT_THAT(plain.err, AllOf(HasSubstr("OTEL_EXPORTER_OTLP_HEADERS would go to"),
                               Not(HasSubstr("very-secret"))));
}

TEST(Otlp, GetsNothingWhenItIsDisabledOrNotAskedFor) {
  ScriptedServer collector(take);
  const Finished disabled = run_program({"run", "Calculate 2+2", "--otlp", collector.url("")},
                                        with({"OTEL_SDK_DISABLED=TRUE"}));
  EXPECT_EQ(disabled.exit_code, 0);
  EXPECT_THAT(disabled.err, HasSubstr("OTEL_SDK_DISABLED is true"));
  run_program({"run", "Calculate 2+2"});
  EXPECT_THAT(collector.requests(), IsEmpty());
}

TEST(Otlp, GetsTheSpansOfAServiceBeforeItEnds) {
  ScriptedServer collector(take);
  const TemporaryDirectory directory;
  Service service(directory, "127.0.0.1:0", {"--otlp", collector.url("")});
  service.begin("Calculate 2+2");
  const Finished ended = service.end();
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  const auto requests = collector.requests();
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_THAT(span_names(json::parse(test::unzipped(requests[0].body))),
              ::testing::ElementsAreArray(spans_of_the_sum));
}

TEST(Otlp, LosesNothingOfAServiceWithoutSayingSo) {
  ScriptedServer collector(
      [](const ReceivedRequest&) -> Reply { return {{test::http_answer(400, "")}}; });
  const TemporaryDirectory directory;
  Service service(directory, "127.0.0.1:0", {"--otlp", collector.url("")});
  service.begin("Calculate 2+2");
  EXPECT_THAT(service.end().err,
              HasSubstr("4 of 4 spans and 1 report of metrics did not get there"));
}

TEST(Otlp, IsAskedForWhenItsContentIs) {
  const Finished run = run_program({"run", "Calculate 2+2", "--otlp-content"});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("--otlp-content needs --otlp URL"));
}

TEST(Otlp, GetsTheSpansOfAgentsThatPublishIntoAService) {
  ScriptedServer collector(take);
  const TemporaryDirectory directory;
  Service service(directory, "127.0.0.1:0", {"--otlp", collector.url("")});
  const std::string id = service.begin("");
  std::string lines;
  const std::vector<StreamEvent> events = golden_run().events();
  for (const StreamEvent& event : events) lines += to_json(event) + '\n';
  const std::string answer =
      service.request("POST", "/v1/sessions/" + id + "/events", lines, "application/x-ndjson");
  EXPECT_THAT(answer, HasSubstr("200 OK"));
  const Finished ended = service.end();
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  const auto requests = collector.requests();
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_THAT(span_names(json::parse(test::unzipped(requests[0].body))),
              ::testing::ElementsAreArray(spans_of_the_sum));
}

TEST(Otlp, NamesItsSpansInRequestsToModelsAndOnlyThen) {
  ScriptedServer collector(take);
  ScriptedServer model([](const ReceivedRequest&) {
    const char* const answer =
        R"({"choices":[{"message":{"content":"4"},"finish_reason":"stop"}]})";
    return Reply{{test::http_answer(200, answer)}};
  });
  const auto ask = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments{"run",     "2+2", "--base-url", model.url("/v1"),
                                       "--model", "m"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Finished run = run_program(arguments);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return model.requests().back().header("traceparent");
  };
  EXPECT_EQ(ask({}), "");
  const std::string header = ask({"--otlp", collector.url("")});
  const json::value traces = json::parse(test::unzipped(collector.requests().at(0).body));
  const json::value& span =
      traces.at("resourceSpans").at(0).at("scopeSpans").at(0).at("spans").at(0);
  EXPECT_EQ(span.at("name"), "chat m");
  EXPECT_EQ(header, "00-" + std::string(span.at("traceId").as_string()) + '-' +
                        std::string(span.at("spanId").as_string()) + "-01");
}

TEST(Otlp, IsWrittenOfARecordedSession) {
  const TemporaryDirectory directory;
  const std::string file = directory.path("s.jsonl");
  run_program({"run", "Calculate 2+2", "--session", file});
  const Finished exported =
      run_program({"export", file, "--format", "otlp"}, with({"OTEL_SERVICE_NAME=sums"}));
  EXPECT_EQ(exported.exit_code, 0) << exported.err;
  std::istringstream lines(exported.out);
  std::string traces;
  std::string metrics;
  std::getline(lines, traces);
  std::getline(lines, metrics);
  EXPECT_THAT(span_names(json::parse(traces)), ::testing::ElementsAreArray(spans_of_the_sum));
  EXPECT_EQ(resource(json::parse(traces), "service.name"), "sums");
  EXPECT_TRUE(json::parse(metrics).as_object().contains("resourceMetrics"));
}

}  // namespace
}  // namespace strandbus::testing
