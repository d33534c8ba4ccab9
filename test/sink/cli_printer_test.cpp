#include "strandbus/sink/cli_printer.hpp"

#include "sink/printed.hpp"
#include "sink/scenes.hpp"
#include "sink/screen.hpp"
#include "wire/event_list.hpp"

#include <boost/json/object.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace strandbus::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

// text

TEST(CliPrinter, WritesEachTokenAsItComes) {
  RecordedPrinter printer(on_terminal());
  printer->on_event(StreamEvent(token("Hel")));
  EXPECT_EQ(printer.printed().out, "Hel");
  printer->on_event(StreamEvent(token("lo")));
  EXPECT_EQ(printer.printed().out, "Hello");
  printer->finish();
  EXPECT_EQ(printer.printed().out, "Hello\n");
}

TEST(CliPrinter, WritesTheTextOfAModelThatDoesNotStream) {
  EventList list = begun_run();
  list.add(answer_end("All at once")).add(answer("All at once"));
  list.add(RunCompleted{.output = "All at once"});
  Screen screen(80);
  screen.write(print(on_terminal(), list.events()).out);
  EXPECT_THAT(screen.text(), HasSubstr("All at once\n\n✓ "));
}

TEST(CliPrinter, PrintsMergedDeltasLikeSingleOnes) {
  EventList single = begun_run();
  single.add(token("one ")).add(token("two")).add(answer_end("one two"));
  EventList merged = begun_run();
  merged.add(AssistantDelta{.message_id = "m", .text = "one two"}).add(answer_end("one two"));
  EXPECT_EQ(print(on_terminal(), single.events()).out, print(on_terminal(), merged.events()).out);
}

TEST(CliPrinter, DropsEmptyLinesAroundATextButNotWithin) {
  EventList list;
  list.add(token("\n\na\n")).add(token("\n")).add(token("b\n\n"));
  EXPECT_EQ(print(on_terminal(), list.events()).out, "a\n\nb\n");
}

TEST(CliPrinter, HoldsASequenceThatIsSplitBetweenTokens) {
  EventList list;
  list.add(token("\xF0\x9F\x98")).add(token("\x80 \x1b")).add(token("[2J\r")).add(token("\nz"));
  EXPECT_EQ(print(on_terminal(), list.events()).out, "😀 ␛[2J\nz\n");
}

TEST(CliPrinter, SaysThatTheFinalTextWasChanged) {
  EventList list = begun_run();
  list.add(token("call 555-1234")).add(answer_end("call 555-1234")).add(answer("call [removed]"));
  EXPECT_THAT(print(on_terminal(), list.events()).out,
              HasSubstr("call 555-1234\n[the text was changed to:]\ncall [removed]\n"));
}

TEST(CliPrinter, ShowsARefusalAsWhatTheModelSaid) {
  EventList list = begun_run();
  list.add(answer_end("")).add(AssistantMessage{.message_id = "m", .refusal = "I can't do that."});
  EXPECT_THAT(print(on_terminal(), list.events()).out,
              HasSubstr("! the model refused\nI can't do that.\n"));
  EXPECT_EQ(print(in_pipe(), list.events()).out, "I can't do that.\n");
}

TEST(CliPrinter, KeepsTheTextsOfRunsApart) {
  EventList list;
  RunContext other = EventList::run_context();
  other.run_id = "other";
  list.add(token("one"))
      .in(other)
      .add(token("two"))
      .in(EventList::run_context())
      .add(token("three"));
  EXPECT_THAT(print(on_terminal(), list.events()).out, HasSubstr("one\ntwo\nthree\n"));
}

// the summary

/// A run with one below it, which has one below it too.
std::vector<StreamEvent> three_runs(std::optional<NanoUsd> innermost_cost) {
  RunContext innermost = EventList::nested_context("c", "checker");
  innermost.parent_run_id = "b";
  innermost.depth = 2;
  EventList list = begun_run();
  list.in(EventList::nested_context("b", "helper")).add(RunStarted{});
  list.in(innermost).add(RunStarted{});
  list.add(RunCompleted{
      .iterations = 1, .usage = {100, 1, 101}, .cost = innermost_cost, .tool_calls = 1});
  list.in(EventList::nested_context("b", "helper"));
  list.add(RunFailed{.iterations = 1, .usage = {20, 2, 22}, .cost = NanoUsd{20}});
  list.in(EventList::run_context());
  list.add(RunCompleted{
      .iterations = 2, .usage = {3, 3, 6}, .cost = NanoUsd{3}, .tool_calls = 1, .duration_ms = 5});
  return list.events();
}

