// What a writer that was killed has left open is ended, wherever it was stopped.
#include "store/interrupted_runs.hpp"

#include "bus/trace_events.hpp"

#include <gmock/gmock.h>

namespace strandbus::test {
namespace {

using detail::InterruptedRuns;

/// The first `kept` events of a session, and what ends them.
Trace ended(const Trace& whole, std::size_t kept) {
  Trace trace(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(kept));
  InterruptedRuns interrupted;
  for (const StreamEvent& event : trace) interrupted.add(event);
  const Timestamp now = whole.back().ts();
  for (StreamEvent& end : interrupted.ends(now)) trace.push_back(std::move(end));
  return restamped(std::move(trace));
}

TEST(InterruptedRuns, EndsWhatIsOpenWhereverTheTraceWasCut) {
  const Trace whole = full_trace();
  for (std::size_t kept = 0; kept <= whole.size(); ++kept) {
    TraceChecker checker;
    for (const StreamEvent& event : ended(whole, kept)) checker.add(event);
    for (const TraceFinding& finding : checker.findings())
      ADD_FAILURE() << "cut after " << kept << ": " << to_string(finding);
    EXPECT_TRUE(checker.open_runs().empty()) << kept;
    EXPECT_THAT(checker.open_work(), ::testing::IsEmpty()) << kept;
  }
}

TEST(InterruptedRuns, AddsNothingToWhatHasEnded) {
  const Trace whole = full_trace();
  InterruptedRuns interrupted;
  EXPECT_TRUE(interrupted.empty());
  for (const StreamEvent& event : whole) interrupted.add(event);
  EXPECT_TRUE(interrupted.empty());
  EXPECT_TRUE(interrupted.ends(whole.back().ts()).empty());
}

TEST(InterruptedRuns, FailsEachRunThatWasOpenWithWhatItHasUsed) {
  const Trace whole = full_trace();
  const std::size_t answered = place_of<ModelCompleted>(whole);
  const Trace trace = ended(whole, answered + 1);
  const auto* failed = trace.back().get_if<RunFailed>();
  const std::size_t last = trace.size() - 1;
  for (std::size_t i = last; !failed && i > answered; --i) failed = trace[i].get_if<RunFailed>();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->error_code, ErrorCode::interrupted);
  EXPECT_EQ(failed->usage, whole[answered].get_if<ModelCompleted>()->usage);
  EXPECT_GT(failed->duration_ms, 0);
}

/// A run that has asked for the approval of two of its three calls.
Trace waiting_run(json::value arguments = json::object()) {
  std::vector<StreamEvent> events;
  RunContext context;
  context.session_id = "s";
  context.run_id = "r";
  const Publisher run(context, [&](const StreamEvent& event) { events.push_back(event); });
  const Publisher span = run.span(Publisher::new_span());
  static_cast<void>(span.publish(RunStarted{}));
  const Publisher turn = span.turn(1).span(Publisher::new_span());
  static_cast<void>(turn.publish(TurnStarted{.turn = 1}));
  Message message;
  message.id = "m";
  message.role = Role::assistant;
  for (const char* id : {"a", "b", "c"})
    message.tool_calls.push_back({.call_id = id, .tool_name = "t"});
  static_cast<void>(turn.publish(MessageCommitted{.message = message}));
  for (const char* id : {"a", "c"}) {
    static_cast<void>(turn.span(Publisher::new_span())
                          .publish(ApprovalRequested{.approval_id = std::string("ask-") + id,
                                                     .call_id = id,
                                                     .tool_name = "t",
                                                     .arguments = arguments}));
  }
  return events;
}

std::vector<std::string> offered(const Trace& trace) {
  InterruptedRuns interrupted;
  for (const StreamEvent& event : trace) interrupted.add(event);
  std::vector<std::string> ids;
  for (const ApprovalRequested& request : interrupted.unapproved())
    ids.push_back(request.approval_id);
  return ids;
}

TEST(InterruptedRuns, SaysHowABackgroundTaskEndedWhoseRunIsOver) {
  const auto end_of_task = [](const StreamEvent& end_of_run) {
    std::vector<StreamEvent> events;
    RunContext context;
    context.session_id = "s";
    context.run_id = "r1";
    const Publisher run(context, [&](const StreamEvent& event) { events.push_back(event); });
    static_cast<void>(run.publish(RunStarted{}));
    static_cast<void>(
        run.publish(BackgroundTaskStarted{.task_id = "task_1", .name = "n", .child_run_id = "r2"}));
    RunContext below = context;
    below.run_id = "r2";
    below.parent_run_id = "r1";
    below.depth = 1;
    const auto child = std::make_shared<const RunContext>(std::move(below));
    events.emplace_back(RunStarted{}, child);
    StreamEvent end = end_of_run;
    end.set_context(child);
    events.push_back(std::move(end));
    InterruptedRuns interrupted;
    for (const StreamEvent& event : events) interrupted.add(event);
    return interrupted.ends(Timestamp()).at(0);
  };
  const auto completed = end_of_task(StreamEvent(RunCompleted{}));
  ASSERT_TRUE(completed.is<BackgroundTaskFinished>());
  EXPECT_EQ(completed.get_if<BackgroundTaskFinished>()->outcome, TaskOutcome::completed);
  const auto failed = end_of_task(StreamEvent(RunFailed{}));
  ASSERT_TRUE(failed.is<BackgroundTaskFinished>());
  EXPECT_EQ(failed.get_if<BackgroundTaskFinished>()->outcome, TaskOutcome::failed);
  EXPECT_TRUE(end_of_task(StreamEvent(RunCancelled{})).is<BackgroundTaskCancelled>());
}

TEST(InterruptedRuns, KnowsWhichCallsWaitForAnApproval) {
  Trace trace = waiting_run();
  EXPECT_THAT(offered(trace), ::testing::ElementsAre("ask-a", "ask-c"));
  InterruptedRuns interrupted;
  for (const StreamEvent& event : trace) interrupted.add(event);
  EXPECT_TRUE(interrupted.only_waits());
  std::map<std::string, std::string> answers;
  for (const StreamEvent& end : interrupted.ends(trace.back().ts())) {
    const auto* committed = end.get_if<MessageCommitted>();
    if (committed) answers[committed->message.tool_call_id] = committed->message.content;
  }
  EXPECT_THAT(answers.at("a"), ::testing::HasSubstr("did not run"));
  EXPECT_THAT(answers.at("b"), ::testing::HasSubstr("unknown"));
}

TEST(InterruptedRuns, OffersNothingThatWasAnsweredOrIsNotKnown) {
  Trace answered = waiting_run();
  StreamEvent resolved(ApprovalResolved{.approval_id = "ask-a", .call_id = "a"},
                       answered.back().shared_context());
  answered.push_back(resolved);
  EXPECT_THAT(offered(answered), ::testing::ElementsAre("ask-c"));
  const json::object secret{{"header", "Bearer [redacted-token]"}};
  EXPECT_THAT(offered(waiting_run(secret)), ::testing::IsEmpty());
}

TEST(InterruptedRuns, DoesNotOfferACallThatHasRunAndWhoseResultIsAskedAbout) {
  Trace trace = waiting_run();
  trace.emplace_back(ToolCallStarted{.tool_name = "t", .call_id = "c"},
                     trace.back().shared_context());
  EXPECT_THAT(offered(trace), ::testing::ElementsAre("ask-a"));
}

TEST(InterruptedRuns, OffersACallAgainThatWasTakenUpOnce) {
  std::vector<StreamEvent> events;
  RunContext context;
  context.session_id = "s";
  context.run_id = "r2";
  const Publisher run(context, [&](const StreamEvent& event) { events.push_back(event); });
  static_cast<void>(run.publish(RunStarted{}));
  // A text that is asked about before the first turn is no call.
  static_cast<void>(run.publish(ApprovalRequested{.approval_id = "text", .call_id = "msg"}));
  EXPECT_THAT(offered(events), ::testing::IsEmpty());
  static_cast<void>(run.turn(1).publish(TurnStarted{.turn = 1}));
  static_cast<void>(run.turn(1).publish(ApprovalRequested{.approval_id = "ask-a", .call_id = "a"}));
  EXPECT_THAT(offered(events), ::testing::ElementsAre("ask-a"));
}

TEST(InterruptedRuns, DoesMoreThanWaitWhileAToolRuns) {
  Trace trace = waiting_run();
  trace.emplace_back(ToolCallStarted{.tool_name = "t", .call_id = "b"},
                     trace.back().shared_context());
  InterruptedRuns interrupted;
  for (const StreamEvent& event : trace) interrupted.add(event);
  EXPECT_FALSE(interrupted.only_waits());
  EXPECT_FALSE(InterruptedRuns().only_waits());
}

TEST(InterruptedRuns, HasNothingToDoBehindARestore) {
  InterruptedRuns interrupted;
  const Trace whole = full_trace();
  for (std::size_t i = 0; i < whole.size() / 2; ++i) interrupted.add(whole[i]);
  EXPECT_FALSE(interrupted.empty());
  interrupted.add(StreamEvent(SessionRestored{}));
  EXPECT_TRUE(interrupted.empty());
}

}  // namespace
}  // namespace strandbus::test
