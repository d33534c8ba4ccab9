// `strandbus run` without a prompt on a terminal.

#include "cli/program.hpp"
#include "cli/trace.hpp"
#include "sink/screen.hpp"
#include "strandbus/store/session_reader.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <string>
#include <sys/stat.h>

namespace strandbus::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* enter = "\r";
constexpr const char* ctrl_c = "\x03";
constexpr const char* ctrl_d = "\x04";
constexpr const char* up = "\x1b[A";
constexpr const char* prompt = "› ";

/// A script that repeats what it is told to say, for as long as anybody asks.
constexpr const char* patient_script =
    R"({"schema":1,"model":"m","responses":[{"match":{"user":{"contains":""}},"repeat":true,)"
    R"("text":"I hear you."}]})";

/// The same, in ten minutes.
constexpr const char* slow_script =
    R"({"schema":1,"model":"m","responses":[{"match":{"user":{"contains":""}},"repeat":true,)"
    R"("text":"I hear you.","delay_ms":600000}]})";

/// A script whose every answer is one call of bash, then a text.
constexpr const char* bash_twice =
    R"({"schema":1,"model":"m","responses":[)"
    R"({"match":{"user":{"contains":""}},"repeat":true,"tool_calls":[)"
    R"({"name":"bash","arguments":{"command":"echo made it"}}]},)"
    R"({"match":{"tool_result":{}},"repeat":true,"text":"Done."}]})";

class Conversation : public ::testing::Test {
 protected:
  std::unique_ptr<Program> start(Program::Arguments arguments) {
    arguments.insert(arguments.begin(), "run");
    return std::make_unique<Program>(
        arguments,
        Program::Options{.terminal = true, .environment = {"HOME=" + directory_.path("")}});
  }

  std::unique_ptr<Program> start_patient() {
    return start({"--session", session_, "--script", directory_.write("p.json", patient_script)});
  }

  /// The texts of the user in the session's file.
  std::vector<std::string> said() const {
    std::vector<std::string> texts;
    const auto session = load_session(session_).value();
    for (const StreamEvent& event : session.events) {
      if (const auto* message = event.get_if<UserMessage>()) texts.push_back(message->content);
    }
    EXPECT_THAT(unbalanced(session.events), IsEmpty());
    return texts;
  }

  static std::string screen_of(const std::string& output) {
    Screen screen(80);
    screen.write(output);
    return screen.text();
  }

  TemporaryDirectory directory_;
  std::string session_ = directory_.path("s.jsonl");
};

TEST_F(Conversation, AnswersOneMessageAfterTheOther) {
  const auto program = start_patient();
  for (const char* message : {"first", "second"}) {
    program->read_next(prompt);
    program->type(std::string(message) + enter);
    program->read_next("I hear you.");
  }
  program->read_next(prompt);
  program->type(ctrl_d);
  EXPECT_EQ(program->wait().exit_code, 0);
  EXPECT_EQ(said(), (std::vector<std::string>{"first", "second"}));
}

TEST_F(Conversation, NumbersTheEventsOfAllItsRunsInOneOrder) {
  const auto program = start_patient();
  for (int run = 0; run < 2; ++run) {
    program->read_next(prompt);
    program->type("go\r");
  }
  program->read_next(prompt);
  program->type(ctrl_d);
  program->wait();
  std::uint64_t seq = 0;
  for (const StreamEvent& event : load_session(session_).value().events)
    EXPECT_EQ(event.seq(), ++seq);
  EXPECT_GT(seq, 20u);
}

TEST_F(Conversation, SaysWhichKeysThereAre) {
  const auto program = start_patient();
  program->read_until("Enter sends");
  program->read_until("Ctrl-D ends");
  program->type("/help\r");
  program->read_until("/exit ends too");
  program->type("/exit\r");
  EXPECT_EQ(program->wait().exit_code, 0);
  EXPECT_THAT(said(), IsEmpty());
}

