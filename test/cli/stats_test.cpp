#include "cli/program.hpp"
#include "cli/trace.hpp"
#include "support/temporary_directory.hpp"

#include <boost/json/object.hpp>

#include <gmock/gmock.h>

#include <fcntl.h>
#include <string>

namespace strandbus::testing {
namespace {

using ::testing::HasSubstr;

std::int64_t number(const json::value& object, const char* pointer) {
  return object.at_pointer(pointer).to_number<std::int64_t>();
}

TEST(Stats, SumTurnsToolsTokensCostAndTimeOverFiles) {
  const TemporaryDirectory directory;
  std::int64_t tool_ms = 0;
  std::int64_t run_ms = 0;
  for (const char* name : {"a.jsonl", "b.jsonl"}) {
    const Finished run =
        run_program({"run", "Calculate 2+2", "--json", "--session", directory.path(name)});
    for (const StreamEvent& event : events_of(run.out)) {
      if (const auto* tool = event.get_if<ToolCallCompleted>()) tool_ms += tool->duration_ms;
      if (const auto* end = event.get_if<RunCompleted>()) run_ms += end->duration_ms;
    }
  }
  run_program({"run", "go", "--session", directory.path("c.jsonl"), "--script",
               source_file("examples/scripts/failing.json")});

  const Finished stats = run_program({"stats", directory.path("a.jsonl"), directory.path("b.jsonl"),
                                      directory.path("c.jsonl"), "--json"});
  EXPECT_EQ(stats.exit_code, 0);
  ASSERT_EQ(lines_of(stats.out).size(), 1U);
  const json::value totals = json_lines(stats.out).front();
  EXPECT_EQ(number(totals, "/sessions"), 3);
  EXPECT_EQ(number(totals, "/runs/completed"), 2);
  EXPECT_EQ(number(totals, "/runs/failed"), 1);
  EXPECT_EQ(number(totals, "/turns"), 5);
  EXPECT_EQ(number(totals, "/requests"), 5);
  EXPECT_EQ(number(totals, "/usage/total"), 2 * 175 + 63);
  EXPECT_EQ(number(totals, "/tools/calculator/calls"), 2);
  EXPECT_EQ(number(totals, "/tools/calculator/failed"), 0);
  EXPECT_EQ(number(totals, "/tools/calculator/duration_ms"), tool_ms);
  EXPECT_EQ(number(totals, "/models/gpt-4o/requests"), 5);
  EXPECT_EQ(number(totals, "/models/gpt-4o/failed"), 1);
  EXPECT_GE(number(totals, "/duration_ms"), run_ms);
  EXPECT_THAT(stats.out,
              HasSubstr("\"cost\":0.000826,"));  // 2 × 175 and 63 tokens at 2 $ per million
}

TEST(Stats, PrintAnAlignedTable) {
  const TemporaryDirectory directory;
  const std::string session = directory.path("s.jsonl");
  run_program({"run", "Calculate 2+2", "--session", session});
  const Finished stats = run_program({"stats", session});
  EXPECT_EQ(stats.exit_code, 0);
  EXPECT_EQ(stats.err, "");
  EXPECT_THAT(stats.out, HasSubstr("sessions    1\n"));
  EXPECT_THAT(stats.out, HasSubstr("runs        1 completed\n"));
  EXPECT_THAT(stats.out, HasSubstr("turns       2\n"));
  EXPECT_THAT(stats.out, HasSubstr("tokens      150 in, 25 out, 175 total\n"));
  EXPECT_THAT(stats.out, HasSubstr("cost        $0.00035\n"));
  EXPECT_THAT(stats.out, ::testing::ContainsRegex("\ntool +calls +failed +cancelled +denied +time\n"
                                                  "calculator +1 +0 +0 +0 +[0-9]+ ms\n"));
  EXPECT_THAT(stats.out,
              ::testing::ContainsRegex("\nmodel +requests +failed +tokens in +tokens out +time\n"
                                       "gpt-4o +2 +0 +150 +25 +[0-9]+ ms\n"));
}

TEST(Stats, PrintMetricsForPrometheus) {
  const TemporaryDirectory directory;
  const std::string session = directory.path("s.jsonl");
  run_program({"run", "Calculate 2+2", "--session", session});
  const Finished stats = run_program({"stats", session, session, "--format", "prometheus"});
  EXPECT_EQ(stats.exit_code, 0);
  EXPECT_EQ(stats.err, "");
  EXPECT_THAT(stats.out, HasSubstr("# TYPE strandbus_runs_ended_total counter\n"));
  EXPECT_THAT(stats.out, HasSubstr("strandbus_llm_tokens_total{agent=\"agent\",model=\"gpt-4o\"} "
                                   "350\n"));
}

TEST(Stats, SayTheSameWithEitherOptionForJson) {
  const TemporaryDirectory directory;
  const std::string session = directory.path("s.jsonl");
  run_program({"run", "Calculate 2+2", "--session", session});
  EXPECT_EQ(run_program({"stats", session, "--format", "json"}).out,
            run_program({"stats", session, "--json"}).out);
}

TEST(Stats, CountATornFileAsFarAsItGoesAndSaySo) {
  const TemporaryDirectory directory;
  const std::string session = directory.path("s.jsonl");
  run_program({"run", "Calculate 2+2", "--session", session});
  const std::string text = read_file(session);
  directory.write("s.jsonl", text.substr(0, text.size() - 10));
  const Finished stats = run_program({"stats", session});
  EXPECT_EQ(stats.exit_code, 0);
  EXPECT_THAT(stats.out, HasSubstr("runs        1 unfinished\n"));
  EXPECT_THAT(stats.out, HasSubstr("175 total"));
  EXPECT_THAT(stats.err, HasSubstr("the last line is cut off"));
}

TEST(Stats, ShowNoControlCharactersOfAFile) {
  const TemporaryDirectory directory;
  const std::string session = directory.path("s.jsonl");
  run_program({"run", "Calculate 2+2", "--session", session});
  std::string text = read_file(session);
  for (std::size_t at = text.find("\"calculator\""); at != std::string::npos;
       at = text.find("\"calculator\"", at)) {
    text.replace(at, 12, R"("\u001b[2J")");
  }
  directory.write("s.jsonl", text);
  EXPECT_THAT(run_program({"stats", session}).out, HasSubstr("\n␛[2J "));
  EXPECT_THAT(run_program({"stats", session, "--format", "prometheus"}).out,
              HasSubstr("tool=\"␛[2J\""));
}

TEST(Stats, SayThatTheyCannotBeWritten) {
  const TemporaryDirectory directory;
  const std::string session = directory.path("s.jsonl");
  run_program({"run", "Calculate 2+2", "--session", session});
  const detail::FileDescriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  Program::Options options;
  options.out = full.get();
  EXPECT_EQ(run_program({"stats", session}, options).exit_code, 1);
  EXPECT_THAT(run_program({"stats", "--help"}).out, HasSubstr("1 it cannot be written"));
}

}  // namespace
}  // namespace strandbus::testing
