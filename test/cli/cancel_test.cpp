#include "cli/program.hpp"
#include "cli/trace.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/store/session_reader.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace strandbus::testing {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Cancel : public ::testing::Test {
 protected:
  /// The events of a run that was cancelled as it should be, on standard output and in its file.
  static void expect_cancelled(const Finished& finished, const std::string& session) {
    EXPECT_EQ(finished.exit_code, 3) << finished.err;
    const auto events = events_of(finished.out);
    ASSERT_FALSE(events.empty());
    EXPECT_EQ(events.back().wire_type(), "run_cancelled");
    EXPECT_THAT(unbalanced(events), IsEmpty());
    const auto recorded = load_session(session);
    ASSERT_TRUE(recorded) << recorded.error().message;
    EXPECT_FALSE(recorded->torn);
    std::string lines;
    for (const StreamEvent& event : recorded->events) lines += to_json(event) + "\n";
    EXPECT_EQ(lines, finished.out);
  }

  /// A pipe that a command writes to when it has come far enough.
  std::string make_fifo() {
    const std::string path = directory_.path("fifo");
    EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
    return path;
  }

  /// What a command has written to it; waits until it has.
  static std::string read_fifo(const std::string& path) {
    const detail::FileDescriptor fifo(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text(100, '\0');
    const ssize_t count = ::read(fifo.get(), text.data(), text.size());
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    return text;
  }

  TemporaryDirectory directory_;
  std::string session_ = directory_.path("s.jsonl");
};

TEST_F(Cancel, EndsARunInTheMiddleOfItsText) {
  const std::string script = directory_.write("talk.json", talkative_script(1000, 20));
  Program run({"run", "go", "--json", "--script", script, "--session", session_});
  run.read_until("\"type\":\"token_delta\"");
  run.send_signal(SIGINT);
  const Finished finished = run.wait();
  expect_cancelled(finished, session_);
  EXPECT_THAT(finished.err, HasSubstr("strandbus: cancelling; Ctrl-C again ends at once\n"));
  EXPECT_THAT(finished.err, HasSubstr("strandbus: the run was cancelled: interrupted by Ctrl-C\n"));
}

TEST_F(Cancel, EndsARunInTheMiddleOfACommandAndLeavesNoProcess) {
  Program run({"run", "go", "--json", "--approve", "auto", "--session", session_, "--script",
               source_file("examples/scripts/long_bash.json")});
  run.read_until("\"text\":\"started\\n\"");
  const std::vector<pid_t> commands = children_of(run.pid());
  ASSERT_EQ(commands.size(), 1U);
  run.send_signal(SIGINT);
  const Finished finished = run.wait();
  expect_cancelled(finished, session_);
  EXPECT_THAT(types_of(events_of(finished.out)), Contains("tool_call_cancelled"));
  EXPECT_TRUE(is_gone(commands[0]));
}

TEST_F(Cancel, TakesSigtermAndSighupLikeCtrlC) {
  const std::string script = directory_.write("talk.json", talkative_script(1000, 20));
  for (const int signal : {SIGTERM, SIGHUP}) {
    const std::string session = directory_.path("signal" + std::to_string(signal));
    Program run({"run", "go", "--json", "--script", script, "--session", session});
    run.read_until("\"type\":\"token_delta\"");
    run.send_signal(signal);
    expect_cancelled(run.wait(), session);
  }
}

TEST_F(Cancel, SaysInAPipeWhyThereIsNoAnswer) {
  const std::string script = directory_.write("talk.json", talkative_script(1000, 20));
  Program run({"run", "go", "-v", "--script", script});
  run.read_errors_until("request 1 to scripted");
  run.send_signal(SIGINT);
  const Finished finished = run.wait();
  EXPECT_EQ(finished.exit_code, 3);
  EXPECT_EQ(finished.out, "");
  EXPECT_THAT(finished.err, HasSubstr("cancelled: interrupted by Ctrl-C\n"));
}

TEST_F(Cancel, EndsAtOnceAtTheSecondSignalAndKillsTheCommand) {
  const std::string fifo = make_fifo();
  // The command does not listen to SIGTERM, and nobody reads what the run says: it cannot end
  // politely. Two different signals, for two pending ones of the same number would be one.
  const std::string command =
      "trap '' TERM; head -c 300000 /dev/zero | tr '\\0' x; echo $$ > " + fifo + "; sleep 600";
  const std::string script = directory_.write("bash.json", bash_script(command));
  Program run(
      {"run", "go", "--json", "--approve", "auto", "--session", session_, "--script", script});
  const pid_t group = std::stoi(read_fifo(fifo));
  run.send_signal(SIGTERM);
  run.send_signal(SIGINT);
  run.read_errors_until("strandbus: ended at once\n");
  const Finished finished = run.wait();
  EXPECT_EQ(finished.exit_code, 3);
  EXPECT_TRUE(is_gone(group));
  const auto recorded = load_session(session_);
  ASSERT_TRUE(recorded) << recorded.error().message;
  EXPECT_FALSE(recorded->torn);
}

TEST_F(Cancel, EndsAtOnceAtSigquit) {
  const std::string script = directory_.write("talk.json", talkative_script(1000, 20));
  Program run({"run", "go", "--json", "--script", script});
  run.read_until("\"type\":\"token_delta\"");
  run.send_signal(SIGQUIT);
  const Finished finished = run.wait();
  EXPECT_EQ(finished.exit_code, 3);
  EXPECT_THAT(finished.err, HasSubstr("strandbus: ended at once\n"));
}

TEST_F(Cancel, FollowsFromAReaderThatLeaves) {
  const std::string script = directory_.write("talk.json", talkative_script(1000, 20));
  Program run({"run", "go", "--json", "--script", script, "--session", session_});
  run.read_until("\"type\":\"token_delta\"");
  run.close_output();
  const Finished finished = run.wait();
  EXPECT_EQ(finished.signal, 0);
  EXPECT_EQ(finished.exit_code, 3);
  EXPECT_THAT(finished.err,
              HasSubstr("strandbus: the run was cancelled: standard output was closed\n"));
  const auto recorded = load_session(session_);
  ASSERT_TRUE(recorded) << recorded.error().message;
  EXPECT_EQ(recorded->events.back().wire_type(), "run_cancelled");
}

TEST_F(Cancel, IsNoDeathBySigpipe) {
  Program run({"run", "Calculate 2+2"});
  run.close_output();
  const Finished finished = run.wait();
  EXPECT_EQ(finished.signal, 0);
  EXPECT_THAT(finished.exit_code, AnyOf(0, 3));
}

}  // namespace
}  // namespace strandbus::testing
