#include "cli/program.hpp"
#include "cli/trace.hpp"
#include "strandbus/event/json_codec.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>
#include <deque>
#include <string>
#include <vector>

namespace strandbus::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// A live run whose session was recorded.
class Replay : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = new TemporaryDirectory;
    session_ = new std::string(directory_->path("s.jsonl"));
    live_ = new Finished(run_program({"run", "Calculate 2+2", "--json", "--session", *session_}));
    ASSERT_EQ(live_->exit_code, 0) << live_->err;
  }
  static void TearDownTestSuite() {
    delete live_;
    delete session_;
    delete directory_;
  }

  static std::string file(const std::string& content) {
    return directory_->write("changed.jsonl", content);
  }

  /// The beginning of a file, in a file of its own.
  static std::string cut_file(const std::string& text, std::size_t size) {
    return directory_->write("cut" + std::to_string(size % 8), text.substr(0, size));
  }

  static TemporaryDirectory* directory_;
  static std::string* session_;
  static Finished* live_;
};

TemporaryDirectory* Replay::directory_ = nullptr;
std::string* Replay::session_ = nullptr;
Finished* Replay::live_ = nullptr;

TEST_F(Replay, PrintsTheVeryEventsOfTheLiveRun) {
  const Finished replay = run_program({"replay", *session_, "--json"});
  EXPECT_EQ(replay.exit_code, 0);
  EXPECT_EQ(replay.out, live_->out);
  EXPECT_EQ(replay.err, "");
}

TEST_F(Replay, PrintsWhatALiveRunPrintsIntoAPipe) {
  for (const bool verbose : {false, true}) {
    const std::string session = directory_->path(verbose ? "verbose.jsonl" : "brief.jsonl");
    Program::Arguments run{"run", "Calculate 2+2", "--session", session};
    Program::Arguments replay{"replay", session};
    if (verbose) {
      run.emplace_back("-v");
      replay.emplace_back("-v");
    }
    const Finished live = run_program(run);
    const Finished again = run_program(replay);
    EXPECT_EQ(again.exit_code, 0);
    EXPECT_EQ(again.out, live.out);
    EXPECT_EQ("strandbus: scripted model gpt-4o (built-in script)\n" + again.err, live.err);
  }
}

TEST_F(Replay, SpeaksEveryDialectAsTheLiveRunDoes) {
  for (const std::string dialect :
       {"native", "agent-runner", "rollouts", "ag-ui", "agent-event", "lifecycle", "trace-event"}) {
    const std::string session = directory_->path(dialect + ".jsonl");
    const Finished live =
        run_program({"run", "Calculate 2+2", "--json", "--dialect", dialect, "--session", session});
    const Finished replay = run_program({"replay", session, "--json", "--dialect", dialect});
    EXPECT_EQ(replay.out, live.out) << dialect;
  }
}

TEST_F(Replay, ShowsAFileThatIsCutAtAnyByteOfItsLastLineAndSaysSo) {
  const std::string text = read_file(*session_);
  const std::size_t last_line = text.rfind('\n', text.size() - 2) + 1;
  const std::string place = ":" + std::to_string(lines_of(text).size()) + ": the last line ";
  constexpr std::size_t at_once = 8;  // programs that run side by side
  for (std::size_t begin = last_line; begin < text.size(); begin += at_once) {
    std::deque<Program> replays;
    for (std::size_t size = begin; size < std::min(begin + at_once, text.size()); ++size)
      replays.emplace_back(Program::Arguments{"replay", cut_file(text, size)});
    for (std::size_t size = begin; !replays.empty(); replays.pop_front(), ++size) {
      const Finished replay = replays.front().wait();
      ASSERT_EQ(replay.exit_code, 0) << size << replay.err;
      ASSERT_EQ(replay.out, "The answer is 4\n") << size;
      const std::string expected = size > last_line
                                       ? cut_file(text, size) + place
                                       : "incomplete: the events end before the run does";
      ASSERT_THAT(replay.err, HasSubstr(expected)) << size;
    }
  }
}

TEST_F(Replay, SaysInJsonModeTooThatARecordingEndsBeforeItsRun) {
  const std::string text = read_file(*session_);
  const std::string path = file(text.substr(0, text.rfind('\n', text.size() - 2) + 1));
  const Finished replay = run_program({"replay", path, "--json"});
  EXPECT_EQ(replay.exit_code, 0);
  EXPECT_EQ(replay.err, "strandbus: " + path + ": the recording ends before its run does\n");
}

