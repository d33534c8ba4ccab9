#include "cli/program.hpp"
#include "cli/trace.hpp"
#include "strandbus/store/session_reader.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace strandbus::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

namespace fs = std::filesystem;

TEST(Memory, KeepsNotesForALaterConversation) {
  const TemporaryDirectory directory;
  const std::string write = directory.write("write.json", R"({"responses": [
    {"match": {"turn": 1}, "tool_calls": [{"name": "memory_write", "arguments":
      {"key": "colour", "text": "blue"}}]},
    {"match": {"tool_result": {"name": "memory_write"}}, "text": "Noted."}]})");
  const std::string read = directory.write("read.json", R"({"responses": [
    {"match": {"turn": 1}, "tool_calls": [{"name": "memory_read", "arguments": {"key": "colour"}}]},
    {"match": {"tool_result": {"name": "memory_read", "equals": "blue"}}, "text": "Blue."}]})");
  const std::string notes = directory.path("new/notes");
  const Finished first = run_program({"run", "go", "--json", "--script", write, "--memory", notes});
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr(R"("type":"memory_written")"));
  EXPECT_THAT(first.out, HasSubstr(R"("data":{"store":"memory","key":"colour","size":4})"));
  EXPECT_EQ(run_program({"run", "go", "--script", read, "--memory", notes}).out, "Blue.\n");
}

TEST(Memory, IsNotThereUnlessItIsAskedFor) {
  const Finished run = run_program({"run", "Calculate 2+2", "--tools", "memory_read"});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("--tools: "));
}

TEST(Memory, SaysThatNoToolUsesIt) {
  const TemporaryDirectory directory;
  const Finished run =
      run_program({"run", "Calculate 2+2", "--tools", "bash", "--memory", directory.path("notes")});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("--memory is of no use without one of memory_write"));
}

TEST(Memory, SaysWhichDirectoryCannotBe) {
  const TemporaryDirectory directory;
  const std::string file = directory.write("file", "");
  const Finished run = run_program({"run", "Calculate 2+2", "--memory", file});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("cannot keep notes in " + file));
}

TEST(Output, ShowsThePlanOfTheModel) {
  const TemporaryDirectory directory;
  const std::string script = directory.write("plan.json", R"({"responses": [
    {"match": {"turn": 1}, "tool_calls": [{"name": "plan", "arguments": {"items": [
      {"title": "Look", "status": "completed"}, {"title": "Leap", "status": "in_progress"}]}}]},
    {"match": {"tool_result": {"name": "plan", "contains": "[>] Leap"}}, "text": "Looked."}]})");
  const Finished run = run_program({"run", "go", "--script", script});
  EXPECT_EQ(run.out, "Looked.\n");
  EXPECT_THAT(run.err, HasSubstr("· plan: 1 of 2 done\n  ✓ Look\n  ▸ Leap\n✓ plan 2 items · "));
}

TEST(Outcome, OfARunThatReachesItsRoundsIsABudgetFailure) {
  const Finished run = run_program({"run", "Calculate 2+2", "--max-rounds", "1", "--json"});
  EXPECT_EQ(run.exit_code, 4);
  const auto events = events_of(run.out);
  EXPECT_THAT(types_of(events), Contains("budget_exceeded"));
  EXPECT_EQ(events.back().wire_type(), "run_failed");
  EXPECT_TRUE(unbalanced(events).empty());
  EXPECT_THAT(run.err, HasSubstr("strandbus: the run failed: the model did not answer within 1 "
                                 "round (budget)\n"));
}

TEST(Outcome, OfARunThatTakesTooLongIsABudgetFailure) {
  const TemporaryDirectory directory;
  const std::string script = directory.write("talk.json", talkative_script(1000, 20));
  const Finished run =
      run_program({"run", "go", "--timeout", "0.05", "--json", "--script", script});
  EXPECT_EQ(run.exit_code, 4);
  EXPECT_EQ(events_of(run.out).back().wire_type(), "run_failed");
  EXPECT_TRUE(unbalanced(events_of(run.out)).empty());
}

