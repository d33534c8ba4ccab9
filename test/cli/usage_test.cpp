#include "cli/program.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace strandbus::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// One line on standard error, nothing on standard output, exit code 2.
void expect_usage_error(const Program::Arguments& arguments, const std::string& expected) {
  const Finished finished = run_program(arguments);
  EXPECT_EQ(finished.exit_code, 2) << finished.err;
  EXPECT_EQ(finished.out, "");
  EXPECT_THAT(finished.err, StartsWith("strandbus: "));
  EXPECT_THAT(finished.err, HasSubstr(expected));
  EXPECT_EQ(std::ranges::count(finished.err, '\n'), 1) << finished.err;
  EXPECT_THAT(finished.err, EndsWith("\n"));
}

TEST(Usage, NamesAnUnknownOption) {
  expect_usage_error({"run", "Calculate 2+2", "--frobnicate"},
                     "unknown option --frobnicate; see strandbus run --help");
  expect_usage_error({"--frobnicate"}, "unknown option --frobnicate; see strandbus --help");
  expect_usage_error({"follow", "http://x/v1/sessions/a", "--store", "x.db"},
                     "unknown option --store");
}

TEST(Usage, NamesAnUnknownCommand) {
  expect_usage_error({"frobnicate"},
                     "unknown command \"frobnicate\"; there are run, serve, follow, publish, "
                     "link, replay, stats, check, sessions and export");
}

TEST(Usage, AsksForACommand) { expect_usage_error({}, "no command"); }

TEST(Usage, AsksForAPrompt) { expect_usage_error({"run"}, "no prompt"); }

TEST(Usage, RefusesAnEmptyPrompt) {
  expect_usage_error({"run", ""}, "the prompt is empty");
  expect_usage_error({"run", " \n\t"}, "the prompt is empty");
  expect_usage_error({"run", "-"}, "the prompt is empty");
}

TEST(Usage, TellsHowToWriteAPromptOfSeveralWords) {
  expect_usage_error({"run", "Calculate", "2+2"},
                     "unexpected argument \"2+2\"; put the prompt in quotes");
}

TEST(Usage, NamesTheProvidersThatThereAre) {
  expect_usage_error({"run", "Calculate 2+2", "--provider", "oracle"},
                     "--provider: \"oracle\" is no provider that this version has; there are "
                     "scripted, openai and anthropic");
}

TEST(Usage, SaysWhichPromptsTheScriptKnows) {
  expect_usage_error({"run", "What is love?"},
                     "the built-in script does not know the prompt \"What is love?\"; it knows "
                     "\"Calculate 2+2\"");
}

TEST(Usage, NamesLineAndFieldOfABadScript) {
  const TemporaryDirectory directory;
  const std::string wrong_type = directory.write(
      "type.json", "{\"schema\": 1, \"model\": \"m\",\n \"responses\": [\n  {\"text\": 7}]}");
  expect_usage_error({"run", "x", "--script", wrong_type},
                     wrong_type + ":3:12: /responses/0/text: ");
  const std::string no_json = directory.write("syntax.json", "{\n\"schema\": 1,\n}");
  expect_usage_error({"run", "x", "--script", no_json}, no_json + ":3:");
  const std::string missing = directory.path("missing.json");
  expect_usage_error({"run", "x", "--script", missing},
                     "cannot read the script " + missing + ": No such file or directory");
}

TEST(Usage, SaysWhyASessionFileCannotBeRead) {
  const TemporaryDirectory directory;
  const std::string missing = directory.path("missing.jsonl");
  const std::string no_session = directory.write("hello.jsonl", "hello\n");
  for (const char* command : {"replay", "stats"}) {
    expect_usage_error({command, missing},
                       "cannot read the session file " + missing + ": No such file or directory");
    expect_usage_error({command, no_session}, no_session + ":1: ");
  }
}

TEST(Usage, SaysWhyASessionFileCannotBeWritten) {
  const TemporaryDirectory directory;
  const std::string existing = directory.write("s.jsonl", "precious");
  expect_usage_error({"run", "Calculate 2+2", "--session", existing},
                     "cannot create the session file " + existing + ": it exists");
  EXPECT_EQ(read_file(existing), "precious");
  const std::string nowhere = directory.path("no/where.jsonl");
  expect_usage_error({"run", "Calculate 2+2", "--session", nowhere},
                     nowhere + ": No such file or directory");
}

TEST(Usage, MakesNoSessionFileForARunThatCannotStart) {
  const TemporaryDirectory directory;
  const std::string session = directory.path("s.jsonl");
  expect_usage_error({"run", "unknown", "--session", session}, "does not know the prompt");
  EXPECT_EQ(read_file(session), "");
}

TEST(Usage, MakesNoDirectoryForALogFile) {
  const TemporaryDirectory directory;
  const std::string log = directory.path("no/x.log");
  expect_usage_error({"run", "Calculate 2+2", "--log-file", log},
                     "cannot log to " + log + ": there is no directory " + directory.path("no"));
  EXPECT_FALSE(std::filesystem::exists(directory.path("no")));
}

