// What each family of events does to a SessionState.

#include "bus/session_events.hpp"
#include "strandbus/event/factory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strandbus {
namespace {

using test::context_of;
using test::moment;
using test::stamped;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

struct SessionStateSeqs : test::SessionTest {};
struct SessionStateRuns : test::SessionTest {};
struct SessionStateUsage : test::SessionTest {};
struct SessionStateSession : test::SessionTest {};

TEST_F(SessionStateSeqs, AGapIsCounted) {
  see(make_token("a"));
  miss(3);
  see(make_token("b"));

  EXPECT_EQ(state.last_seq, 5U);
  EXPECT_EQ(state.missed, 3U);
  EXPECT_EQ(state.ts, moment(5));
  EXPECT_EQ(state.session_id, "s1");
}

TEST_F(SessionStateSeqs, WhatCameBeforeTheFirstEventWasMissedToo) {
  miss(9);
  see(make_token("a"));

  EXPECT_EQ(state.missed, 9U);
}

TEST_F(SessionStateSeqs, ARepeatIsIgnored) {
  start_request();
  see(TokenDelta{.text = "a", .message_id = "m1"});
  const SessionState before = state;
  state.apply(stamped(StreamEvent(TokenDelta{"a", "m1"}, context_of("r1")), seq));
  state.apply(stamped(StreamEvent(TokenDelta{"a", "m1"}, context_of("r1")), 2));

  EXPECT_EQ(state, before);
}

TEST_F(SessionStateSeqs, AnEventThatWasNeverPublishedIsIgnored) {
  state.apply(StreamEvent(make_token("a")));

  EXPECT_EQ(state, SessionState());
}

TEST_F(SessionStateSeqs, AMergedDeliveryCountsAsAllThatItStandsFor) {
  start_request();
  const StreamEvent merged = stamped(StreamEvent(AssistantDelta{"m1", "abc"}, context_of("r1")), 6);
  state.apply(Delivery(merged, {}, 4, 0));

  EXPECT_EQ(state.missed, 0U);
  EXPECT_EQ(message().content.text, "abc");
  EXPECT_TRUE(message().content.complete);
}

TEST_F(SessionStateSeqs, AMergedDeliveryThatReachesBackIsNotTakenApart) {
  start_request();
  see(TokenDelta{.text = "a", .message_id = "m1"});
  const StreamEvent merged = stamped(StreamEvent(AssistantDelta{"m1", "abc"}, context_of("r1")), 6);
  state.apply(Delivery(merged, {}, 4, 0));

  EXPECT_EQ(state.last_seq, 6U);
  EXPECT_EQ(state.missed, 2U);
  EXPECT_EQ(message().content.text, "a");
  EXPECT_FALSE(message().content.complete);
}

TEST_F(SessionStateSession, RemembersWhatTheSessionIs) {
  see(SessionCreated{.workspace = "/w", .title = "t", .client = "c"}, "");
  see(WorkspaceUpdated{.root = "/v", .reason = "moved"}, "");

  EXPECT_EQ(state.created, moment(1));
  EXPECT_EQ(state.workspace, "/v");
  EXPECT_EQ(state.title, "t");
  EXPECT_EQ(state.client, "c");
  EXPECT_THAT(state.runs, IsEmpty());
}

TEST_F(SessionStateSession, KnowsThatItWasClosedUntilItIsRestored) {
  see(SessionClosed{.reason = "bye"}, "");
  EXPECT_EQ(state.closed, moment(1));
  EXPECT_EQ(state.close_reason, "bye");

  see(SessionRestored{.from_seq = 1, .events = 1, .messages = 0}, "");
  EXPECT_FALSE(state.closed);
  EXPECT_EQ(state.close_reason, "");
  EXPECT_EQ(state.restored->events, 1);
}

TEST_F(SessionStateSession, ARestoreEndsWhatTheFormerProcessLeftOpen) {
  start_request();
  see(TokenDelta{.text = "a", .message_id = "m1"});
  see(WorkflowStarted{.workflow = "w"}, "");
  see(SessionRestored{.from_seq = 1, .events = 5, .messages = 0}, "");

  EXPECT_TRUE(state.idle());
  ASSERT_THAT(state.ended_runs, SizeIs(1));
  EXPECT_EQ(state.ended_runs[0].state, Status::failed);
  EXPECT_EQ(state.ended_runs[0].error_code, ErrorCode::interrupted);
}

TEST_F(SessionStateRuns, ARunAppearsWithWhatItsStartSays) {
  RunContext context;
  context.run_id = "r2";
  context.parent_run_id = "r1";
  context.workflow_id = "w1";
  context.agent = "scout";
  context.depth = 1;
  see(StreamEvent(RunStarted{.provider = "p", .model = "m", .max_rounds = 9},
                  std::make_shared<const RunContext>(context)));

  ASSERT_THAT(state.runs, SizeIs(1));
  const RunState& run = state.runs[0];
  EXPECT_EQ(run.run_id, "r2");
  EXPECT_EQ(run.parent_run_id, "r1");
  EXPECT_EQ(run.workflow_id, "w1");
  EXPECT_EQ(run.agent, "scout");
  EXPECT_EQ(run.depth, 1);
  EXPECT_EQ(run.provider, "p");
  EXPECT_EQ(run.model, "m");
  EXPECT_EQ(run.state, Status::running);
  EXPECT_EQ(run.started, moment(1));
  EXPECT_FALSE(run.ended);
}

TEST_F(SessionStateRuns, ARunWhoseStartWasMissedAppearsWithItsFirstEvent) {
  miss(4);
  see(make_status(AgentStatus::thinking, "hm"));

  ASSERT_THAT(state.runs, SizeIs(1));
  EXPECT_FALSE(state.runs[0].started);
  EXPECT_EQ(state.runs[0].agent, "coder");
  EXPECT_EQ(state.runs[0].status, AgentStatus::thinking);
  EXPECT_EQ(state.runs[0].detail, "hm");
}

TEST_F(SessionStateRuns, CountsTurns) {
  start_request();
  see(TurnEnded{.turn = 1});
  see(TurnStarted{.turn = 2, .max_turns = 9});

  EXPECT_EQ(state.runs[0].turn, 2);
  EXPECT_EQ(state.runs[0].max_turns, 9);
  EXPECT_EQ(state.runs[0].iterations, 2);
}

TEST_F(SessionStateRuns, EndWithWhatTheirTerminalEventSays) {
  for (const char* id : {"r1", "r2", "r3"}) see(RunStarted{.model = "m"}, id);
  see(RunCompleted{.finish_reason = FinishReason::length, .iterations = 4}, "r1");
  see(RunFailed{.error = "no", .error_code = ErrorCode::network}, "r2");
  see(RunCancelled{.reason = "stop it"}, "r3");

  EXPECT_THAT(state.runs, IsEmpty());
  ASSERT_THAT(state.ended_runs, SizeIs(3));
  EXPECT_EQ(state.ended_runs[0].state, Status::completed);
  EXPECT_EQ(state.ended_runs[0].finish_reason, FinishReason::length);
  EXPECT_EQ(state.ended_runs[0].iterations, 4);
  EXPECT_EQ(state.ended_runs[0].ended, moment(4));
  EXPECT_EQ(state.ended_runs[1].state, Status::failed);
  EXPECT_EQ(state.ended_runs[1].error, "no");
  EXPECT_EQ(state.ended_runs[1].error_code, ErrorCode::network);
  EXPECT_EQ(state.ended_runs[2].state, Status::cancelled);
  EXPECT_EQ(state.ended_runs[2].reason, "stop it");
}

TEST_F(SessionStateRuns, TheEndOfARunEndsWhateverItHadOpen) {
  start_request();
  see(make_status(AgentStatus::thinking));
  see(TokenDelta{.text = "a", .message_id = "m1"});
  see(ToolCallBegin{.call_id = "c1", .tool_name = "t"});
  see(ApprovalRequested{.approval_id = "a1", .call_id = "c2"});
  see(ToolCallStarted{.tool_name = "t", .call_id = "c3"});
  see(Retry{.attempt = 2});
  see(SubagentStarted{.agent = "scout", .child_run_id = "r9"});
  see(WorkflowStarted{.workflow = "w"});
  see(WorkflowStepStarted{.workflow = "w", .step = 0});
  see(RunStarted{.model = "m"}, "r2");
  see(TokenDelta{.text = "b", .message_id = "m2"}, "r2");
  see(RunCancelled{.reason = "enough"});

  EXPECT_THAT(state.open_messages, SizeIs(1));
  EXPECT_FALSE(state.ended_runs[0].status);
  see(RunCancelled{.reason = "enough"}, "r2");
  EXPECT_TRUE(state.idle());
}

TEST_F(SessionStateRuns, NothingComesFromARunThatHasEnded) {
  see(RunStarted{.model = "m"});
  see(RunCompleted{});
  see(TokenDelta{.text = "late", .message_id = "m1"});

  EXPECT_TRUE(state.idle());
  EXPECT_EQ(state.last_seq, 3U);
}

TEST_F(SessionStateRuns, OnlyTheLastThatEndedAreKept) {
  const std::size_t count = SessionState::max_ended_runs + 3;
  for (std::size_t i = 0; i < count; ++i) {
    see(RunStarted{.model = "m"}, "r" + std::to_string(i));
    see(RunCompleted{.usage = {1, 1, 2}}, "r" + std::to_string(i));
  }

  EXPECT_EQ(state.ended_runs.size(), SessionState::max_ended_runs);
  EXPECT_EQ(state.ended_runs.front().run_id, "r3");
  EXPECT_EQ(state.ended_runs_dropped, 3);
  EXPECT_EQ(state.usage.total, static_cast<std::int64_t>(2 * count));
}

TEST_F(SessionStateRuns, KeepTheirNewestPlan) {
  see(PlanUpdated{.items = {{"a", "pending"}}}, "");
  see(PlanUpdated{.items = {{"b", "pending"}}});
  see(PlanUpdated{.items = {{"b", "done"}, {"c", "pending"}}});

  EXPECT_THAT(state.plan, ElementsAre(PlanItem{"a", "pending"}));
  EXPECT_THAT(state.runs[0].plan, ElementsAre(PlanItem{"b", "done"}, PlanItem{"c", "pending"}));
}

TEST_F(SessionStateRuns, TellTheirLastError) {
  see(Error{.error = "disk full", .error_code = ErrorCode::E_PERMISSIONS});
  EXPECT_EQ(state.last_error->error, "disk full");
  EXPECT_EQ(state.last_error->run_id, "r1");

  see(AgentError{.agent = "coder", .error = "lost", .error_code = ErrorCode::network});
  EXPECT_EQ(state.last_error->error_code, ErrorCode::network);

  see(RunFailed{.error = "gone", .error_code = ErrorCode::server_error});
  EXPECT_EQ(state.last_error->error, "gone");
  EXPECT_EQ(state.last_error->ts, moment(3));
}

TEST_F(SessionStateUsage, OfARunningTurnIsThatOfItsRequests) {
  start_request();
  see(ModelCompleted{.usage = {10, 2, 12}});

  EXPECT_EQ(state.runs[0].usage.total, 12);
  EXPECT_EQ(state.usage.total, 12);
}

TEST_F(SessionStateUsage, TheTurnAndTheRunAreNotCountedOnTop) {
  start_request();
  see(ModelCompleted{.usage = {10, 2, 12}});
  see(TurnEnded{.turn = 1, .usage = {10, 2, 12}});
  see(TurnStarted{.turn = 2});
  see(ModelCompleted{.usage = {20, 4, 24}});
  see(TurnEnded{.turn = 2, .usage = {20, 4, 24}});
  EXPECT_EQ(state.usage, (Usage{30, 6, 36}));

  see(UsageUpdate{.usage = {30, 6, 36}, .cost = NanoUsd{7}});
  EXPECT_EQ(state.usage, (Usage{30, 6, 36}));
  EXPECT_EQ(state.cost, NanoUsd{7});

  see(RunCompleted{.usage = {30, 6, 36}, .cost = NanoUsd{7}});
  EXPECT_EQ(state.usage, (Usage{30, 6, 36}));
  EXPECT_EQ(state.cost, NanoUsd{7});
  EXPECT_EQ(state.unpriced_runs, 0);
}

TEST_F(SessionStateUsage, TheTurnKnowsAlsoWhatAFailedRequestUsed) {
  start_request();
  see(ModelFailed{.error = "no"});
  see(TurnEnded{.turn = 1, .usage = {7, 1, 8}});

  EXPECT_EQ(state.usage.total, 8);
}

TEST_F(SessionStateUsage, IsRepairedByTheTerminalEvent) {
  start_request();
  miss(5);
  see(RunCompleted{.usage = {30, 6, 36}, .cost = NanoUsd{7}});

  EXPECT_EQ(state.usage.total, 36);
  EXPECT_EQ(state.ended_runs[0].usage.total, 36);
}

TEST_F(SessionStateUsage, OfTheSessionIsTheSumOfItsRuns) {
  start_request();
  see(ModelCompleted{.usage = {10, 2, 12}});
  see(RunStarted{.model = "m"}, "r2");
  see(ModelCompleted{.usage = {1, 1, 2}}, "r2");
  see(RunCompleted{.usage = {1, 1, 2}, .cost = NanoUsd{3}}, "r2");
  see(RunFailed{.error = "no", .usage = {10, 2, 12}});

  EXPECT_EQ(state.usage.total, 14);
  EXPECT_EQ(state.cost, NanoUsd{3});
  EXPECT_EQ(state.unpriced_runs, 1);
}

TEST_F(SessionStateUsage, OfARequestOutsideAnyRunCounts) {
  see(ModelCompleted{.usage = {1, 1, 2}}, "");

  EXPECT_EQ(state.usage.total, 2);
}

TEST_F(SessionStateUsage, TheAnswerTellsTheCostSoFar) {
  start_request();
  see(AssistantMessage{.message_id = "m1", .metadata = {.cost = NanoUsd{5}}});

  EXPECT_EQ(state.runs[0].cost, NanoUsd{5});
  EXPECT_EQ(state.cost, NanoUsd{5});
}

}  // namespace
}  // namespace strandbus