TEST_F(Conversation, CancelsTheRunAndNotTheProgramWithCtrlC) {
  const auto program = start({"--session", session_, "--approve", "auto", "--script",
                              source_file("examples/scripts/long_bash.json")});
  program->read_next(prompt);
  program->type("go\r");
  program->read_next("bash");
  program->type(ctrl_c);
  program->read_next("cancelled: interrupted by Ctrl-C");
  program->read_next(prompt);
  program->type(ctrl_d);
  EXPECT_EQ(program->wait().exit_code, 0);
  EXPECT_EQ(load_session(session_).value().events.back().wire_type(), "run_cancelled");
}

TEST_F(Conversation, CancelsTheNextRunTooWithOneCtrlC) {
  const auto program = start({"--script", directory_.write("s.json", slow_script)});
  for (int run = 0; run < 2; ++run) {
    program->read_next(prompt);
    program->type("go\r");
    program->read_next("thinking");
    program->type(ctrl_c);
    program->read_next("cancelled: interrupted by Ctrl-C");
  }
  program->read_next(prompt);
  program->type(ctrl_d);
  EXPECT_EQ(program->wait().exit_code, 0);
}

TEST_F(Conversation, DropsWithCtrlCWhatWasTyped) {
  const auto program = start_patient();
  program->read_next(prompt);
  program->type("not this");
  program->read_next("not this");
  program->type(ctrl_c);
  program->read_next(prompt);
  program->type("but this\r");
  program->read_next("I hear you.");
  program->read_next(prompt);
  program->type(ctrl_d);
  EXPECT_EQ(program->wait().exit_code, 0);
  EXPECT_EQ(said(), (std::vector<std::string>{"but this"}));
}

TEST_F(Conversation, TakesPastedLinesAsOneMessage) {
  const auto program = start_patient();
  program->read_next(prompt);
  program->type("\x1b[200~first line\rsecond liné\n\tthird\x1b[201~");
  program->read_next("third");
  program->type(enter);
  program->read_next("I hear you.");
  program->read_next(prompt);
  program->type(ctrl_d);
  EXPECT_EQ(program->wait().exit_code, 0);
  EXPECT_EQ(said(), (std::vector<std::string>{"first line\nsecond liné\n\tthird"}));
}

TEST_F(Conversation, LetsNothingThatIsPastedSteerTheTerminal) {
  const auto program = start_patient();
  program->read_next(prompt);
  program->type("\x1b[200~a\x1b]0;title\x07\x1b[2Jb\x03\x04\x1b[201~\r");
  program->read_next("I hear you.");
  program->read_next(prompt);
  EXPECT_THAT(program->out(), Not(HasSubstr("\x1b]0;")));
  EXPECT_THAT(program->out(), Not(HasSubstr("\x1b[2J")));
  program->type(ctrl_d);
  EXPECT_EQ(program->wait().exit_code, 0);
  EXPECT_EQ(said(), (std::vector<std::string>{"a]0;title[2Jb"}));
}

TEST_F(Conversation, TakesACharacterThatComesInTwoPieces) {
  const auto program = start_patient();
  program->read_next(prompt);
  program->type("caf\xc3");
  program->read_next("caf");
  program->type("\xa9\r");
  program->read_next("I hear you.");
  program->read_next(prompt);
  program->type(ctrl_d);
  EXPECT_EQ(program->wait().exit_code, 0);
  EXPECT_EQ(said(), (std::vector<std::string>{"café"}));
}

TEST_F(Conversation, LosesNothingBehindAByteThatIsNoCharacter) {
  const auto program = start_patient();
  program->read_next(prompt);
  program->type("caf\xe9\r");
  program->read_next("I hear you.");
  program->read_next(prompt);
  program->type(ctrl_d);
  EXPECT_EQ(program->wait().exit_code, 0);
  EXPECT_EQ(said(), (std::vector<std::string>{"caf\xEF\xBF\xBD"}));
}

