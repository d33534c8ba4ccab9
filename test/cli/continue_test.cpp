// `strandbus run --continue FILE`.

#include "cli/program.hpp"
#include "cli/trace.hpp"
#include "strandbus/store/session_reader.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace strandbus::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Continue : public ::testing::Test {
 protected:
  Continue() {
    const Finished first = run_program({"run", "Calculate 2+2", "--session", session_});
    EXPECT_EQ(first.exit_code, 0) << first.err;
  }

  /// A script that answers with what the model is shown of the earlier run.
  std::string remembering_script() {
    return directory_.write("r.json",
                            R"({"schema":1,"model":"m","responses":[{"match":{"user":"Again"},)"
                            R"("text":"As before."}]})");
  }

  std::string text() const {
    std::ifstream file(session_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TemporaryDirectory directory_;
  std::string session_ = directory_.path("s.jsonl");
};

TEST_F(Continue, AppendsToTheFileAndGoesOnCounting) {
  const auto before = load_session(session_).value();
  const Finished second = run_program(
      {"run", "Again", "--continue", session_, "--script", remembering_script(), "--json"});
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_THAT(second.err, HasSubstr("goes on with " + session_ + ": 4 messages"));

  const auto after = load_session(session_).value();
  EXPECT_EQ(after.metadata.session_id, before.metadata.session_id);
  ASSERT_GT(after.events.size(), before.events.size());
  std::uint64_t seq = 0;
  for (const StreamEvent& event : after.events) {
    EXPECT_EQ(event.seq(), ++seq);
    EXPECT_EQ(event.session_id(), before.metadata.session_id);
  }
  EXPECT_THAT(unbalanced(after.events), IsEmpty());
  EXPECT_EQ(after.messages.size(), 6u);

  // What is printed are the new events alone.
  const auto printed = events_of(second.out);
  ASSERT_FALSE(printed.empty());
  EXPECT_EQ(printed.front().seq(), before.events.back().seq() + 1);
  EXPECT_EQ(printed.back().seq(), after.events.back().seq());
}

TEST_F(Continue, ShowsTheModelWhatWasSaidBefore) {
  run_program({"run", "Again", "--continue", session_, "--script", remembering_script()});
  const auto after = load_session(session_).value();
  std::int64_t messages = 0;
  for (const StreamEvent& event : after.events) {
    if (const auto* started = event.get_if<ModelStarted>()) messages = started->message_count;
  }
  EXPECT_EQ(messages, 5);  // the user's, the call, its result, the answer, and the new one
}

TEST_F(Continue, AnswersACallWhoseRunWasInterrupted) {
  // The file ends in the middle of a turn: a call was made, its result never came.
  const std::string whole = text();
  std::istringstream lines(whole);
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    kept += line + "\n";
    if (line.find(R"("_type":"message")") != std::string::npos &&
        line.find("tool_calls") != std::string::npos)
      break;
  }
  std::ofstream(session_) << kept << R"({"_type":"event","seq":9)";  // torn
  const Finished second = run_program(
      {"run", "Again", "--continue", session_, "--script", remembering_script(), "--json"});
  EXPECT_EQ(second.exit_code, 0) << second.err;
  const auto events = events_of(second.out);
  for (const StreamEvent& event : events) {
    if (const auto* started = event.get_if<ModelStarted>()) {
      EXPECT_EQ(started->message_count, 4);  // with an answer to the call
    }
  }
}

TEST_F(Continue, KnowsAMessageWhoseLineIsCutOff) {
  std::string whole = text();
  const std::size_t last = whole.rfind(R"({"_type":"message")");
  whole.resize(last + 20);  // the event that committed it is there
  std::ofstream(session_) << whole;
  const Finished second =
      run_program({"run", "Again", "--continue", session_, "--script", remembering_script()});
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_THAT(second.err, HasSubstr(": 4 messages"));
  const Finished checked = run_program({"check", session_});
  EXPECT_EQ(checked.exit_code, 0) << checked.out;
}

TEST_F(Continue, WorksWhereTheSessionWorked) {
  const std::string script = directory_.write("pwd.json", bash_script("pwd"));
  const std::string folder = directory_.path("there");
  std::filesystem::create_directory(folder);
  const std::string other = directory_.path("o.jsonl");
  run_program({"run", "go", "--script", script, "--approve", "auto", "--workspace", folder,
               "--session", other});
  const Finished second = run_program(
      {"run", "go", "--script", script, "--approve", "auto", "--continue", other, "--json"});
  EXPECT_THAT(second.out, HasSubstr(std::filesystem::canonical(folder).string() + "\\n"));
}

TEST_F(Continue, RefusesWhatIsNoSession) {
  const struct {
    std::string file;
    std::string says;
  } cases[] = {{directory_.path("nothing"), "No such file"},
               {directory_.write("text", "hello\n"), "text:1"}};
  for (const auto& [file, says] : cases) {
    const Finished finished = run_program({"run", "Calculate 2+2", "--continue", file});
    EXPECT_EQ(finished.exit_code, 2);
    EXPECT_THAT(finished.err, HasSubstr(says));
    EXPECT_EQ(finished.out, "");
  }
}

TEST_F(Continue, RefusesAPromptThatTheScriptDoesNotKnow) {
  const std::string before = text();
  const Finished finished = run_program({"run", "And times 3?", "--continue", session_});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("does not know the prompt \"And times 3?\""));
  EXPECT_EQ(text(), before);
}

TEST_F(Continue, IsNoNewSession) {
  const Finished finished =
      run_program({"run", "Calculate 2+2", "--continue", session_, "--session", session_});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("--session and --continue exclude each other"));
}

TEST(ContinueRedacted, GoesOnWithoutTheSecret) {
  const TemporaryDirectory directory;
  const std::string secret = "sk-proj-Abcdefghijklmnopqrstuvwxyz0123456789";
  const std::string session = directory.path("s.jsonl");
  const std::string script = directory.write(
      "r.json", R"({"responses":[{"match":{"user":{"contains":"key"}},"text":"Noted."},)"
                R"({"match":{"user":"And now?"},"text":"Still noted."}]})");
  const Finished first =
      run_program({"run", "My key is " + secret, "--script", script, "--session", session});
  EXPECT_EQ(first.exit_code, 0) << first.err;
  const std::string recorded = read_file(session);
  EXPECT_THAT(recorded, HasSubstr("[redacted-"));
  EXPECT_EQ(recorded.find(secret), std::string::npos);

  const Finished second = run_program(
      {"run", "And now?", "--continue", session, "--script", script, "--json", "--verbose"});
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_THAT(second.out, HasSubstr("Still noted."));
  EXPECT_EQ((second.out + read_file(session)).find(secret), std::string::npos);
}

}  // namespace
}  // namespace strandbus::testing
