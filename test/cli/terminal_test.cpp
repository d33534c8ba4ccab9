#include "cli/program.hpp"
#include "cli/trace.hpp"
#include "sink/screen.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <fcntl.h>
#include <iterator>
#include <regex>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace strandbus::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Program::Options on_a_terminal{.terminal = true};

/// What a terminal of 80 columns shows in the end.
std::string screen_of(const std::string& output) {
  Screen screen(80);
  screen.write(output);
  EXPECT_EQ(screen.foreign(), 0) << output;
  return screen.text();
}

std::string without_times(std::string text) {
  const std::regex duration("[0-9.]+ (ms|s)");
  return std::regex_replace(text, duration, "# $1");
}

TEST(Terminal, ShowsTheLiveView) {
  const Finished run = run_program({"run", "Calculate 2+2"}, on_a_terminal);
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(without_times(screen_of(run.out)),
            "strandbus: scripted model gpt-4o (built-in script)\n"
            "› Calculate 2+2\n"
            "I'll use the calculator\n"
            "✓ calculator 2+2 · # ms → 4\n"
            "The answer is 4\n"
            "\n"
            "✓ 2 turns · 1 tool · 150 tokens in · 25 out · $0.00035 · # ms\n");
  EXPECT_THAT(run.out, HasSubstr("thinking… · turn 1"));
  EXPECT_THAT(run.out, HasSubstr("Ctrl-C stops"));
  EXPECT_THAT(run.out, HasSubstr("\x1b["));
}

TEST(Terminal, HasNoColoursWhereNobodyWantsThem) {
  const Finished run =
      run_program({"run", "Calculate 2+2"}, {.terminal = true, .environment = {"NO_COLOR=1"}});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.out, Not(::testing::ContainsRegex("\x1b\\[[0-9;]*m")));
  EXPECT_THAT(run.out, HasSubstr("thinking… · turn 1"));
}

TEST(Terminal, GetsNoEscapeSequenceThatItDoesNotUnderstand) {
  const Finished run =
      run_program({"run", "Calculate 2+2"}, {.terminal = true, .environment = {"TERM=dumb"}});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.out, Not(HasSubstr("\x1b")));
  EXPECT_THAT(run.out, HasSubstr("✓ calculator 2+2"));
}

TEST(Terminal, IsAskedWhetherACommandMayRun) {
  const TemporaryDirectory directory;
  const std::string script = directory.write("bash.json", bash_script("echo made it"));
  Program run({"run", "go", "--script", script}, on_a_terminal);
  run.read_until("Run it? [y/N/always] ");
  run.type("y\n");
  const Finished finished = run.wait();
  EXPECT_EQ(finished.exit_code, 0);
  const std::string screen = screen_of(finished.out);
  EXPECT_THAT(screen, HasSubstr("    command: echo made it\nRun it? [y/N/always] y\n"));
  EXPECT_THAT(screen, HasSubstr("· approved by the user\n"));
  EXPECT_THAT(screen, HasSubstr("✓ bash echo made it · "));
}

TEST(Terminal, ThatSaysNothingHasSaidNo) {
  for (const char* answer : {"\n", "n\n", "yikes\n", "\x04"}) {
    const TemporaryDirectory directory;
    const std::string script = directory.write("bash.json", bash_script("echo made it"));
    Program run({"run", "go", "--script", script}, on_a_terminal);
    run.read_until("Run it? [y/N/always] ");
    run.type(answer);
    const Finished finished = run.wait();
    EXPECT_EQ(finished.exit_code, 0);
    EXPECT_THAT(screen_of(finished.out), HasSubstr("denied: the user said no"));
  }
}

TEST(Terminal, SeesTheVeryCommandThatItIsAskedAbout) {
  const TemporaryDirectory directory;
  const std::string script = directory.write(
      "bash.json", bash_script("rm -rf x # \x1b[2K\x1b]0;innocent\x07 \xE2\x80\xAE txt.on"));
  Program run({"run", "go", "--script", script}, on_a_terminal);
  run.read_until("Run it? [y/N/always] ");
  EXPECT_THAT(run.out(), HasSubstr("rm -rf x # ␛[2K␛]0;innocent␇ <U+202E> txt.on"));
  EXPECT_THAT(run.out(), Not(HasSubstr("\x1b[2K")));
  EXPECT_THAT(run.out(), Not(HasSubstr("\x1b]")));
  run.type("n\n");
  EXPECT_EQ(run.wait().exit_code, 0);
}

