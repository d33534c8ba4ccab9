// `strandbus check` on files that the program has recorded, and on what was done to them.
#include "cli/program.hpp"
#include "cli/trace.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <string>

namespace strandbus::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class Check : public ::testing::Test {
 protected:
  Check() { run_program({"run", "Calculate 2+2", "--session", path_}); }

  /// The lines of the recorded file, to be put together in another way.
  std::vector<std::string> lines() const { return lines_of(read_file(path_)); }

  std::string write(std::string_view name, const std::vector<std::string>& lines) const {
    std::string text;
    for (const std::string& line : lines) text += line + '\n';
    return directory_.write(name, text);
  }

  /// The place of the nth line that contains `text`.
  static std::size_t line_with(const std::vector<std::string>& lines, std::string_view text,
                               std::size_t nth = 0) {
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (lines[i].find(text) != std::string::npos && nth-- == 0) return i;
    }
    throw std::out_of_range(std::string(text));
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_.path("s.jsonl");
};

TEST_F(Check, FindsNothingInAnythingThatTheProgramRecords) {
  const Finished check = run_program({"check", path_});
  EXPECT_EQ(check.exit_code, 0);
  EXPECT_THAT(check.out, MatchesRegex(".*s\\.jsonl: 3[0-9] events in 1 run, no faults\n"));
  EXPECT_EQ(check.err, "");
}

TEST_F(Check, FindsNothingInWhatTheExamplesRecord) {
  std::vector<std::string> command{"check"};
  for (const char* name : {"failing", "files", "parallel_tools"}) {
    command.push_back(directory_.path(std::string(name) + ".jsonl"));
    run_program({"run", "go", "--session", command.back(), "--approve", "deny", "--workspace",
                 directory_.path(""), "--script",
                 source_file("examples/scripts/" + std::string(name) + ".json")});
  }
  const Finished check = run_program(command);
  EXPECT_EQ(check.exit_code, 0) << check.out << check.err;
  EXPECT_EQ(lines_of(check.out).size(), 3U) << check.out;
}

TEST_F(Check, NamesFileLineSeqFaultAndWhatWasExpected) {
  auto text = lines();
  text.erase(text.begin() + static_cast<std::ptrdiff_t>(line_with(text, "tool_call_started")));
  const std::size_t place = line_with(text, "tool_call_completed");
  const Finished check = run_program({"check", write("cut.jsonl", text)});
  EXPECT_EQ(check.exit_code, 1);
  EXPECT_THAT(check.out, HasSubstr("cut.jsonl:" + std::to_string(place + 1) + ": seq "));
  EXPECT_THAT(check.out, HasSubstr("the event before it is missing; expected seq "));
  EXPECT_THAT(check.out, HasSubstr("the tool call tc1 ends and is not open; expected its start"));
  EXPECT_THAT(check.out, HasSubstr("1 run, 2 faults\n"));
}

TEST_F(Check, FindsChangedWords) {
  auto text = lines();
  std::string& line = text[line_with(text, "token_delta", 2)];
  line.replace(line.find(" the"), 4, " teh");
  const Finished check = run_program({"check", write("changed.jsonl", text)});
  EXPECT_EQ(check.exit_code, 1);
  EXPECT_THAT(check.out, HasSubstr("model_completed of run_"));
  EXPECT_THAT(check.out, HasSubstr("differ from byte 10 on"));
}

TEST_F(Check, TellsAnInterruptedRunApartFromFaults) {
  auto text = lines();
  text.resize(line_with(text, "tool_call_started") + 1);
  const Finished check = run_program({"check", write("open.jsonl", text)});
  EXPECT_EQ(check.exit_code, 0);
  EXPECT_THAT(check.out, HasSubstr("interrupted: the run run_"));
  EXPECT_THAT(check.out, HasSubstr("has no end; open in it: turn 1 and tool call tc1\n"));
  EXPECT_THAT(check.out, HasSubstr("in 1 run, no faults\n"));
}

TEST_F(Check, ToleratesALastLineThatIsCutOffAndSaysSo) {
  const std::string whole = read_file(path_);
  const std::string torn = directory_.write("torn.jsonl", whole.substr(0, whole.size() - 20));
  const Finished check = run_program({"check", torn});
  EXPECT_EQ(check.exit_code, 0);
  EXPECT_THAT(check.err, HasSubstr("the last line is cut off"));
}