TEST_F(Conversation, TakesKeysThatElsewhereStopAProgramAsKeys) {
  const auto program = start_patient();
  program->read_next(prompt);
  program->type("a\x1c\x1a");  // Ctrl-\ and Ctrl-Z
  program->read_next("a");
  program->type(ctrl_c);
  program->read_next(prompt);
  program->type(ctrl_d);
  EXPECT_EQ(program->wait().exit_code, 0);
}

TEST_F(Conversation, BeginsANewLineWithAltEnter) {
  const auto program = start_patient();
  program->read_next(prompt);
  program->type("one\x1b\rtwo\r");
  program->read_next("I hear you.");
  program->read_next(prompt);
  program->type(ctrl_d);
  program->wait();
  EXPECT_EQ(said(), (std::vector<std::string>{"one\ntwo"}));
}

TEST_F(Conversation, RemembersMessagesForTheNextTime) {
  const auto before = start_patient();
  before->read_next(prompt);
  before->type("something to remember\r");
  before->read_next("I hear you.");
  before->read_next(prompt);
  before->type(ctrl_d);
  before->wait();
  struct stat about {};
  ASSERT_EQ(::stat(directory_.path(".local/state/strandbus/history").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777u, 0600u);

  session_ = directory_.path("after.jsonl");
  const auto after = start_patient();
  after->read_next(prompt);
  after->type(std::string(up) + enter);
  after->read_next("I hear you.");
  after->read_next(prompt);
  after->type(ctrl_d);
  after->wait();
  EXPECT_EQ(said(), (std::vector<std::string>{"something to remember"}));
}

TEST_F(Conversation, GoesOnAfterAPromptThatTheScriptDoesNotKnow) {
  const auto program = start({"--session", session_});
  program->read_next("the built-in script knows \"Calculate 2+2\"");
  program->read_next(prompt);
  program->type("Sing\r");
  program->read_next("does not know the prompt \"Sing\"");
  program->read_next(prompt);
  program->type("Calculate 2+2\r");
  program->read_next("The answer is 4");
  program->read_next(prompt);
  program->type(ctrl_d);
  EXPECT_EQ(program->wait().exit_code, 0);
  EXPECT_EQ(said(), (std::vector<std::string>{"Calculate 2+2"}));
}

TEST_F(Conversation, AsksNoMoreAboutAToolThatMayAlwaysRun) {
  const auto program =
      start({"--session", session_, "--script", directory_.write("b.json", bash_twice)});
  program->read_next(prompt);
  program->type("go\r");
  program->read_next("Run it? [y/N/always] ");
  program->type("always\n");
  program->read_next("Done.");
  program->read_next(prompt);
  program->type("go\r");
  program->read_next("· approved by the user, for every call");
  program->read_next("Done.");
  program->read_next(prompt);
  program->type(ctrl_d);
  const Finished finished = program->wait();
  EXPECT_EQ(finished.exit_code, 0);
  const std::string screen = screen_of(finished.out);
  EXPECT_EQ(screen.find("Run it?"), screen.rfind("Run it?")) << screen;
}

TEST_F(Conversation, EndsAtThePromptWhenItIsToldToEnd) {
  for (const int signal : {SIGTERM, SIGHUP}) {
    session_ = directory_.path(std::to_string(signal));
    const auto program = start_patient();
    program->read_next(prompt);
    program->send_signal(signal);
    EXPECT_EQ(program->wait().exit_code, 3);
  }
}

TEST_F(Conversation, EndsWithItsTerminal) {
  const auto program = start_patient();
  program->read_next(prompt);
  program->close_output();
  EXPECT_EQ(program->wait().exit_code, 3);
}

TEST_F(Conversation, NeedsSomebodyWhoTypes) {
  const Finished finished = run_program({"run"});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("no prompt"));
}

}  // namespace
}  // namespace strandbus::testing
