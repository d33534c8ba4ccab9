// `strandbus run --fork`: another way from a point of a recorded session.
#include "cli/program.hpp"
#include "cli/trace.hpp"
#include "strandbus/store/session_reader.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <iomanip>
#include <sstream>
#include <string>

namespace strandbus::testing {
namespace {

using ::testing::HasSubstr;

class ForkTest : public ::testing::Test {
 protected:
  /// Two runs in one session.
  ForkTest() {
    run_program({"run", "Calculate 2+2", "--session", path_});
    run_program({"run", "Calculate 2+2", "--continue", path_});
  }

  template <PayloadType T>
  std::string seq_of(std::size_t nth) const {
    const Session session = load_session(path_).value();
    for (const StreamEvent& event : session.events) {
      if (event.is<T>() && nth-- == 0) return std::to_string(event.seq());
    }
    throw std::out_of_range("no such event");
  }

  Finished fork(Program::Arguments more) {
    Program::Arguments arguments{"run", "--fork", path_, "--session", forked_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(arguments);
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_.path("s.jsonl");
  std::string forked_ = directory_.path("forked.jsonl");
};

TEST_F(ForkTest, SaysAgainWhatTheUserSaidNext) {
  const std::string before = read_file(path_);
  const std::string seq = seq_of<UserMessage>(1);
  const Finished finished = fork({"--fork-at", seq});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(finished.out, "The answer is 4\n");
  EXPECT_THAT(finished.err, HasSubstr("goes on with " + path_ + ": 4 messages"));
  EXPECT_EQ(read_file(path_), before);

  const Session session = load_session(forked_).value();
  EXPECT_EQ(session.metadata.forked_from, load_session(path_).value().metadata.session_id);
  EXPECT_NE(session.metadata.session_id, session.metadata.forked_from);
  EXPECT_EQ(std::to_string(session.metadata.forked_at), seq);
  EXPECT_EQ(session.messages.size(), 8U);
  EXPECT_EQ(session.events.front().seq(), 1U);
}

TEST_F(ForkTest, SaysSomethingElseInstead) {
  const Finished finished =
      fork({"Do it", "--fork-at", seq_of<UserMessage>(1), "--script",
            directory_.write("script.json",
                             R"({"schema":1,"model":"m","responses":[{"text":"Another way"}]})")});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(finished.out, "Another way\n");
  const Session session = load_session(forked_).value();
  EXPECT_EQ(session.messages.at(4).message.content, "Do it");
}

TEST_F(ForkTest, AnswersACallThatHadNoAnswerAtThatPoint) {
  const Finished finished =
      fork({"Calculate 2+2", "--json", "--fork-at", seq_of<ToolCallStarted>(0)});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  for (const StreamEvent& event : events_of(finished.out)) {
    if (const auto* started = event.get_if<ModelStarted>()) {
      EXPECT_EQ(started->message_count, 4);  // the call has got an answer
      break;
    }
  }
}

TEST_F(ForkTest, BeginsBehindTheLastEventWhereNoneIsNamed) {
  EXPECT_EQ(fork({"Calculate 2+2"}).exit_code, 0);
  EXPECT_EQ(load_session(forked_).value().messages.size(), 12U);
}

TEST_F(ForkTest, CanBeCheckedContinuedReplayedAndForked) {
  fork({"--fork-at", seq_of<UserMessage>(1)});
  EXPECT_EQ(run_program({"check", forked_}).exit_code, 0);
  EXPECT_EQ(run_program({"run", "Calculate 2+2", "--continue", forked_}).exit_code, 0);
  EXPECT_EQ(run_program({"check", forked_}).exit_code, 0);
  const Finished replayed = run_program({"run", "--script", forked_});
  EXPECT_EQ(replayed.exit_code, 0) << replayed.err;
  const std::string again = directory_.path("again.jsonl");
  run_program({"run", "Calculate 2+2", "--fork", forked_, "--fork-at", "1", "--session", again});
  EXPECT_EQ(load_session(again).value().messages.size(), 8U);
}

TEST_F(ForkTest, NamesAnEventThatIsNotThereAndOptionsThatContradict) {
  const Finished beyond = fork({"hi", "--fork-at", "9999"});
  EXPECT_EQ(beyond.exit_code, 2);
  EXPECT_THAT(beyond.err, HasSubstr("has no event 9999; its last one is "));
  const Finished alone = run_program({"run", "hi", "--fork-at", "3"});
  EXPECT_THAT(alone.err, HasSubstr("name the session with --fork"));
  const Finished both = fork({"hi", "--continue", path_});
  EXPECT_EQ(both.exit_code, 2);
  EXPECT_THAT(both.err, HasSubstr("exclude each other"));
}

TEST_F(ForkTest, AsksForAPromptWhereTheUserSaidNothingMore) {
  const Finished finished = fork({});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("no prompt: the user says nothing in " + path_ +
                                      " behind its last event; say one, or name an earlier event"));
  const std::string seq = seq_of<RunCompleted>(1);
  EXPECT_THAT(fork({"--fork-at", seq}).err, HasSubstr("from the event " + seq + " on; say one"));
}

TEST_F(ForkTest, RefusesAPromptThatTheScriptDoesNotKnow) {
  const Finished finished = fork({"And times 3?", "--fork-at", seq_of<UserMessage>(1)});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("does not know the prompt \"And times 3?\""));
  EXPECT_FALSE(std::filesystem::exists(forked_));
}

TEST_F(ForkTest, SaysThatTheDirectoryOfTheRecordingIsGone) {
  const std::string folder = directory_.path("w");
  std::filesystem::create_directory(folder);
  const std::string session = directory_.path("elsewhere.jsonl");
  run_program({"run", "Calculate 2+2", "--session", session, "--workspace", folder});
  std::filesystem::remove(folder);
  for (const char* option : {"--fork", "--continue"}) {
    const Finished finished = run_program({"run", "Calculate 2+2", option, session});
    EXPECT_EQ(finished.exit_code, 2);
    EXPECT_THAT(finished.err, HasSubstr("the tools of the recorded session worked in " + folder +
                                        ", which is no directory here: choose another one with "
                                        "--workspace DIR\n"));
    EXPECT_EQ(run_program({"run", "Calculate 2+2", option, session, "--workspace", "."}).exit_code,
              0);
  }
}

/// The words of a command line, as a shell would cut them.
Program::Arguments words_of(const std::string& line) {
  std::istringstream stream(line.substr(0, line.find(" #")));
  Program::Arguments words;
  for (std::string word; stream >> std::quoted(word);) words.push_back(word);
  return words;
}

TEST(SessionsPage, BeginsWithCommandsThatWorkAsTheyStand) {
  const TemporaryDirectory directory;
  const std::string page = read_file(source_file("docs/sessions.md"));
  const std::size_t begin = page.find("```sh\n") + 6;
  int commands = 0;
  for (const std::string& line : lines_of(page.substr(begin, page.find("```", begin) - begin))) {
    Program::Arguments words = words_of(line);
    for (std::string& word : words) {
      if (word.ends_with(".jsonl") || word.ends_with(".html") || word.ends_with(".json"))
        word = directory.path(word);
    }
    words.erase(words.begin());
    const Finished finished = run_program(words);
    EXPECT_EQ(finished.exit_code, 0) << line << finished.err;
    ++commands;
  }
  EXPECT_EQ(commands, 9);
}

}  // namespace
}  // namespace strandbus::testing