TEST_F(Check, ChecksSeveralFilesAndFailsForOne) {
  auto text = lines();
  std::swap(text[3], text[4]);
  const std::string bad = write("bad.jsonl", text);
  const Finished check = run_program({"check", path_, bad, path_});
  EXPECT_EQ(check.exit_code, 1);
  EXPECT_THAT(check.out, HasSubstr("bad.jsonl:4: "));
  EXPECT_THAT(check.out, ::testing::EndsWith("1 run, no faults\n"));
}

TEST_F(Check, FindsAMessageThatIsNotTheOneThatWasCommitted) {
  auto text = lines();
  std::string& line = text[line_with(text, "\"_type\":\"message\"", 3)];
  line.replace(line.find("The answer is 4"), 15, "The answer is 5");
  const Finished changed = run_program({"check", write("changed.jsonl", text)});
  EXPECT_EQ(changed.exit_code, 1);
  EXPECT_THAT(changed.out, HasSubstr("the content of the message msg_"));
  text.erase(text.begin() + static_cast<std::ptrdiff_t>(line_with(text, "\"_type\":\"message\"")));
  const Finished lost = run_program({"check", write("lost.jsonl", text)});
  EXPECT_THAT(lost.out, HasSubstr("was committed and has no line of its own"));
}

TEST_F(Check, GoesOnBehindAFileThatCannotBeRead) {
  const std::string none = directory_.path("none.jsonl");
  const std::string broken =
      write("broken.jsonl", {lines()[0], lines()[1], "{\"_type\":\"event\",", ""});
  const Finished check = run_program({"check", none, broken, path_});
  EXPECT_EQ(check.exit_code, 2);
  EXPECT_THAT(check.err, HasSubstr("none.jsonl: No such file"));
  EXPECT_THAT(check.err, HasSubstr("broken.jsonl:3: "));
  EXPECT_THAT(check.out,
              HasSubstr("broken.jsonl: 1 event in 1 run, no faults, as far as it could be read\n"));
  EXPECT_THAT(check.out, HasSubstr("s.jsonl: 3"));
}

TEST_F(Check, SpeaksJsonForMachines) {
  auto text = lines();
  text.erase(text.begin() + static_cast<std::ptrdiff_t>(line_with(text, "turn_ended")));
  text.resize(text.size() - 1);
  const Finished check = run_program({"check", "--json", path_, write("bad.jsonl", text)});
  EXPECT_EQ(check.exit_code, 1);
  const auto files = json_lines(check.out);
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].at("file"), json::value(path_));
  EXPECT_EQ(files[0].at("valid"), json::value(true));
  EXPECT_EQ(files[0].at("findings"), json::value(json::array()));
  EXPECT_EQ(files[1].at("valid"), json::value(false));
  EXPECT_EQ(files[1].at("open_runs").as_array().size(), 1U);
  const json::object& finding = files[1].at("findings").at(0).as_object();
  EXPECT_EQ(finding.at("rule"), json::value("seq"));
  EXPECT_GT(finding.at("line").to_number<int>(), 1);
  for (const char* member : {"seq", "type", "run_id", "problem", "expected"})
    EXPECT_TRUE(finding.contains(member)) << member;
}

TEST_F(Check, FindsNothingInASessionThatWasGoneOnWith) {
  run_program({"run", "Calculate 2+2", "--continue", path_});
  const Finished check = run_program({"check", path_});
  EXPECT_EQ(check.exit_code, 0) << check.out;
  EXPECT_THAT(check.out, HasSubstr(" in 2 runs, no faults\n"));
}

TEST_F(Check, ShowsNoControlCharactersOfAFile) {
  auto text = lines();
  for (std::string& line : text) {
    for (std::size_t at = 0; (at = line.find("\"tc1\"", at)) != std::string::npos; ++at)
      line.replace(at, 5, R"("\u001b[2J")");
  }
  text.erase(text.begin() + static_cast<std::ptrdiff_t>(line_with(text, "tool_call_started")));
  const Finished check = run_program({"check", write("evil.jsonl", text)});
  EXPECT_EQ(check.exit_code, 1);
  EXPECT_EQ(check.out.find('\x1b'), std::string::npos);
  EXPECT_THAT(check.out, HasSubstr("the tool call ␛[2J ends"));
}

TEST_F(Check, NeedsASession) {
  const Finished check = run_program({"check"});
  EXPECT_EQ(check.exit_code, 2);
  EXPECT_THAT(check.err, HasSubstr("SESSION"));
}

}  // namespace
}  // namespace strandbus::testing