TEST(Outcome, OfAModelThatFailsIsAFailure) {
  const Finished run =
      run_program({"run", "go", "--script", source_file("examples/scripts/failing.json")});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_EQ(run.out, "");
  EXPECT_THAT(run.err, HasSubstr("error: the server had an error while processing the request"));
}

TEST(Outcome, OfAPromptThatTheScriptKnowsOnlyAtFirstIsAFailure) {
  const TemporaryDirectory directory;
  const std::string script = directory.write(
      "short.json", R"({"schema":1,"model":"m","responses":[{"match":{"user":"go"},"tool_calls":[)"
                    R"({"name":"calculator","arguments":{"expr":"1+1"}}]}]})");
  const Finished run = run_program({"run", "go", "--script", script});
  EXPECT_EQ(run.exit_code, 1);
}

TEST(Approval, IsRefusedWithoutATerminal) {
  const Finished run = run_program(
      {"run", "go", "--json", "--script", source_file("examples/scripts/long_bash.json")});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(types_of(events_of(run.out)), Contains("tool_call_denied"));
  EXPECT_THAT(types_of(events_of(run.out)), Not(Contains("bash_started")));
}

TEST(Approval, IsRefusedWhenAskedTo) {
  const Finished run = run_program({"run", "go", "--approve", "deny", "--script",
                                    source_file("examples/scripts/long_bash.json")});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.err, HasSubstr("denied"));
  EXPECT_EQ(run.out, "The command has ended.\n");
}

TEST(Tools, AreThoseThatWereSelected) {
  const auto tools_of = [](const std::string& list) {
    const Finished run = run_program({"run", "Calculate 2+2", "--json", "--tools", list});
    const auto events = events_of(run.out);
    return events.front().get_if<RunStarted>()->tools;
  };
  EXPECT_EQ(tools_of("calculator"), std::vector<std::string>{"calculator"});
  EXPECT_EQ(tools_of("bash,calculator"), (std::vector<std::string>{"bash", "calculator"}));
  EXPECT_EQ(tools_of("none"), std::vector<std::string>{});
}

TEST(Tools, WorkInTheWorkspace) {
  const TemporaryDirectory directory;
  const std::string script = directory.write("bash.json", bash_script("pwd -P"));
  const Finished run = run_program({"run", "go", "--approve", "auto", "--json", "--script", script,
                                    "--workspace", directory.path(".")});
  const std::string path = fs::canonical(directory.path(".")).string();
  EXPECT_THAT(run.out, HasSubstr("\"output\":\"" + path + "\\n\""));
}

TEST(Tools, RunMoreThanOneCommandWithoutATerminalOfTheirOwn) {
  const TemporaryDirectory directory;
  const std::string script = directory.write(
      "bash.json", bash_script("test -t 0 || echo none; cat < /dev/tty || echo no"));
  const Finished run =
      run_program({"run", "go", "--approve", "auto", "--json", "--script", script});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.out, HasSubstr("\"output\":\"none\\nno\\n"));
}

