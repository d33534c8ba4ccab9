// What OpenTelemetry itself reads, made of the protocol's published definition, against what we
// write.

#include "bus/session_script.hpp"
#include "otel/otlp_json.hpp"
#include "otel/span_builder.hpp"
#include "strandbus/otel/otlp_lines.hpp"
#include "wire/ag_ui_runs.hpp"
#include "wire/event_list.hpp"

#include <gmock/gmock.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

namespace strandbus::test {
namespace {

using ::testing::HasSubstr;

const std::string modules = STRANDBUS_OTLP_DIR;

struct Said {
  int status = 0;
  std::string text{};
};

/// What the decoder says to these lines.
Said decode(const std::string& lines) {
  if (!std::filesystem::exists(modules + "/node_modules/@opentelemetry/otlp-transformer"))
    return {1, "the decoder is not installed in " + modules + "; run: sh cmake/dev.sh test"};
  const std::string file = ::testing::TempDir() + "otlp_" + std::to_string(::getpid()) + ".jsonl";
  std::ofstream(file) << lines;
  const std::string command = "timeout 120 node " STRANDBUS_SOURCE_DIR
                              "/test/otel/decoder/decode.mjs " +
                              modules + " < " + file + " 2>&1";
  Said said;
  FILE* const pipe = ::popen(command.c_str(), "re");
  std::array<char, 4096> buffer{};
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe))
    said.text.append(buffer.data(), size);
  said.status = ::pclose(pipe);
  std::filesystem::remove(file);
  return said;
}

std::string lines_of(const std::vector<StreamEvent>& events, OtlpTraceOptions options = {}) {
  std::string text;
  OtlpLines lines(std::move(options));
  for (const StreamEvent& event : events) lines.add(text, event);
  lines.finish(text);
  return text;
}

TEST(OtlpDecoder, ReadsTheGoldenRun) {
  const Said said = decode(lines_of(testing::golden_run().events()));
  EXPECT_EQ(said.status, 0) << said.text;
  EXPECT_EQ(said.text, "4 spans, 4 points\n");
}

TEST(OtlpDecoder, ReadsMadeUpSessionsWithWhatWasSaid) {
  std::string lines;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    auto events = SessionScript(seed).session();
    Timestamp now(std::chrono::seconds(1'800'000'000));
    for (std::size_t i = 0; i < events.size(); ++i)
      events[i].set_stamp(i + 1, {}, now += std::chrono::milliseconds(1));
    lines += lines_of(events, {.resource = {{"a", "\xff\"\n"}}, .content = OtlpContent::on});
  }
  const Said said = decode(lines);
  EXPECT_EQ(said.status, 0) << said.text;
}

TEST(OtlpDecoder, ReadsAWorkflowWithRunsInItsSteps) {
  const Said said = decode(lines_of(testing::workflow_of_several_runs().events()));
  EXPECT_EQ(said.status, 0) << said.text;
  // Two workflows, four steps, four runs and two requests.
  EXPECT_EQ(said.text, "12 spans, 3 points\n");
}

TEST(OtlpDecoder, ReadsASpanThatHasEverything) {
  detail::Span span;
  span.trace = {1, 2};
  span.id = 3;
  span.parent = 0xffffffffffffffff;
  span.linked_span = 5;
  span.name = "\xff\x01\"";
  span.kind = detail::SpanKind::client;
  span.start = span.end = Timestamp(std::chrono::nanoseconds(std::int64_t{1} << 62));
  span.attributes = {{"text", std::string("t")},
                     {"number", std::int64_t{-9'007'199'254'740'993}},
                     {"fraction", 0.1},
                     {"flag", false},
                     {"texts", std::vector<std::string>{"a", ""}}};
  span.moments = {{span.end, "moment", {{"key", true}}}};
  span.dropped_moments = 7;
  span.status = detail::SpanStatus::error;
  span.status_message = "no";
  std::string spans;
  append_otlp(spans, span);
  std::string line;
  detail::append_trace_request(line, detail::otlp_resource({}), spans);
  const Said said = decode(line + "\n");
  EXPECT_EQ(said.text, "1 spans, 0 points\n");
}

TEST(OtlpDecoder, RefusesWhatIsNotOfTheProtocol) {
  const std::string good = lines_of(testing::golden_run().events());
  const auto spoilt = [&](const std::string& what, const std::string& by) {
    std::string text = good;
    text.replace(text.find(what), what.size(), by);
    return decode(text).text;
  };
  EXPECT_THAT(spoilt(R"("kind":3)", R"("sort":3)"), HasSubstr("is read as"));
  EXPECT_THAT(spoilt(R"("kind":3)", R"("kind":"CLIENT")"), HasSubstr("is read as"));
  EXPECT_THAT(spoilt(R"("intValue":"70")", R"("intValue":70)"), HasSubstr("is read as"));
  EXPECT_THAT(spoilt(R"("spanId":")", R"("spanId":"x)"), HasSubstr("is no identifier"));
}

}  // namespace
}  // namespace strandbus::test