TEST(Terminal, IsAskedAboutOneCommandAfterTheOther) {
  const TemporaryDirectory directory;
  const std::string script = directory.write(
      "two.json", R"({"schema":1,"model":"m","responses":[{"match":{"user":"go"},"tool_calls":[)"
                  R"({"call_id":"a","name":"bash","arguments":{"command":"echo first"}},)"
                  R"({"call_id":"b","name":"bash","arguments":{"command":"echo second"}}]},)"
                  R"({"match":{"tool_result":{}},"text":"Done."}]})");
  Program run({"run", "go", "--script", script}, on_a_terminal);
  run.read_until("Run it? [y/N/always] ");
  run.type("n\n");
  run.read_until("command: echo second\r\nRun it? [y/N/always] ");
  run.type("y\n");
  const Finished finished = run.wait();
  EXPECT_EQ(finished.exit_code, 0);
  const std::string screen = screen_of(finished.out);
  EXPECT_THAT(screen, HasSubstr("✗ bash echo first · denied"));
  EXPECT_THAT(screen, HasSubstr("✓ bash echo second · "));
  // No question without the command that it is about.
  const std::regex question("Run it\\?");
  const std::regex with_command("    command: echo (first|second)\nRun it\\?");
  const auto count = [&](const std::regex& pattern) {
    return std::distance(std::sregex_iterator(screen.begin(), screen.end(), pattern),
                         std::sregex_iterator());
  };
  EXPECT_EQ(count(question), count(with_command)) << screen;
}

TEST(Terminal, CancelsWithCtrlCDuringAQuestion) {
  Program run({"run", "go", "--script", source_file("examples/scripts/long_bash.json")},
              on_a_terminal);
  run.read_until("Run it? [y/N/always] ");
  run.type("\x03");
  const Finished finished = run.wait();
  EXPECT_EQ(finished.exit_code, 3);
  const std::string screen = screen_of(finished.out);
  EXPECT_THAT(screen, HasSubstr("Run it? [y/N/always] ^C\nstrandbus: cancelling"));
  EXPECT_THAT(screen, HasSubstr("cancelled: interrupted by Ctrl-C\n"));
}

TEST(Terminal, CancelsWithCtrlCDuringACommand) {
  Program run({"run", "go", "--approve", "auto", "--script",
               source_file("examples/scripts/long_bash.json")},
              on_a_terminal);
  run.read_until("running bash…");
  const auto commands = children_of(run.pid());
  run.type("\x03");
  const Finished finished = run.wait();
  EXPECT_EQ(finished.exit_code, 3);
  EXPECT_THAT(screen_of(finished.out), HasSubstr("✗ bash echo started; sleep 600"));
  for (const pid_t command : commands) EXPECT_TRUE(is_gone(command));
}

TEST(Terminal, ThatIsTooSlowIsToldHowManyEventsItMissed) {
  const TemporaryDirectory directory;
  const std::string fifo = directory.path("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  std::string words;
  for (int i = 0; i < 10'000; ++i) words += "some-rather-long-word-" + std::to_string(i) + " ";
  const std::string script = directory.write(
      "slow.json", R"({"schema":1,"model":"m","responses":[{"match":{"user":"go"},"text":")" +
                       words + R"(","tool_calls":[{"name":"bash","arguments":{"command":"echo > )" +
                       fifo + R"("}}]},{"match":{"tool_result":{}},"text":"Done."}]})");
  Program run({"run", "go", "--approve", "auto", "--script", script}, on_a_terminal);
  {
    // The model has said everything before the command runs, and nobody has looked at it yet.
    const detail::FileDescriptor said(::open(fifo.c_str(), O_RDONLY | O_CLOEXEC));
    char byte = 0;
    ASSERT_EQ(::read(said.get(), &byte, 1), 1);
  }
  const Finished finished = run.wait();
  EXPECT_EQ(finished.exit_code, 5);
  EXPECT_THAT(finished.out, HasSubstr(" events missed …]"));
  EXPECT_THAT(finished.out, HasSubstr("Done."));
}

TEST(Terminal, ShowsAReplayAsItShowedTheRun) {
  const TemporaryDirectory directory;
  const std::string session = directory.path("s.jsonl");
  const Finished live = run_program({"run", "Calculate 2+2", "--session", session}, on_a_terminal);
  const Finished replay = run_program({"replay", session}, on_a_terminal);
  EXPECT_EQ(replay.exit_code, 0);
  EXPECT_EQ("strandbus: scripted model gpt-4o (built-in script)\n" + screen_of(replay.out),
            screen_of(live.out));
}

}  // namespace
}  // namespace strandbus::testing