TEST(CliPrinter, SumsUpARunWithEverythingBelowIt) {
  EXPECT_THAT(
      print(on_terminal(200), three_runs(NanoUsd{100})).out,
      HasSubstr("✓ 4 turns · 2 tools · 123 tokens in · 6 out · $0.000000123 · 5 ms · with 2 "
                "runs below it\n"));
}

TEST(CliPrinter, SaysThatACostIsNotTheWholeOne) {
  EXPECT_THAT(print(on_terminal(200), three_runs(std::nullopt)).out,
              HasSubstr(" · at least $0.000000023 · "));
}

TEST(CliPrinter, TellsABudgetInItsUnit) {
  EventList list = begun_run();
  list.add(BudgetExceeded{.budget = BudgetKind::cost, .limit = 0.0001, .used = 0.000142});
  list.add(BudgetExceeded{.budget = BudgetKind::wall_time, .limit = 2, .used = 2.004});
  const std::string out = print(on_terminal(), list.events()).out;
  EXPECT_THAT(out, HasSubstr("budget of cost exceeded: $0.000142 of $0.0001\n"));
  EXPECT_THAT(out, HasSubstr("budget of wall_time exceeded: 2 of 2\n"));
}

// the pipe

TEST(CliPrinter, GivesAPipeTheAnswerAndNothingElse) {
  const Printed printed = print(in_pipe(), golden_run().events());
  EXPECT_EQ(printed.out, "The answer is 4\n");
  EXPECT_THAT(printed.err, HasSubstr("I'll use the calculator\n✓ calculator 2+2"));
}

TEST(CliPrinter, GivesAPipeEveryAnswerOfAConversation) {
  RecordedPrinter printer(in_pipe());
  printer.show(golden_run().events());
  printer.show(golden_run().events());
  EXPECT_EQ(printer.printed().out, "The answer is 4\nThe answer is 4\n");
}

TEST(CliPrinter, KeepsTheLineEndsOfAPipedAnswer) {
  EventList list = begun_run();
  list.add(answer("\n  a\n\n"));
  EXPECT_EQ(print(in_pipe(), list.events()).out, "\n  a\n\n");
}

TEST(CliPrinter, KeepsWhatARetryDiscardedOutOfThePipe) {
  EventList list = begun_run();
  list.add(token("wrong")).add(ModelFailed{}).add(MessageDiscarded{.message_id = "m"});
  list.add(ModelStarted{.attempt = 2}).add(token("right")).add(answer_end("right"));
  list.add(answer("right")).add(RunCompleted{.output = "right"});
  const Printed printed = print(in_pipe(), list.events());
  EXPECT_EQ(printed.out, "right\n");
  EXPECT_THAT(printed.err, Not(HasSubstr("wrong")));
}

TEST(CliPrinter, ShowsAnAnswerThatStaysIncompleteBesideThePipe) {
  EventList list = begun_run();
  list.add(token("half an ans")).add(RunCancelled{.reason = "stopped"});
  const Printed printed = print(in_pipe(), list.events());
  EXPECT_EQ(printed.out, "");
  EXPECT_THAT(printed.err, HasSubstr("incomplete answer:\nhalf an ans\n"));
  EXPECT_TRUE(printed.err.ends_with("cancelled: stopped\n")) << printed.err;
}

TEST(CliPrinter, TakesTheAnswerFromTheEndOfTheRunIfItsMessageWasMissed) {
  EventList list = begun_run();
  list.add(RunCompleted{.output = "from the end"});
  EXPECT_EQ(print(in_pipe(), list.events()).out, "from the end\n");
  EXPECT_THAT(print(on_terminal(), list.events()).out, HasSubstr("from the end\n"));
}

TEST(CliPrinter, WritesNoEscapesIntoAPipe) {
  for (const Scene& scene : scenes()) {
    const Printed printed = print(in_pipe(), scene.events());
    EXPECT_EQ(printed.both.find_first_of("\x1b\r"), std::string::npos) << scene.name;
  }
}

// tools

TEST(CliPrinter, ShowsParallelToolsInTheOrderOfTheirEnds) {
  EventList list = begun_run();
  for (const std::string id : {"a", "b", "c"}) {
    list.add(ToolCallStarted{.tool_name = "tool_" + id, .call_id = id});
  }
  for (const std::string id : {"b", "c", "a"}) {
    list.add(ToolCallCompleted{.tool_name = "tool_" + id, .call_id = id, .success = true});
  }
  const std::string err = print(in_pipe(), list.events()).err;
  EXPECT_THAT(err, HasSubstr("✓ tool_b · 0 ms\n✓ tool_c · 0 ms\n✓ tool_a · 0 ms\n"));
}

