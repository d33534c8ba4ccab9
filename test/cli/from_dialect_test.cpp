#include "cli/program.hpp"
#include "cli/trace.hpp"
#include "strandbus/wire/dialect_decoder.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <string>

// Traces of other systems as they are read by the program.

namespace strandbus::testing {
namespace {

using ::testing::HasSubstr;

class FromDialect : public ::testing::TestWithParam<std::string> {
 protected:
  /// A live run in the words of the dialect.
  std::string trace() {
    const Finished live = run_program({"run", "Calculate 2+2", "--json", "--dialect", GetParam()});
    EXPECT_EQ(live.exit_code, 0) << live.err;
    return directory_.write("trace.jsonl", live.out);
  }

  TemporaryDirectory directory_;
};

TEST_P(FromDialect, IsReplayedAsItIs) {
  const std::string file = trace();
  const Finished again = run_program(
      {"replay", file, "--from-dialect", GetParam(), "--json", "--dialect", GetParam()});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(again.out, read_file(file));
  const Finished shown = run_program({"replay", file, "--from-dialect", GetParam()});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_EQ(shown.out, "The answer is 4\n");
  EXPECT_THAT(shown.err, HasSubstr("calculator"));
}

TEST_P(FromDialect, IsCheckedCountedAndExported) {
  const std::string file = trace();
  const Finished checked = run_program({"check", file, "--from-dialect", GetParam()});
  EXPECT_EQ(checked.exit_code, 0) << checked.out << checked.err;
  const Finished counted = run_program({"stats", file, "--from-dialect", GetParam(), "--json"});
  EXPECT_EQ(counted.exit_code, 0) << counted.err;
  const std::string session = directory_.path("session.jsonl");
  const Finished exported =
      run_program({"export", file, "--from-dialect", GetParam(), "-o", session});
  EXPECT_EQ(exported.exit_code, 0) << exported.err;
  const Finished valid = run_program({"check", session});
  EXPECT_EQ(valid.exit_code, 0) << valid.out << valid.err;
  const Finished chrome =
      run_program({"export", file, "--from-dialect", GetParam(), "--format", "chrome"});
  EXPECT_EQ(chrome.exit_code, 0) << chrome.err;
  EXPECT_THAT(chrome.out, HasSubstr("calculator"));
  const Finished page =
      run_program({"export", file, "--from-dialect", GetParam(), "--format", "html"});
  EXPECT_EQ(page.exit_code, 0) << page.err;
  EXPECT_THAT(page.out, ::testing::StartsWith("<!doctype html>"));
  EXPECT_THAT(page.out, HasSubstr("The answer is 4"));
}

std::vector<std::string> readable() {
  return {decodable_dialect_names().begin(), decodable_dialect_names().end()};
}

INSTANTIATE_TEST_SUITE_P(Names, FromDialect, ::testing::ValuesIn(readable()),
                         [](const auto& dialect) {
                           std::string name = dialect.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(FromDialectFault, NamesFileLineAndMember) {
  const TemporaryDirectory directory;
  const std::string file = directory.write("t.jsonl", "\n{\"type\":7}\n");
  for (const char* command : {"replay", "check", "stats", "export"}) {
    const Finished finished = run_program({command, file, "--from-dialect", "agent-runner"});
    EXPECT_EQ(finished.exit_code, 2) << command;
    EXPECT_THAT(finished.err, HasSubstr("t.jsonl: line 2: /type: expected a text, found a number"))
        << command;
  }
}

TEST(FromDialectFault, EventsAloneAreNoSessionButCanBeRead) {
  const TemporaryDirectory directory;
  const Finished run = run_program({"run", "Calculate 2+2", "--json"});
  const std::string file = directory.write("events.jsonl", run.out);
  const Finished checked = run_program({"check", file});
  EXPECT_EQ(checked.exit_code, 2);
  EXPECT_THAT(checked.err, HasSubstr("; these are events alone: add --from-dialect native\n"));
  EXPECT_EQ(run_program({"check", file, "--from-dialect", "native"}).exit_code, 0);
  const std::string other = directory.write("other.jsonl", "{\"type\":7}\n");
  EXPECT_THAT(run_program({"check", other}).err, ::testing::Not(HasSubstr("--from-dialect")));
}

TEST(FromDialectFault, SaysThatTheLastLineIsCutOff) {
  const TemporaryDirectory directory;
  const std::string file = directory.write(
      "t.jsonl", R"({"RunStarted":{"run_id":"r","timestamp":"2026-11-20T15:04:05Z"}})"
                 "\n{\"TextDel");
  const Finished finished = run_program({"check", file, "--from-dialect", "agent-event"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("t.jsonl:2: the last line is cut off after byte 9"));
}

TEST(FromDialectFault, IsToldWhatCanBeRead) {
  const Finished unknown = run_program({"replay", "x", "--from-dialect", "rollouts"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("rollouts"));
  EXPECT_THAT(unknown.err, HasSubstr("trace-event"));
  const Finished both = run_program({"check", "x", "--from-dialect", "ag-ui", "--store", "s.db"});
  EXPECT_EQ(both.exit_code, 2);
  EXPECT_THAT(both.err, HasSubstr("--from-dialect and --store exclude each other"));
  const Finished missing = run_program({"stats", "/nowhere/x", "--from-dialect", "ag-ui"});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.err, HasSubstr("/nowhere/x: No such file or directory"));
}

}  // namespace
}  // namespace strandbus::testing
