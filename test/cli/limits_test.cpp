// What a run may use up and do, from the command line; and the script that shows it all.
#include "cli/program.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

namespace strandbus::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

TEST(Demo, TakesBackAnAnswerAsksDelegatesAndStopsALoop) {
  const Finished run = run_program({"run", "Have a look around", "--script",
                                    source_file("examples/scripts/demo.json"), "--subagents",
                                    "--retry-shown", "--json"});
  EXPECT_EQ(run.exit_code, 1) << run.err;
  for (const char* type : {"message_discarded", "retry", "tool_call_denied", "subagent_started",
                           "subagent_finished", "run_failed"}) {
    EXPECT_EQ(count(run.out, "\"type\":\"" + std::string(type) + "\""),
              type == std::string("tool_call_denied") ? 2u : 1u)
        << type;
  }
  EXPECT_EQ(count(run.out, "\"type\":\"doom_loop_detected\""), 3u);
  EXPECT_THAT(run.out, HasSubstr("\"output\":\"It is 3.\""));
  EXPECT_THAT(run.out, HasSubstr("\"error_code\":\"doom_loop\""));
}

TEST(Demo, IsShownWithItsSubagentIndented) {
  const Finished run = run_program({"run", "Have a look around", "--script",
                                    source_file("examples/scripts/demo.json"), "--subagents",
                                    "--retry-shown", "--approve", "auto"});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("loop (stop)"));
  EXPECT_THAT(run.err, HasSubstr("delegate"));
}

TEST(Demo, CanBeCheckedAndRunAgainFromItsRecording) {
  const TemporaryDirectory directory;
  const std::string session = directory.path("demo.jsonl");
  run_program({"run", "Have a look around", "--script", source_file("examples/scripts/demo.json"),
               "--subagents", "--retry-shown", "--approve", "auto", "--session", session});
  const Finished checked = run_program({"check", session});
  EXPECT_EQ(checked.exit_code, 0) << checked.out << checked.err;
  const Finished again = run_program({"run", "--script", session, "--json"});
  EXPECT_EQ(count(again.out, "\"type\":\"doom_loop_detected\""), 3u) << again.err;
  EXPECT_EQ(count(again.out, "\"type\":\"message_discarded\""), 1u);
  EXPECT_THAT(again.out, HasSubstr("\"output\":\"It is 3.\""));
}

TEST(Limits, OfToolCallsEndTheRun) {
  const Finished run =
      run_program({"run", "go", "--script", source_file("examples/scripts/parallel_tools.json"),
                   "--approve", "auto", "--max-tool-calls", "2"});
  EXPECT_EQ(run.exit_code, 4);
  EXPECT_THAT(run.err, HasSubstr("may call tools 2 times"));
}

TEST(Limits, OfMoneyEndTheRun) {
  const Finished run = run_program({"run", "Calculate 2+2", "--max-cost", "0.0001"});
  EXPECT_EQ(run.exit_code, 4);
  EXPECT_THAT(run.err, HasSubstr("budget of cost exceeded: $0.00017 of $0.0001\n"));
}

TEST(Limits, OfTokensEndTheRun) {
  const Finished run = run_program({"run", "Calculate 2+2", "--max-run-tokens", "50"});
  EXPECT_EQ(run.exit_code, 4);
}

TEST(Limits, ThatCannotBeAreNamed) {
  for (const auto& [option, value] :
       {std::pair("--max-cost", "free"), std::pair("--max-cost", "0"),
        std::pair("--max-tool-calls", "0"), std::pair("--max-run-tokens", "many"),
        std::pair("--context-window", "-1")}) {
    const Finished run = run_program({"run", "Calculate 2+2", option, value});
    EXPECT_EQ(run.exit_code, 2) << option;
    EXPECT_THAT(run.err, HasSubstr(option));
    EXPECT_THAT(run.err, HasSubstr(value));
  }
}

TEST(Rules, DecideBeforeAnybodyIsAsked) {
  const Finished run = run_program({"run", "--rule", "deny:calculator:expr=*+*", "--json", "--rule",
                                    "allow:calculator", "Calculate 2+2"});
  EXPECT_THAT(run.out, HasSubstr("tool_call_denied"));
  EXPECT_THAT(run.out, Not(HasSubstr("tool_call_started")));
}

TEST(Rules, ThatCannotBeAreShown) {
  const Finished run = run_program({"run", "Calculate 2+2", "--rule", "forbid:bash"});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("forbid:bash"));
}

TEST(Limits, OfARuleThatCanMatchNothingAreRefused) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"deny:bsh", "--rule deny:bsh: there is no tool \"bsh\"; there are calculator, plan, bash, "},
      {"deny:bash:comand=*x*",
       "--rule deny:bash:comand=*x*: bash has no argument \"comand\"; there are "},
      {"ask:write_*:file=*", "write_* has no argument \"file\"; there are content and path"}};
  for (const auto& [rule, text] : cases) {
    const Finished run = run_program({"run", "Calculate 2+2", "--rule", rule});
    EXPECT_EQ(run.exit_code, 2) << rule;
    EXPECT_THAT(run.err, HasSubstr(text));
  }
}

TEST(Limits, OfARuleAboutAToolThatIsNotThereThisTimeHold) {
  for (const char* rule : {"deny:bash", "deny:delegate", "ask:bg_*", "allow:memory_read:key=*",
                           "ask:*:path=*.env", "deny:*:=*secret*", "ask:plan:items.title=*"}) {
    const Finished run =
        run_program({"run", "Calculate 2+2", "--tools", "calculator", "--rule", rule});
    EXPECT_EQ(run.exit_code, 0) << rule << run.err;
  }
}

}  // namespace
}  // namespace strandbus::testing
