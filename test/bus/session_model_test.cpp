// What a SessionState knows of a model at work: requests, messages, calls.

#include "bus/session_events.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strandbus {
namespace {

using test::moment;
using testing::IsEmpty;
using testing::SizeIs;

struct OpenMessages : test::OpenRequestTest {};
struct OpenCalls : test::OpenRequestTest {};

TEST_F(OpenMessages, ARequestIsOpenUntilItIsAnswered) {
  ASSERT_THAT(state.model_requests, SizeIs(1));
  EXPECT_EQ(state.model_requests[0].started, moment(3));
  EXPECT_EQ(state.model_requests[0].attempt, 1);

  see(ModelCompleted{.content = ""});
  EXPECT_THAT(state.model_requests, IsEmpty());
}

TEST_F(OpenMessages, GrowByTheirDeltasEachKindByItself) {
  see(ReasoningDelta{.text = "hm", .message_id = "m1"});
  see(TokenDelta{.text = "Hel", .message_id = "m1"});
  see(AssistantDelta{.message_id = "m1", .text = "lo"});
  see(StructuredDelta{.text = "{", .message_id = "m2"});

  ASSERT_THAT(state.open_messages, SizeIs(3));
  EXPECT_EQ(state.open_messages[0].kind, MessageKind::reasoning);
  EXPECT_EQ(state.open_messages[1].content.text, "Hello");
  EXPECT_EQ(state.open_messages[1].run_id, "r1");
  EXPECT_EQ(state.open_messages[2].kind, MessageKind::structured);
  EXPECT_TRUE(state.open_messages[1].content.complete);
}

TEST_F(OpenMessages, OfTwoRunsMayHaveTheSameId) {
  see(TokenDelta{.text = "a", .message_id = "m1"});
  see(TokenDelta{.text = "b", .message_id = "m1"}, "r2");
  see(MessageDiscarded{.message_id = "m1"}, "r2");

  ASSERT_THAT(state.open_messages, SizeIs(1));
  EXPECT_EQ(message().content.text, "a");
}

TEST_F(OpenMessages, AreMarkedWhenSomethingWasMissed) {
  see(TokenDelta{.text = "a", .message_id = "m1"});
  miss(1);
  see(TokenDelta{.text = "c", .message_id = "m1"});
  see(ReasoningDelta{.text = "h", .message_id = "m1"});

  EXPECT_EQ(message().content.text, "ac");
  EXPECT_FALSE(message().content.complete);
  EXPECT_FALSE(state.open_messages[1].content.complete);
}

TEST_F(OpenMessages, AreWholeAgainInTheNextRequest) {
  miss(1);
  see(ModelStarted{.iteration = 1, .attempt = 2});
  see(TokenDelta{.text = "a", .message_id = "m1"});

  EXPECT_TRUE(message().content.complete);
}

TEST_F(OpenMessages, AreRepairedByTheCompletedRequest) {
  see(ReasoningDelta{.text = "h", .message_id = "m1"});
  see(TokenDelta{.text = "a", .message_id = "m1"});
  miss(2);
  see(ModelCompleted{.content = "abc", .reasoning = "hm"});

  EXPECT_EQ(state.open_messages[0].content.text, "hm");
  EXPECT_EQ(state.open_messages[1].content.text, "abc");
  EXPECT_TRUE(state.open_messages[1].content.complete);
  EXPECT_TRUE(state.open_messages[1].finished);
}

TEST_F(OpenMessages, StayMarkedWhenItIsNotCertainWhoseTextItIs) {
  see(TokenDelta{.text = "a", .message_id = "m1"});
  see(TokenDelta{.text = "b", .message_id = "m2"});
  miss(1);
  see(ModelCompleted{.content = "abc"});

  EXPECT_EQ(message().content.text, "a");
  EXPECT_FALSE(message().content.complete);
  EXPECT_TRUE(message().finished);
}

TEST_F(OpenMessages, StayMarkedWhenTheRequestMayBeALaterOne) {
  see(TokenDelta{.text = "a", .message_id = "m1"});
  miss(9);
  see(StreamEvent(ModelCompleted{.content = "later"}, test::context_of("r1")).set_turn(2));

  EXPECT_EQ(message().content.text, "a");
  EXPECT_FALSE(message().content.complete);
}

TEST_F(OpenMessages, OfAFormerRequestAreNotRepaired) {
  see(TokenDelta{.text = "a", .message_id = "m1"});
  see(ModelCompleted{.content = "a"});
  miss(5);
  see(ModelCompleted{.content = "b"});

  EXPECT_THAT(state.open_messages, IsEmpty());
}

TEST_F(OpenMessages, LeaveWhenTheyAreCommitted) {
  see(ReasoningDelta{.text = "h", .message_id = "m1"});
  see(TokenDelta{.text = "a", .message_id = "m1"});
  see(ModelCompleted{.content = "a"});
  see(MessageCommitted{.message = {.id = "m1", .role = Role::assistant, .content = "a"}});

  EXPECT_THAT(state.open_messages, IsEmpty());
  EXPECT_EQ(state.committed_messages, 1);
}

TEST_F(OpenMessages, LeaveWithTheAnswer) {
  see(TokenDelta{.text = "a", .message_id = "m1"});
  see(AssistantMessage{.message_id = "m1", .content = "a"});

  EXPECT_THAT(state.open_messages, IsEmpty());
}

TEST_F(OpenMessages, AreVoidWhenTheyAreDiscarded) {
  see(TokenDelta{.text = "a", .message_id = "m1"});
  see(MessageDiscarded{.message_id = "m1", .attempt = 1});
  see(TokenDelta{.text = "b", .message_id = "m1"});

  EXPECT_EQ(message().content.text, "b");
}

TEST_F(OpenMessages, LeaveWhenTheirRequestFails) {
  see(TokenDelta{.text = "a", .message_id = "m1"});
  see(ToolCallBegin{.call_id = "c1", .tool_name = "t"});
  see(ModelFailed{.error = "no"});

  EXPECT_THAT(state.open_messages, IsEmpty());
  EXPECT_THAT(state.open_calls, IsEmpty());
  EXPECT_THAT(state.model_requests, IsEmpty());
}

TEST_F(OpenMessages, ARetryIsPendingUntilTheNextAttempt) {
  see(ModelFailed{.error = "no"});
  see(Retry{.attempt = 2, .max_attempts = 3, .delay_ms = 100, .reason = "no"});
  ASSERT_THAT(state.retries, SizeIs(1));
  EXPECT_EQ(state.retries[0].announced, moment(5));
  EXPECT_EQ(state.retries[0].delay_ms, 100);

  see(ModelStarted{.iteration = 1, .attempt = 2});
  EXPECT_THAT(state.retries, IsEmpty());
  EXPECT_EQ(state.model_requests.at(0).attempt, 2);
}

TEST_F(OpenCalls, GrowByTheirDeltasUntilTheyAreReady) {
  see(ToolCallBegin{.call_id = "c1", .tool_name = "t", .index = 2});
  see(ToolCallDelta{.call_id = "c1", .delta = "{\"a\""});
  see(ToolCallDelta{.call_id = "c1", .delta = ":1}"});
  EXPECT_EQ(call().tool_name, "t");
  EXPECT_EQ(call().index, 2);
  EXPECT_EQ(call().arguments_text.text, "{\"a\":1}");
  EXPECT_FALSE(call().ready);

  see(ToolCallReady{.call_id = "c1", .tool_name = "t", .arguments = {{"a", 1}}});
  EXPECT_TRUE(call().ready);
  EXPECT_EQ(call().arguments.at("a"), 1);
  EXPECT_EQ(call().arguments_text, TextSoFar());
}

TEST_F(OpenCalls, AreMarkedWhenTheirBeginWasMissed) {
  miss(1);
  see(ToolCallDelta{.call_id = "c1", .delta = ":1}"});

  EXPECT_FALSE(call().arguments_text.complete);
}

TEST_F(OpenCalls, AreKnownFromTheCompletedRequestAlone) {
  see(ToolCallBegin{.call_id = "broken off", .tool_name = "t"});
  see(ModelCompleted{.tool_calls = {{"c1", "t", {{"a", 1}}}, {"c2", "u", nullptr}}});

  ASSERT_THAT(state.open_calls, SizeIs(2));
  EXPECT_EQ(call().call_id, "c1");
  EXPECT_TRUE(call().ready);
  EXPECT_EQ(state.open_calls[1].index, 1);
}

TEST_F(OpenCalls, LeaveWhenTheyStartOrAreDenied) {
  see(ModelCompleted{.tool_calls = {{"c1", "t", nullptr}, {"c2", "u", nullptr}}});
  see(ToolCallStarted{.tool_name = "t", .call_id = "c1"});
  EXPECT_THAT(state.open_calls, SizeIs(1));

  see(ToolCallDenied{.tool_name = "u", .call_id = "c2"});
  EXPECT_THAT(state.open_calls, IsEmpty());
}

TEST_F(OpenCalls, AnApprovalIsPendingUntilItIsResolved) {
  see(ApprovalRequested{.approval_id = "a1",
                        .call_id = "c1",
                        .tool_name = "t",
                        .arguments = {{"a", 1}},
                        .reason = "why",
                        .expires_at = "2026-01-01T00:00:00Z"});
  ASSERT_THAT(state.pending_approvals, SizeIs(1));
  EXPECT_EQ(state.pending_approvals[0].reason, "why");
  EXPECT_EQ(state.pending_approvals[0].requested, moment(4));
  EXPECT_EQ(state.pending_approvals[0].expires_at, "2026-01-01T00:00:00Z");

  see(ApprovalResolved{.approval_id = "a1", .call_id = "c1"});
  EXPECT_THAT(state.pending_approvals, IsEmpty());
}

TEST_F(OpenCalls, AStartedCallIsNoLongerPending) {
  see(ApprovalRequested{.approval_id = "a1", .call_id = "c1"});
  miss(1);
  see(ToolCallStarted{.tool_name = "t", .call_id = "c1"});

  EXPECT_THAT(state.pending_approvals, IsEmpty());
}

}  // namespace
}  // namespace strandbus