TEST(Request, CarriesModelSystemPromptAndLimit) {
  const TemporaryDirectory directory;
  const std::string system = directory.write("system.txt", "Be brief.\n");
  const auto digest = [&](const Program::Arguments& options) {
    Program::Arguments arguments{"run", "Calculate 2+2", "--json"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    for (const StreamEvent& event : events_of(run_program(arguments).out)) {
      if (const auto* started = event.get_if<ModelStarted>())
        return started->model + " " + started->request_digest;
    }
    return std::string();
  };
  const std::string plain = digest({});
  EXPECT_THAT(plain, ::testing::StartsWith("gpt-4o "));
  EXPECT_THAT(digest({"--model", "other"}), ::testing::StartsWith("other "));
  EXPECT_NE(digest({"--system", "Be brief."}), plain);
  EXPECT_EQ(digest({"--system", "Be brief."}), digest({"--system", "@" + system}));
  EXPECT_NE(digest({"--max-tokens", "10"}), plain);
}

TEST(SessionFile, IsForItsOwnerAndHasNoMoreThanTheEventStream) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("s.jsonl");
  const Finished run = run_program({"run", "Calculate 2+2", "--json", "--session", path});
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  const auto session = load_session(path);
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_EQ(session->metadata.provider, "scripted");
  EXPECT_EQ(session->metadata.model, "gpt-4o");
  EXPECT_EQ(session->metadata.title, "Calculate 2+2");
  EXPECT_EQ(session->metadata.workspace, fs::current_path().string());
  EXPECT_EQ(session->metadata.session_id, session->events.front().session_id());
  EXPECT_EQ(session->events.size(), lines_of(run.out).size());
  EXPECT_EQ(session->messages.size(), 4U);
}

TEST(SessionFile, ThatCannotGrowDoesNotEndTheRun) {
  const TemporaryDirectory directory;
  const std::string problem = "cannot write to the session file ";
  for (const bool json : {false, true}) {
    const std::string path = directory.path(json ? "json.jsonl" : "text.jsonl");
    Program::Arguments arguments{"run", "Calculate 2+2", "--session", path};
    if (json) arguments.emplace_back("--json");
    const Finished run = run_program(arguments, {.largest_file = 4096});
    EXPECT_EQ(run.exit_code, 0);
    EXPECT_THAT(run.out, HasSubstr("The answer is 4"));
    EXPECT_THAT(run.err, HasSubstr(problem + path + ": File too large; the recording ends after"));
    EXPECT_EQ(run.err.find(problem), run.err.rfind(problem));  // once
    if (json) {
      EXPECT_THAT(types_of(events_of(run.out)), Contains("system_notice"));
    }
    const auto session = load_session(path);
    ASSERT_TRUE(session) << session.error().message;
    EXPECT_FALSE(session->torn);
  }
}

TEST(Output, IsLosslessHoweverMuchThereIs) {
  constexpr std::size_t tokens = 6'000;
  const TemporaryDirectory directory;
  const std::string script = directory.write("talk.json", talkative_script(tokens, 0));
  const Finished run = run_program({"run", "go", "--json", "--script", script});
  EXPECT_EQ(run.exit_code, 0);
  const auto events = events_of(run.out);
  EXPECT_GT(events.size(), tokens);
  for (std::size_t i = 0; i < events.size(); ++i) ASSERT_EQ(events[i].seq(), i + 1);
}

TEST(Output, ThatCannotBeWrittenIsNoSuccess) {
  const detail::FileDescriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full);
  const Finished run = run_program({"run", "Calculate 2+2"}, {.out = full.get()});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err,
              HasSubstr("strandbus: cannot write to standard output: No space left on device\n"));
  const Finished json = run_program({"run", "Calculate 2+2", "--json"}, {.out = full.get()});
  EXPECT_NE(json.exit_code, 0);
  const Finished help = run_program({"--help"}, {.out = full.get()});
  EXPECT_EQ(help.exit_code, 1);
}

TEST(Output, IsRepairedWhereAPromptIsNoUtf8) {
  const TemporaryDirectory directory;
  const std::string script =
      directory.write("any.json", R"({"schema":1,"model":"m","responses":[{"text":"Yes."}]})");
  const Finished run =
      run_program({"run", "-", "--json", "--script", script}, {.input = "caf\xE9\n"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.out, HasSubstr("\"content\":\"caf\uFFFD\""));
}

TEST(Log, GoesToItsFile) {
  const TemporaryDirectory directory;
  const std::string log = directory.path("log.txt");
  const Finished run = run_program({"run", "Calculate 2+2", "--log-file", log});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(read_file(log), HasSubstr(" completed after 2 turns"));
  EXPECT_THAT(read_file(log), Not(HasSubstr("Calculate")));
}

}  // namespace
}  // namespace strandbus::testing