TEST(CliPrinter, ShowsToolOutputOnlyInFullDetail) {
  EventList list = begun_run();
  std::string output = "first\n";
  for (int i = 2; i <= 25; ++i) output += "line\x1b\n";
  list.add(ToolCallCompleted{.tool_name = "t", .call_id = "a", .success = true, .output = output});
  EXPECT_THAT(print(in_pipe(), list.events()).err, Not(HasSubstr("│")));
  CliPrinterOptions full = in_pipe();
  full.detail = PrintDetail::full;
  EXPECT_THAT(print(full, list.events()).err, HasSubstr("  │ first\n  │ line␛\n"));
  EXPECT_THAT(print(full, list.events()).err, HasSubstr("  … 5 more lines\n"));
}

TEST(CliPrinter, ShowsOnlyTheAnswerWhenAskedTo) {
  CliPrinterOptions options = on_terminal();
  options.detail = PrintDetail::answer;
  EXPECT_EQ(print(options, golden_run().events()).both,
            "I'll use the calculator\nThe answer is 4\n");
  options.target = PrintTarget::pipe;
  EXPECT_EQ(print(options, golden_run().events()).both, "The answer is 4\n");
}

// plans

TEST(CliPrinter, ShowsAPlanItemByItem) {
  EventList list = begun_run();
  list.add(PlanUpdated{.items = {{"Read the code", "completed"},
                                 {"Write a test", "in_progress"},
                                 {"Merge", "pending"},
                                 {"Rest", "blocked"}}});
  EXPECT_THAT(print(on_terminal(), list.events()).out,
              HasSubstr("· plan: 1 of 4 done\n  ✓ Read the code\n  ▸ Write a test\n  ○ Merge\n"
                        "  ○ [blocked] Rest\n"));
  EXPECT_THAT(print(in_pipe(), list.events()).err, HasSubstr("  ▸ Write a test\n"));
}

TEST(CliPrinter, ShowsThatThereIsNoPlanAnyMore) {
  EventList list = begun_run();
  list.add(PlanUpdated{});
  EXPECT_THAT(print(on_terminal(), list.events()).out, HasSubstr("· plan: empty\n"));
}

TEST(CliPrinter, CutsALongPlanAndSaysHowMuchIsMissing) {
  PlanUpdated plan;
  for (int i = 1; i <= 35; ++i) plan.items.push_back({"item " + std::to_string(i), "pending"});
  EventList list = begun_run();
  list.add(plan);
  const std::string out = print(on_terminal(), list.events()).out;
  EXPECT_THAT(out, HasSubstr("○ item 30\n  … 5 more\n"));
  EXPECT_THAT(out, Not(HasSubstr("item 31")));
}

TEST(CliPrinter, MakesATitleSafeForTheTerminal) {
  EventList list = begun_run();
  list.add(PlanUpdated{.items = {{"a\x1b[2Jb", "in_progress"}}});
  EXPECT_THAT(print(on_terminal(), list.events()).out, HasSubstr("▸ a␛[2Jb\n"));
}

// colours

TEST(CliPrinter, ColoursEachStreamOnlyWhenItIsMeantTo) {
  EventList list = begun_run();
  list.add(RunFailed{.error = "e"});
  CliPrinterOptions options = on_terminal();
  options.status = StatusLine::never;
  options.colour = PrintColour::always;
  const Printed view_in_colour = print(options, list.events());
  EXPECT_THAT(view_in_colour.out, HasSubstr("\x1b["));
  EXPECT_THAT(view_in_colour.err, Not(HasSubstr("\x1b[")));
  options.target = PrintTarget::pipe;
  EXPECT_THAT(print(options, list.events()).both, Not(HasSubstr("\x1b[")));
  options.error_colour = PrintColour::always;
  EXPECT_THAT(print(options, list.events()).err, HasSubstr("\x1b["));
}

// approvals

