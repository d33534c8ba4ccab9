// `strandbus run --script session.jsonl`: a recorded session answers for the model and the tools.
#include "cli/program.hpp"
#include "cli/trace.hpp"
#include "strandbus/event/json_codec.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <string>

namespace strandbus::testing {
namespace {

using ::testing::HasSubstr;

class RecordedScript : public ::testing::Test {
 protected:
  /// Records a run of an example.
  Finished record(const std::string& script, const std::string& prompt = "go") {
    return run_program({"run", prompt, "--json", "--session", path_, "--approve", "auto",
                        "--workspace", directory_.path("w"), "--script",
                        source_file("examples/scripts/" + script + ".json")});
  }

  Finished replay(Program::Arguments more = {}) {
    Program::Arguments arguments{"run", "--script", path_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(arguments);
  }

  RecordedScript() { std::filesystem::create_directory(directory_.path("w")); }

  TemporaryDirectory directory_;
  std::string path_ = directory_.path("s.jsonl");
};

TEST_F(RecordedScript, MakesTheSameEventsWithoutAPrompt) {
  const Finished recorded = record("calculator", "Calculate 2+2");
  const Finished replayed = replay({"--json"});
  EXPECT_EQ(replayed.exit_code, 0) << replayed.err;
  EXPECT_EQ(types_of(events_of(replayed.out)), types_of(events_of(recorded.out)));
  EXPECT_THAT(replayed.err, HasSubstr("model gpt-4o (recording " + path_ + ")"));
}

TEST_F(RecordedScript, TouchesNoFileAndRunsNoCommand) {
  const Finished recorded = record("files");
  EXPECT_EQ(recorded.exit_code, 0) << recorded.err;
  std::filesystem::remove_all(directory_.path("w"));  // nothing there could be read or run
  const Finished replayed = replay({"--json"});
  EXPECT_EQ(replayed.exit_code, 0) << replayed.err;
  EXPECT_EQ(types_of(events_of(replayed.out)), types_of(events_of(recorded.out)));
  EXPECT_FALSE(std::filesystem::exists(directory_.path("w")));
}

TEST_F(RecordedScript, FailsAndTellsWhatDiffersForAnotherPrompt) {
  record("calculator", "Calculate 2+2");
  const Finished replayed = replay({"Calculate 3+2"});
  EXPECT_EQ(replayed.exit_code, 1);
  EXPECT_THAT(replayed.err, HasSubstr("message 1 (user): the recording says \"Calculate 2+2\", now "
                                      "it is \"Calculate 3+2\""));
}

TEST_F(RecordedScript, FailsForAnotherSystemPrompt) {
  record("calculator", "Calculate 2+2");
  const Finished replayed = replay({"--system", "Be brief."});
  EXPECT_EQ(replayed.exit_code, 1);
  EXPECT_THAT(replayed.err, HasSubstr("the recording does not show: the system prompt"));
}

TEST_F(RecordedScript, FailsAsTheRecordedRunFailed) {
  EXPECT_EQ(record("failing").exit_code, 1);
  const Finished replayed = replay();
  EXPECT_EQ(replayed.exit_code, 1);
  EXPECT_EQ(replayed.err.find("recorded one"), std::string::npos) << replayed.err;
}

TEST_F(RecordedScript, GoesThroughAllRunsOfASession) {
  record("calculator", "Calculate 2+2");
  run_program({"run", "Calculate 2+2", "--continue", path_});
  const Finished replayed = replay({"--session", directory_.path("again.jsonl")});
  EXPECT_EQ(replayed.exit_code, 0) << replayed.err;
  EXPECT_EQ(replayed.out, "The answer is 4\nThe answer is 4\n");
  EXPECT_THAT(run_program({"check", directory_.path("again.jsonl")}).out, HasSubstr("in 2 runs"));
}

TEST_F(RecordedScript, EndsCancelledWhereTheRecordingWasCutOff) {
  record("calculator", "Calculate 2+2");
  auto lines = lines_of(read_file(path_));
  std::string text;
  for (const std::string& line : lines) {
    text += line + '\n';
    if (line.find("tool_call_started") != std::string::npos) break;
  }
  directory_.write("s.jsonl", text);
  const Finished replayed = replay();
  EXPECT_EQ(replayed.exit_code, 3);
  EXPECT_THAT(replayed.err, HasSubstr("the recording ends here"));
}

TEST_F(RecordedScript, ReplaysARecordingOfItself) {
  record("parallel_tools");
  const std::string again = directory_.path("again.jsonl");
  EXPECT_EQ(replay({"--session", again}).exit_code, 0);
  EXPECT_EQ(run_program({"run", "--script", again}).exit_code, 0);
}

TEST_F(RecordedScript, RefusesOptionsThatTheRecordingDecides) {
  record("calculator", "Calculate 2+2");
  const std::vector<Program::Arguments> options{
      {"--tools", "none"}, {"--approve", "auto"}, {"--model", "m"}, {"--sandbox"}};
  for (const auto& option : options) {
    const Finished refused = replay(option);
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_THAT(refused.err, HasSubstr("leave out " + option.front()));
  }
}

TEST_F(RecordedScript, RefusesASessionWithoutARun) {
  record("calculator", "Calculate 2+2");
  directory_.write("s.jsonl", lines_of(read_file(path_)).front() + '\n');
  const Finished refused = replay();
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("the session has no run that could be replayed"));
}

}  // namespace
}  // namespace strandbus::testing
