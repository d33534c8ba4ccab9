// For each rule a good trace that breaks just this one.
#include "trace_events.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace strandbus {

/// Shows the word instead of a number when a test fails.
inline void PrintTo(TraceRule rule, std::ostream* out) { *out << wire_name(rule); }

namespace test {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<TraceRule> broken_by(const Trace& events) {
  std::vector<TraceRule> rules;
  for (const TraceFinding& finding : check_trace(events)) rules.push_back(finding.rule);
  return rules;
}

std::vector<std::string> texts(const Trace& events) {
  std::vector<std::string> texts;
  for (const TraceFinding& finding : check_trace(events)) texts.push_back(to_string(finding));
  return texts;
}

/// The nth event of its type is left out.
template <PayloadType T>
Trace lacking(std::size_t nth = 0) {
  const Trace events = full_trace();
  return without(events, place_of<T>(events, nth));
}

/// The nth event of its type comes a second time, right behind itself.
template <PayloadType T>
Trace doubled(std::size_t nth = 0) {
  const Trace events = full_trace();
  const std::size_t place = place_of<T>(events, nth);
  return repeated(events, place, place + 1);
}

template <PayloadType T, class Change>
Trace changed(std::size_t nth, const Change& change) {
  return with<T>(full_trace(), nth, change);
}

template <PayloadType T>
Trace in_span(std::size_t nth, SpanId span) {
  Trace events = full_trace();
  StreamEvent& event = events[place_of<T>(events, nth)];
  event.set_span(span, event.parent_span_id());
  return events;
}

template <class Change>
Trace in_context(std::size_t place, const Change& change) {
  Trace events = full_trace();
  RunContext context = events[place].context();
  change(context);
  events[place].set_context(std::make_shared<const RunContext>(std::move(context)));
  return events;
}

/// Every event of a run gets the changed context.
template <class Change>
Trace whole_run_in_context(const std::string& run_id, const Change& change) {
  Trace events = full_trace();
  for (StreamEvent& event : events) {
    if (event.run_id() != run_id) continue;
    RunContext context = event.context();
    change(context);
    event.set_context(std::make_shared<const RunContext>(std::move(context)));
  }
  return events;
}

TEST(TraceChecker, FindsNothingInAGoodTrace) {
  TraceChecker checker;
  for (const StreamEvent& event : full_trace()) checker.add(event);
  EXPECT_THAT(texts(full_trace()), IsEmpty());
  EXPECT_THAT(checker.open_runs(), IsEmpty());
  EXPECT_THAT(checker.open_work(), IsEmpty());
  EXPECT_EQ(checker.runs(), 2U);
  EXPECT_EQ(checker.events(), full_trace().size());
}

TEST(TraceChecker, SaysWhereWhatIsWrongAndWhatWouldBeRight) {
  TraceChecker checker;
  std::size_t line = 1;
  for (const StreamEvent& event : lacking<ToolCallStarted>(1)) checker.add(event, ++line);
  ASSERT_THAT(checker.findings(), ::testing::Not(IsEmpty()));
  const TraceFinding& finding = checker.findings().front();
  EXPECT_EQ(finding.type, "tool_output");
  EXPECT_EQ(finding.line, finding.seq + 1);
  EXPECT_EQ(finding.run_id, "r1");
  EXPECT_EQ(to_string(finding),
            "seq " + std::to_string(finding.seq) +
                ", tool_output of r1: it belongs to tool call c1, which is not open; expected it "
                "between tool_call_started and the end of that call");
}

TEST(TraceChecker, KeepsOnlySoManyFindingsAndCountsTheRest) {
  TraceChecker checker({.max_findings = 2});
  const Trace events = full_trace();
  for (int i = 0; i < 5; ++i) checker.add(events.front());
  EXPECT_THAT(checker.findings(), SizeIs(2));
  EXPECT_GT(checker.found(), 10U);
}

// The envelope.

TEST(TraceChecker, FindsAGapInTheSeqs) {
  Trace events = full_trace();
  events.erase(events.begin() + static_cast<std::ptrdiff_t>(place_of<StatusUpdate>(events)));
  EXPECT_THAT(broken_by(events), ElementsAre(TraceRule::seq));
  EXPECT_THAT(texts(events), ElementsAre(HasSubstr("the event before it is missing")));
}

TEST(TraceChecker, FindsASeqThatComesAgain) {
  Trace events = full_trace();
  const std::size_t last = events.size() - 1;
  events[last].set_stamp(events[last].seq() - 1, events[last].id(), events[last].ts());
  EXPECT_THAT(broken_by(events), ElementsAre(TraceRule::seq));
}

TEST(TraceChecker, DoesNotJudgeSumsAndTextsOfWhatWasLost) {
  Trace events = full_trace();
  events.erase(events.begin() + static_cast<std::ptrdiff_t>(place_of<TokenDelta>(events, 2)));
  EXPECT_THAT(broken_by(events), ElementsAre(TraceRule::seq));
}

TEST(TraceChecker, FindsATimeThatGoesBack) {
  Trace events = full_trace();
  events[9].set_stamp(10, events[9].id(), events[9].ts() - std::chrono::seconds(1));
  EXPECT_THAT(broken_by(events), ElementsAre(TraceRule::time));
}

TEST(TraceChecker, FindsAnIdThatComesAgainAlsoOutOfOrder) {
  Trace events = full_trace();
  events[20].set_stamp(21, events[5].id(), events[20].ts());
  EXPECT_THAT(broken_by(events), ElementsAre(TraceRule::id));
  events = full_trace();
  events[20].set_stamp(21, EventId{1, 1}, events[20].ts());  // from elsewhere
  EXPECT_THAT(broken_by(events), IsEmpty());
  events[40].set_stamp(41, EventId{1, 1}, events[40].ts());
  EXPECT_THAT(broken_by(events), ElementsAre(TraceRule::id));
}

TEST(TraceChecker, FindsAnEventOfAnotherSession) {
  EXPECT_THAT(broken_by(in_context(12, [](RunContext& c) { c.session_id = "s2"; })),
              ElementsAre(TraceRule::session));
}

TEST(TraceChecker, TakesThePastOfAForkFromOtherSessions) {
  Trace events = full_trace();
  for (std::size_t i = 0; i < 12; ++i) {
    RunContext context = events[i].context();
    context.session_id = i < 6 ? "s0" : "s1";
    events[i].set_context(std::make_shared<const RunContext>(std::move(context)));
  }
  TraceChecker checker({.own_from_seq = events[12].seq()});
  for (const StreamEvent& event : events) checker.add(event);
  EXPECT_EQ(checker.found(), 0U);

  // From there on it is one session, besides those of its past.
  for (const std::size_t i : {20U, 30U}) {
    RunContext context = events[i].context();
    context.session_id = "s" + std::to_string(i);
    events[i].set_context(std::make_shared<const RunContext>(std::move(context)));
  }
  TraceChecker again({.own_from_seq = events[12].seq()});
  for (const StreamEvent& event : events) again.add(event);
  ASSERT_EQ(again.found(), 1U);
  EXPECT_EQ(again.findings()[0].rule, TraceRule::session);
  EXPECT_EQ(again.findings()[0].seq, events[30].seq());
}

// Runs.

TEST(TraceChecker, FindsWhatComesAfterTheEndOfARun) {
  Trace events = full_trace();
  const std::size_t end = place_of<RunCompleted>(events, 1);
  EXPECT_THAT(broken_by(moved(events, place_of<StatusUpdate>(events), end + 1)),
              ElementsAre(TraceRule::run));
}

TEST(TraceChecker, FindsASecondEndOfARun) {
  EXPECT_THAT(broken_by(doubled<RunCompleted>(1)), ElementsAre(TraceRule::run));
}

TEST(TraceChecker, FindsWhatComesBeforeTheStartOfARun) {
  Trace events = full_trace();
  const std::size_t start = place_of<RunStarted>(events);
  EXPECT_THAT(broken_by(moved(events, place_of<UserMessage>(events), start)),
              Contains(TraceRule::run));
  EXPECT_THAT(texts(moved(events, place_of<UserMessage>(events), start)).front(),
              HasSubstr("its run has not started"));
}

TEST(TraceChecker, FindsARunThatStartsTwice) {
  EXPECT_THAT(broken_by(doubled<RunStarted>()), ElementsAre(TraceRule::run));
  Trace events = full_trace();
  EXPECT_THAT(broken_by(repeated(events, place_of<RunStarted>(events), events.size())),
              ElementsAre(TraceRule::run));
}

TEST(TraceChecker, FindsAnotherContextWithinARun) {
  const std::size_t place = place_of<StatusUpdate>(full_trace());
  for (const auto& change :
       {+[](RunContext& c) { c.agent = "x"; }, +[](RunContext& c) { c.depth = 4; },
        +[](RunContext& c) { c.parent_run_id = "x"; }, +[](RunContext& c) { c.workflow_id = "x"; },
        +[](RunContext& c) { c.parent_workflow_id = "x"; },
        +[](RunContext& c) { c.attributes["user"] = "x"; }}) {
    EXPECT_THAT(broken_by(in_context(place, change)), ElementsAre(TraceRule::run));
  }
  EXPECT_THAT(broken_by(in_context(place, [](RunContext& c) { c.model_id = "x"; })), IsEmpty());
}

TEST(TraceChecker, TellsARunThatIsOpenAtTheEndAsSuchAndNotAsAFault) {
  Trace events = full_trace();
  events.resize(place_of<ToolOutput>(events) + 1);
  TraceChecker checker;
  for (const StreamEvent& event : events) checker.add(event);
  EXPECT_THAT(checker.findings(), IsEmpty());
  ASSERT_THAT(checker.open_runs(), SizeIs(1));
  const TraceOpenRun run = checker.open_runs().front();
  EXPECT_EQ(run.run_id, "r1");
  EXPECT_EQ(run.since_seq, events[place_of<RunStarted>(events)].seq());
  EXPECT_THAT(run.inside, ElementsAre("turn 1", "tool call c2", "sub-agent r2", "tool call c1"));
  EXPECT_THAT(
      checker.open_work(),
      ElementsAre("workflow build (w1)", "workflow step 1 of build (w1)", "background task b1"));
}

TEST(TraceChecker, TakesTheRunsThatARestoreDeclaresInterruptedForEnded) {
  Trace events = full_trace();
  events.resize(place_of<ToolOutput>(events) + 1);
  events.emplace_back(SessionRestored{.from_seq = 1});
  events = restamped(std::move(events));
  TraceChecker checker;
  for (const StreamEvent& event : events) checker.add(event);
  EXPECT_THAT(checker.findings(), IsEmpty());
  EXPECT_THAT(checker.open_runs(), IsEmpty());
}

// Starts and ends.

TEST(TraceChecker, FindsAnEndWithoutAStart) {
  EXPECT_THAT(broken_by(lacking<ApprovalRequested>()), ElementsAre(TraceRule::pairing));
  EXPECT_THAT(broken_by(lacking<SubagentStarted>()), Contains(TraceRule::pairing));
  EXPECT_THAT(broken_by(lacking<BackgroundTaskStarted>()), ElementsAre(TraceRule::pairing));
  EXPECT_THAT(broken_by(lacking<WorkflowStarted>()), Contains(TraceRule::pairing));
  EXPECT_THAT(broken_by(lacking<WorkflowStepStarted>()), Contains(TraceRule::pairing));
  EXPECT_THAT(broken_by(lacking<TurnStarted>()), Contains(TraceRule::pairing));
  EXPECT_THAT(broken_by(lacking<ModelStarted>()), Contains(TraceRule::pairing));
  EXPECT_THAT(broken_by(lacking<ToolCallStarted>()), Contains(TraceRule::pairing));
}

TEST(TraceChecker, FindsAStartWithoutAnEnd) {
  EXPECT_THAT(broken_by(lacking<ApprovalResolved>()), ElementsAre(TraceRule::pairing));
  EXPECT_THAT(broken_by(lacking<SubagentFinished>()), ElementsAre(TraceRule::pairing));
  EXPECT_THAT(broken_by(lacking<WorkflowStepCompleted>()), ElementsAre(TraceRule::pairing));
  EXPECT_THAT(broken_by(lacking<TurnEnded>(1)), ElementsAre(TraceRule::pairing));
  EXPECT_THAT(broken_by(lacking<ModelCompleted>(1)), Contains(TraceRule::pairing));
  EXPECT_THAT(broken_by(lacking<ToolCallCompleted>(1)),
              ElementsAre(TraceRule::conversation, TraceRule::pairing));
}

TEST(TraceChecker, FindsASecondStart) {
  EXPECT_THAT(broken_by(doubled<ApprovalRequested>()), ElementsAre(TraceRule::pairing));
  EXPECT_THAT(broken_by(doubled<SubagentStarted>()), ElementsAre(TraceRule::pairing));
  EXPECT_THAT(broken_by(doubled<BackgroundTaskStarted>()), ElementsAre(TraceRule::pairing));
  EXPECT_THAT(broken_by(doubled<WorkflowStarted>()), ElementsAre(TraceRule::pairing));
  EXPECT_THAT(broken_by(doubled<WorkflowStepStarted>()), ElementsAre(TraceRule::pairing));
  EXPECT_THAT(broken_by(doubled<ToolCallStarted>()),
              ElementsAre(TraceRule::pairing, TraceRule::totals));
}

TEST(TraceChecker, FindsASecondEnd) {
  EXPECT_THAT(broken_by(doubled<ApprovalResolved>()), ElementsAre(TraceRule::pairing));
  EXPECT_THAT(broken_by(doubled<SubagentFinished>()), ElementsAre(TraceRule::pairing));
  EXPECT_THAT(broken_by(doubled<BackgroundTaskFinished>()), ElementsAre(TraceRule::pairing));
  EXPECT_THAT(broken_by(doubled<WorkflowCompleted>()), ElementsAre(TraceRule::pairing));
  EXPECT_THAT(broken_by(doubled<WorkflowStepCompleted>()), ElementsAre(TraceRule::pairing));
  EXPECT_THAT(broken_by(doubled<ToolCallCompleted>()), ElementsAre(TraceRule::pairing));
  EXPECT_THAT(broken_by(doubled<TurnEnded>(1)), ElementsAre(TraceRule::pairing));
  EXPECT_THAT(broken_by(doubled<ModelFailed>()), ElementsAre(TraceRule::pairing));
}

TEST(TraceChecker, FindsAnEndUnderAnotherName) {
  EXPECT_THAT(broken_by(changed<ToolCallCompleted>(0, [](auto& p) { p.tool_name = "write_file"; })),
              ElementsAre(TraceRule::pairing));
  EXPECT_THAT(broken_by(changed<ApprovalResolved>(0, [](auto& p) { p.call_id = "c2"; })),
              ElementsAre(TraceRule::pairing));
  EXPECT_THAT(broken_by(changed<SubagentFinished>(0, [](auto& p) { p.agent = "x"; })),
              ElementsAre(TraceRule::pairing));
}

TEST(TraceChecker, FindsAnEndInAnotherTurn) {
  Trace events = full_trace();
  events[place_of<ToolCallCompleted>(events)].set_turn(2);
  EXPECT_THAT(broken_by(events), ElementsAre(TraceRule::pairing));
}

TEST(TraceChecker, FindsADeniedCallThatRuns) {
  Trace events = full_trace();
  const std::size_t output = place_of<ToolOutput>(events);
  StreamEvent denied(ToolCallDenied{.tool_name = "read_file", .call_id = "c1"},
                     events[output].shared_context());
  denied.set_turn(1);
  events.insert(events.begin() + static_cast<std::ptrdiff_t>(output), denied);
  EXPECT_THAT(broken_by(restamped(std::move(events))), ElementsAre(TraceRule::pairing));
}

TEST(TraceChecker, FindsANestedRunThatHasNotEndedWhenItsParentSaysSo) {
  const Trace events = full_trace();
  const Trace late =
      moved(events, place_of<RunCompleted>(events), place_of<SubagentFinished>(events) + 1);
  EXPECT_THAT(broken_by(late), ElementsAre(TraceRule::pairing));
  EXPECT_THAT(broken_by(changed<SubagentFinished>(0, [](auto& p) { p.outcome = Outcome::failed; })),
              ElementsAre(TraceRule::pairing));
}

// Spans and parents.

TEST(TraceChecker, FindsAnEndInAnotherSpan) {
  const SpanId foreign = 77;
  EXPECT_THAT(broken_by(in_span<ToolCallCompleted>(0, foreign)), ElementsAre(TraceRule::span));
  EXPECT_THAT(broken_by(in_span<ModelCompleted>(0, foreign)), ElementsAre(TraceRule::span));
  EXPECT_THAT(broken_by(in_span<TurnEnded>(0, foreign)), ElementsAre(TraceRule::span));
  EXPECT_THAT(broken_by(in_span<ApprovalResolved>(0, foreign)), ElementsAre(TraceRule::span));
  EXPECT_THAT(broken_by(in_span<SubagentFinished>(0, foreign)), ElementsAre(TraceRule::span));
  EXPECT_THAT(broken_by(in_span<BackgroundTaskFinished>(0, foreign)), ElementsAre(TraceRule::span));
  EXPECT_THAT(broken_by(in_span<WorkflowStepCompleted>(0, foreign)), ElementsAre(TraceRule::span));
  EXPECT_THAT(broken_by(in_span<WorkflowCompleted>(0, foreign)), ElementsAre(TraceRule::span));
  EXPECT_THAT(broken_by(in_span<RunCompleted>(1, foreign)), ElementsAre(TraceRule::span));
}

TEST(TraceChecker, FindsASpanThatChangesItsParent) {
  Trace events = full_trace();
  StreamEvent& output = events[place_of<ToolOutput>(events)];
  output.set_span(output.span_id(), events.front().span_id());
  EXPECT_THAT(broken_by(events), ElementsAre(TraceRule::span));
}

TEST(TraceChecker, FindsAnUnknownParentSpan) {
  Trace events = full_trace();
  StreamEvent& status = events[place_of<StatusUpdate>(events)];
  status.set_span(78, 77);
  EXPECT_THAT(broken_by(events), ElementsAre(TraceRule::parent));
}

TEST(TraceChecker, LetsARootRunBeginInASpanOfTheApplication) {
  Trace events;
  const Publisher session(RunContext{.session_id = "s1", .run_id = "r1", .agent = "a"},
                          [&](const StreamEvent& event) { events.push_back(event); });
  const Publisher run = session.span(5, 4);
  run.publish(RunStarted{});
  run.publish(RunFailed{});
  EXPECT_THAT(texts(events), IsEmpty());
}

TEST(TraceChecker, FindsAnUnknownParentRunAndAWrongDepth) {
  EXPECT_THAT(broken_by(whole_run_in_context("r2", [](RunContext& c) { c.parent_run_id = "r8"; })),
              ElementsAre(TraceRule::parent));
  EXPECT_THAT(broken_by(whole_run_in_context("r2", [](RunContext& c) { c.depth = 2; })),
              ElementsAre(TraceRule::parent));
  EXPECT_THAT(broken_by(whole_run_in_context("r2", [](RunContext& c) { c.parent_run_id = ""; })),
              ElementsAre(TraceRule::parent));
}

TEST(TraceChecker, FindsAnUnknownParentWorkflow) {
  EXPECT_THAT(broken_by(in_context(0, [](RunContext& c) { c.parent_workflow_id = "w8"; })),
              ElementsAre(TraceRule::parent));
}

// Pieces and wholes.

TEST(TraceChecker, FindsToolOutputOutsideOfItsCall) {
  const Trace events = full_trace();
  const std::size_t output = place_of<ToolOutput>(events);
  EXPECT_THAT(broken_by(moved(events, output, place_of<ToolCallStarted>(events, 1))),
              ElementsAre(TraceRule::place));
  EXPECT_THAT(broken_by(moved(events, output, place_of<ToolCallCompleted>(events) + 1)),
              ElementsAre(TraceRule::place));
  EXPECT_THAT(broken_by(with<ToolOutput>(events, 0, [](auto& p) { p.call_id = "c9"; })),
              ElementsAre(TraceRule::place));
}

TEST(TraceChecker, FindsADeltaOutsideOfItsRequest) {
  const Trace events = full_trace();
  EXPECT_THAT(broken_by(in_span<TokenDelta>(0, 77)), ElementsAre(TraceRule::place));
  EXPECT_THAT(broken_by(moved(events, place_of<TokenDelta>(events, 3),
                              place_of<ModelCompleted>(events) + 1)),
              Contains(TraceRule::place));
  EXPECT_THAT(broken_by(changed<TokenDelta>(3, [](auto& p) { p.message_id = "m9"; })),
              ElementsAre(TraceRule::place));
}

TEST(TraceChecker, FindsAPieceOfATextThatIsMissingOrChanged) {
  EXPECT_THAT(broken_by(lacking<TokenDelta>(2)), ElementsAre(TraceRule::text));
  EXPECT_THAT(broken_by(doubled<TokenDelta>(2)), ElementsAre(TraceRule::text));
  EXPECT_THAT(broken_by(changed<ReasoningDelta>(0, [](auto& p) { p.text = "hard"; })),
              ElementsAre(TraceRule::text));
  EXPECT_THAT(texts(changed<TokenDelta>(3, [](auto& p) { p.text = " lock"; })),
              ElementsAre(HasSubstr("differ from byte 7 on: \"ck\"; expected the 9 bytes of the "
                                    "whole, there: \"ok\"")));
  EXPECT_THAT(broken_by(changed<ModelCompleted>(0, [](auto& p) { p.content = ""; })),
              ElementsAre(TraceRule::text));
}

TEST(TraceChecker, FindsShownTextThatARetryMakesVoidSilently) {
  EXPECT_THAT(broken_by(lacking<MessageDiscarded>()), ElementsAre(TraceRule::text));
  EXPECT_THAT(broken_by(doubled<MessageDiscarded>()), ElementsAre(TraceRule::text));
}

TEST(TraceChecker, FindsATornToolCall) {
  EXPECT_THAT(broken_by(lacking<ToolCallBegin>(1)), Each(TraceRule::call));
  EXPECT_THAT(broken_by(lacking<ToolCallBegin>(1)), SizeIs(3));
  EXPECT_THAT(broken_by(lacking<ToolCallDelta>(1)), ElementsAre(TraceRule::call));
  EXPECT_THAT(broken_by(lacking<ToolCallReady>(1)), ElementsAre(TraceRule::call));
  EXPECT_THAT(broken_by(doubled<ToolCallBegin>()), ElementsAre(TraceRule::call));
  EXPECT_THAT(broken_by(doubled<ToolCallReady>()), ElementsAre(TraceRule::call));
  EXPECT_THAT(broken_by(changed<ToolCallBegin>(0, [](auto& p) { p.index = 1; })),
              ElementsAre(TraceRule::call));
  EXPECT_THAT(broken_by(changed<ToolCallDelta>(2, [](auto& p) { p.delta = R"({"task":1})"; })),
              ElementsAre(TraceRule::call));
  const auto rename = [](auto& p) { p.tool_name = "x"; };
  EXPECT_THAT(broken_by(changed<ToolCallBegin>(0, rename)), Each(TraceRule::call));
  EXPECT_THAT(broken_by(changed<ModelCompleted>(0, [](auto& p) { p.tool_calls.pop_back(); })),
              ElementsAre(TraceRule::call));
  EXPECT_THAT(broken_by(changed<ModelCompleted>(
                  0, [](auto& p) { p.tool_calls[0].arguments = json::object(); })),
              ElementsAre(TraceRule::call));
}

// The conversation.

TEST(TraceChecker, FindsACallThatIsNotAnswered) {
  EXPECT_THAT(broken_by(lacking<MessageCommitted>(4)), ElementsAre(TraceRule::conversation));
}

TEST(TraceChecker, FindsAnAnswerThatNobodyAskedFor) {
  EXPECT_THAT(broken_by(doubled<MessageCommitted>(4)), ElementsAre(TraceRule::conversation));
}

TEST(TraceChecker, FindsAnswersInAnotherOrder) {
  const Trace events = full_trace();
  EXPECT_THAT(broken_by(moved(events, place_of<MessageCommitted>(events, 4),
                              place_of<MessageCommitted>(events, 3))),
              ElementsAre(TraceRule::conversation));
}

TEST(TraceChecker, FindsAnAnswerToACallThatStillRuns) {
  const Trace events = full_trace();
  EXPECT_THAT(broken_by(moved(events, place_of<MessageCommitted>(events, 3),
                              place_of<ToolCallCompleted>(events))),
              ElementsAre(TraceRule::conversation));
}

TEST(TraceChecker, FindsACallIdThatStandsTwiceInAMessage) {
  const Trace events =
      changed<MessageCommitted>(1, [](auto& p) { p.message.tool_calls[1].call_id = "c1"; });
  EXPECT_THAT(broken_by(events), Each(TraceRule::conversation));
  EXPECT_THAT(texts(events).front(), HasSubstr("the call_id c1 stands twice"));
}

// Sums.

TEST(TraceChecker, FindsSumsThatAreNotThoseOfTheEvents) {
  const auto more = [](auto& p) { p.usage.total += 1; };
  EXPECT_THAT(broken_by(changed<TurnEnded>(0, more)), ElementsAre(TraceRule::totals));
  EXPECT_THAT(broken_by(changed<RunCompleted>(0, more)), ElementsAre(TraceRule::totals));
  EXPECT_THAT(broken_by(changed<UsageUpdate>(0, more)), ElementsAre(TraceRule::totals));
  EXPECT_THAT(
      texts(changed<RunCompleted>(0, more)),
      ElementsAre(HasSubstr("the usage of the run is 5 in, 2 out, 8 total; expected 5 in, 2 "
                            "out, 7 total, the sum of its requests")));
}

TEST(TraceChecker, KnowsThatARequestThatFailedMayHaveUsedTokens) {
  EXPECT_THAT(broken_by(changed<TurnEnded>(1, [](auto& p) { p.usage.total += 1; })), IsEmpty());
  EXPECT_THAT(broken_by(changed<TurnEnded>(1, [](auto& p) { p.usage.prompt = 9; })),
              ElementsAre(TraceRule::totals));
}

TEST(TraceChecker, FindsCountsThatAreNotThoseOfTheEvents) {
  EXPECT_THAT(broken_by(changed<RunCompleted>(1, [](auto& p) { ++p.iterations; })),
              ElementsAre(TraceRule::totals));
  EXPECT_THAT(broken_by(changed<RunCompleted>(1, [](auto& p) { ++p.llm_calls; })),
              ElementsAre(TraceRule::totals));
  EXPECT_THAT(broken_by(changed<RunCompleted>(1, [](auto& p) { ++p.tool_calls; })),
              ElementsAre(TraceRule::totals));
  EXPECT_THAT(broken_by(changed<RunCompleted>(1, [](auto& p) { p.cost = NanoUsd{6}; })),
              ElementsAre(TraceRule::totals));
  EXPECT_THAT(broken_by(changed<TurnStarted>(2, [](auto& p) { p.turn = 3; })),
              ElementsAre(TraceRule::totals, TraceRule::pairing, TraceRule::pairing));
}

}  // namespace
}  // namespace test
}  // namespace strandbus