TEST_F(Replay, KeepsEveryDigitOfAnUnknownEvent) {
  const std::string unknown =
      R"("schema":1,"seq":1,"id":"01900000-0000-7000-8000-000000000001",)"
      R"("ts":"2026-11-20T15:04:05.123456789Z","type":"quantum_leap","session_id":"s",)"
      R"("data":{"from":123456789012345678901234567890,"to":-0.100000000000000000000000000001e-7},)"
      R"("later":[1.0,{"x":987654321098765432109876543210}]})";
  const std::string text = read_file(*session_);
  const std::string metadata = text.substr(0, text.find('\n') + 1);
  const Finished replay =
      run_program({"replay", file(metadata + R"({"_type":"event",)" + unknown + "\n"), "--json"});
  EXPECT_EQ(replay.exit_code, 0);
  EXPECT_EQ(replay.out, "{" + unknown + "\n");
}

TEST_F(Replay, BeginsWithTheEventThatIsAskedFor) {
  const std::vector<std::string> all = lines_of(live_->out);
  const Finished replay = run_program({"replay", *session_, "--json", "--from", "30"});
  EXPECT_EQ(replay.exit_code, 0);
  EXPECT_EQ(lines_of(replay.out), std::vector<std::string>(all.begin() + 29, all.end()));
}

TEST_F(Replay, SaysThatThereIsNoSuchEvent) {
  const Finished replay = run_program({"replay", *session_, "--from", "1000"});
  EXPECT_EQ(replay.exit_code, 2);
  EXPECT_EQ(replay.err, "strandbus: --from: " + *session_ + " has no event 1000; its last one is " +
                            std::to_string(lines_of(live_->out).size()) + "\n");
}

TEST_F(Replay, NamesLineAndMemberOfABadLineInTheMiddle) {
  std::vector<std::string> lines = lines_of(read_file(*session_));
  lines[2].replace(lines[2].find("\"Calculate 2+2\""), 15, "[]");
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  const std::string path = file(text);
  const Finished replay = run_program({"replay", path, "--json"});
  EXPECT_EQ(replay.exit_code, 2);
  EXPECT_EQ(lines_of(replay.out).size(), 1U);  // what came before it
  EXPECT_EQ(replay.err, "strandbus: " + path +
                            ":3: invalid event at /data/content: expected a string, found an "
                            "array\n");
}

TEST_F(Replay, SaysThatLinesOfAnUnknownKindWereLeftOut) {
  const std::string path = file(read_file(*session_) + "{\"_type\":\"bookmark\"}\n");
  const Finished replay = run_program({"replay", path, "--json"});
  EXPECT_EQ(replay.exit_code, 0);
  EXPECT_EQ(replay.out, live_->out);
  EXPECT_THAT(replay.err, HasSubstr("1 lines are of a kind that this version does not know"));
}

TEST_F(Replay, ShowsTheSameAtAnySpeed) {
  const Finished replay = run_program({"replay", *session_, "--json", "--speed", "50"});
  EXPECT_EQ(replay.exit_code, 0);
  EXPECT_EQ(replay.out, live_->out);
}

TEST_F(Replay, IsEndedByCtrlC) {
  // A thousand times slower than it was: it would take minutes.
  Program replay({"replay", *session_, "--json", "--speed", "0.001"});
  replay.read_until("run_started");
  replay.send_signal(SIGINT);
  const Finished finished = replay.wait();
  EXPECT_EQ(finished.exit_code, 3);
  EXPECT_EQ(finished.signal, 0);
}

TEST_F(Replay, DoesNotBlameTheRecordingForCtrlC) {
  Program replay({"replay", *session_, "--speed", "0.001"});
  replay.read_errors_until("Calculate 2+2");
  replay.send_signal(SIGINT);
  const Finished finished = replay.wait();
  EXPECT_EQ(finished.exit_code, 3);
  EXPECT_THAT(finished.err, ::testing::Not(HasSubstr("incomplete")));
}

TEST_F(Replay, EndsQuietlyWhenItsReaderHasSeenEnough) {
  Program replay({"replay", *session_, "--json", "--speed", "10"});
  replay.read_until("run_started");
  replay.close_output();
  const Finished finished = replay.wait();
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_EQ(finished.err, "");
}

TEST_F(Replay, ShowsNoControlCharactersOfAFile) {
  std::string text = read_file(*session_);
  const std::string hostile = R"(\u001b]52;c;cHduZWQ=\u0007\u202e\u009b2J)";
  for (std::size_t at = text.find("2+2"); at != std::string::npos;
       at = text.find("2+2", at + hostile.size())) {
    text.replace(at, 3, hostile);
  }
  const Finished replay = run_program({"replay", file(text), "-v"}, {.terminal = true});
  EXPECT_EQ(replay.exit_code, 0);
  EXPECT_THAT(replay.out, HasSubstr("␛]52;c;cHduZWQ=␇"));
  EXPECT_THAT(replay.out, Not(HasSubstr("\x1b]")));
  EXPECT_THAT(replay.out, Not(HasSubstr("\x07")));
  EXPECT_THAT(replay.out, Not(HasSubstr("\u202e")));
  EXPECT_THAT(replay.out, Not(HasSubstr("\u009b")));
}

}  // namespace
}  // namespace strandbus::testing