TEST(Usage, ChecksEveryValue) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"--max-rounds", "0"}, "--max-rounds: \"0\" is no whole number of at least 1"},
      {{"--max-rounds", "1.5"}, "--max-rounds: \"1.5\" is no whole number"},
      {{"--max-tokens", "many"}, "--max-tokens: \"many\""},
      {{"--timeout", "0"}, "--timeout: \"0\" is no number of seconds above zero"},
      {{"--timeout", "inf"}, "--timeout: \"inf\""},
      {{"--approve", "maybe"},
       "--approve: \"maybe\" is no way to approve; there are ask, auto and "
       "deny"},
      {{"--approve", "ask"}, "--approve ask needs a terminal; say auto or deny"},
      {{"--tools", "hammer"}, "--tools: "},
      {{"--tools", "bash,bash"}, "--tools: "},
      {{"--workspace", "/nowhere/at/all"}, "cannot work in /nowhere/at/all: "},
      {{"--workspace", "/dev/null"}, "cannot work in /dev/null: it is no directory"},
      {{"--system", "@/nowhere/at/all"}, "cannot read the system prompt /nowhere/at/all: "},
      {{"--log-level", "loud"}, "--log-level: \"loud\" is no log level"},
      {{"--json", "--dialect", "klingon"},
       "--dialect: \"klingon\" is no dialect; there are native"},
      {{"--dialect", "rollouts"}, "--dialect says how --json speaks: add --json"},
      {{"--model"}, "--model needs a value"},
      {{"--model", "a", "--model", "b"}, "--model is given more than once"},
  };
  for (const auto& [options, message] : cases) {
    Program::Arguments arguments{"run", "Calculate 2+2"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    expect_usage_error(arguments, message);
  }
  expect_usage_error({"replay", "x", "--speed", "-1"}, "--speed: \"-1\"");
  expect_usage_error({"replay", "x", "--from", "0"}, "--from: \"0\"");
  expect_usage_error({"replay"}, "SESSION is required");
  expect_usage_error({"stats", "x", "--format", "xml"},
                     "--format: \"xml\" is no format; there are table, json and prometheus");
  expect_usage_error({"stats", "x", "--format", "prometheus", "--json"},
                     "--json is --format json: leave out one of them");
}

TEST(Usage, RefusesAPromptThatIsTooLong) {
  const TemporaryDirectory directory;
  const std::string large = directory.write("large", std::string(2'000'000, 'x'));
  expect_usage_error({"run", "Calculate 2+2", "--system", "@" + large}, "has more than 1 MiB");
}

TEST(Usage, MakesControlCharactersOfArgumentsVisible) {
  expect_usage_error({"run", "\x1b[2J\nx"}, "does not know the prompt");
  const Finished finished = run_program({"replay", "a\x1b]0;pwned\x07.jsonl"});
  EXPECT_EQ(finished.err.find('\x1b'), std::string::npos);
  EXPECT_EQ(finished.err.find('\x07'), std::string::npos);
}

TEST(Usage, PrintsItsVersion) {
  const Finished finished = run_program({"--version"});
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_THAT(finished.out, ::testing::MatchesRegex("strandbus [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  EXPECT_EQ(finished.err, "");
}

std::string help_of(const Program::Arguments& command) {
  Program::Arguments arguments = command;
  arguments.emplace_back("--help");
  const Finished finished = run_program(arguments);
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_EQ(finished.err, "");
  return finished.out;
}

TEST(Help, ShowsEachCommandWithExamplesAndExitCodes) {
  const std::string overview = help_of({});
  for (const char* command : {"run", "follow", "publish", "replay", "stats"}) {
    EXPECT_THAT(overview, HasSubstr("\n  " + std::string(command)));
    const std::string help = help_of({command});
    EXPECT_THAT(help, HasSubstr("\nExit codes: 0"));
    EXPECT_THAT(help, HasSubstr("\nExamples:\n  strandbus " + std::string(command)));
  }
}

TEST(Help, StaysWithinAHundredColumns) {
  for (const Program::Arguments& command :
       {Program::Arguments{}, {"run"}, {"follow"}, {"publish"}, {"replay"}, {"stats"}}) {
    const std::regex long_line("[^\n]{101}");
    EXPECT_FALSE(std::regex_search(help_of(command), long_line));
  }
}

TEST(Help, NamesOnlyOptionsThatExist) {
  for (const std::string command : {"run", "follow", "publish", "replay", "stats"}) {
    const std::string help = help_of({command});
    const std::regex option("\n  (-., )?(--[a-z-]+)");
    std::set<std::string> names;
    for (std::sregex_iterator it(help.begin(), help.end(), option), end; it != end; ++it)
      names.insert((*it)[2]);
    EXPECT_GE(names.size(), 2U) << command;
    for (const std::string& name : names) {
      const Finished finished = run_program({command, name});
      EXPECT_EQ(finished.err.find("unknown option"), std::string::npos) << command << " " << name;
    }
  }
}

}  // namespace
}  // namespace strandbus::testing