TEST(CliPrinter, ShowsEveryCharacterThatWaitsForApproval) {
  const std::string command = "echo " + std::string(500, 'x') + " \u202E; rm\n-rf\u200B";
  EventList list = begun_run();
  list.add(ApprovalRequested{.approval_id = "1",
                             .tool_name = "bash",
                             .arguments = json::object{{"command", command}, {"a", 1}}});
  const std::string shown = "    command: echo " + std::string(500, 'x') +
                            " <U+202E>; rm\n           │ -rf<U+200B>\n    a: 1\n";
  for (const PrintDetail detail : {PrintDetail::answer, PrintDetail::normal, PrintDetail::full}) {
    CliPrinterOptions options = in_pipe(40);
    options.detail = detail;
    EXPECT_THAT(print(options, list.events()).err, HasSubstr(shown));
  }
}

// notes

TEST(CliPrinter, PutsANoteOnALineOfItsOwn) {
  EventList list = begun_run();
  list.add(token("half")).add(token(" way"));
  RecordedPrinter printer(on_terminal());
  for (const StreamEvent& event : list.events()) {
    if (event.seq() == 4) printer->note("stopping\x1b[2J");
    printer->on_event(event);
  }
  printer->finish();
  EXPECT_TRUE(printer.printed().err.starts_with("stopping␛[2J\n")) << printer.printed().err;
  Screen screen(80);
  screen.write(printer.printed().both);
  EXPECT_THAT(screen.text(), HasSubstr("half\nstopping␛[2J\n way\n"));
}

// ends

TEST(CliPrinter, EndsAFailedRunWithOneClearLine) {
  EventList list = begun_run();
  list.add(RunFailed{.error = "rate limit", .error_code = ErrorCode::rate_limit});
  for (const CliPrinterOptions& options : {in_pipe(), on_terminal()}) {
    EXPECT_TRUE(print(options, list.events()).err.ends_with("error: rate limit (rate_limit)\n"));
  }
}

TEST(CliPrinter, SaysThatAnAnswerReachedTheTokenLimit) {
  EventList list = begun_run();
  list.add(answer("It is")).add(RunCompleted{.finish_reason = FinishReason::length});
  const Printed printed = print(in_pipe(), list.events());
  EXPECT_EQ(printed.out, "It is\n");
  EXPECT_THAT(printed.err, HasSubstr("incomplete: the answer reached the token limit\n"));
}

TEST(CliPrinter, SaysThatTheEventsEndBeforeTheRun) {
  EventList list = begun_run();
  list.add(token("cut"));
  EXPECT_EQ(print(in_pipe(), list.events()).err,
            "incomplete answer:\ncut\nincomplete: the events end before the run does\n");
  EXPECT_THAT(print(on_terminal(), list.events()).out, HasSubstr("cut\n"));
}

TEST(CliPrinter, FinishesTwiceAsOnce) {
  RecordedPrinter printer(on_terminal());
  printer.show(golden_run().events());
  printer->finish();
  const std::string once = printer.printed().both;
  printer->finish();
  EXPECT_EQ(printer.printed().both, once);
}

TEST(CliPrinter, PrintsAReplayLikeTheLiveRun) {
  for (const Scene& scene : scenes()) {
    RecordedPrinter live(on_terminal());
    for (const StreamEvent& event : scene.events()) {
      live->on_event(event);
      live->tick(event.ts() + 70ms);
    }
    live->finish();
    Screen seen_live(80);
    seen_live.write(live.printed().both);
    Screen replayed(80);
    replayed.write(print(on_terminal(), scene.events()).both);
    EXPECT_EQ(replayed.text(), seen_live.text()) << scene.name;
  }
}

TEST(CliPrinter, SeparatesTheRunsOfAConversation) {
  RecordedPrinter printer(on_terminal());
  printer.show(golden_run().events());
  printer.show(golden_run().events());
  EXPECT_THAT(printer.printed().out, HasSubstr(" · 455 ms\n\n› Calculate 2+2\n"));
}

TEST(CliPrinter, DoesNotRepeatAPromptThatWasTypedOnTheScreen) {
  CliPrinterOptions options = on_terminal();
  options.prompts = PromptEcho::never;
  EXPECT_THAT(print(options, golden_run().events()).out, Not(HasSubstr("Calculate")));
}

TEST(CliPrinter, ForgetsTheOldestOfTooManyOpenRuns) {
  EventList list;
  for (int i = 0; i < 1'000; ++i) {
    RunContext context = EventList::run_context();
    context.run_id = "run " + std::to_string(i);
    list.in(context).add(RunStarted{});
  }
  RecordedPrinter printer(in_pipe());
  printer.show(list.events());
  printer->finish();
  const auto lines = std::ranges::count(printer.printed().err, '\n');
  EXPECT_EQ(lines, 256);
}

}  // namespace
}  // namespace strandbus::testing
