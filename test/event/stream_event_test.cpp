#include "strandbus/event/stream_event.hpp"

#include "event/sample.hpp"
#include "strandbus/event/factory.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <gtest/gtest.h>

namespace strandbus {
namespace {

static_assert(sizeof(StreamEvent) <= 144);
static_assert(std::is_nothrow_move_constructible_v<StreamEvent>);
static_assert(std::is_copy_assignable_v<StreamEvent>);

TEST(StreamEvent, DefaultEventIsAnEmptyCustomWithoutContext) {
  const StreamEvent event;
  EXPECT_EQ(event.type(), EventType::custom);
  ASSERT_NE(event.get_if<Custom>(), nullptr);
  EXPECT_EQ(*event.get_if<Custom>(), Custom{});
  EXPECT_EQ(event.run_id(), "");
  EXPECT_EQ(event.seq(), 0U);
  EXPECT_TRUE(event.id().is_nil());
  EXPECT_EQ(event.extras(), nullptr);
}

TEST(StreamEvent, GetIfGivesOnlyTheTypeThatIsThere) {
  const StreamEvent event(TokenDelta{.text = "hi", .message_id = "m1"});
  ASSERT_NE(event.get_if<TokenDelta>(), nullptr);
  EXPECT_EQ(event.get_if<TokenDelta>()->text, "hi");
  EXPECT_EQ(event.get_if<ReasoningDelta>(), nullptr);
  EXPECT_EQ(event.get_if<RunCompleted>(), nullptr);
}

TEST(StreamEvent, VisitReachesThePayloadOfEveryType) {
  for (const EventType type : testing::all_event_types()) {
    const EventType visited = testing::make_default(type).visit(
        [](const auto& payload) { return std::remove_cvref_t<decltype(payload)>::event_type; });
    EXPECT_EQ(visited, type);
  }
}

TEST(StreamEvent, CopiesShareThePayloadOfALandmark) {
  const StreamEvent event(UserMessage{.content = "hello"});
  const StreamEvent copy = event;
  EXPECT_EQ(copy.get_if<UserMessage>(), event.get_if<UserMessage>());
}

TEST(StreamEvent, InlinePayloadWithExtrasKeepsBoth) {
  auto extras = std::make_unique<WireExtras>();
  extras->payload = R"("x":1)";
  StreamEvent event;
  event.set_payload(TokenDelta{.text = "hi"}, std::move(extras));
  ASSERT_NE(event.get_if<TokenDelta>(), nullptr);
  EXPECT_EQ(event.get_if<TokenDelta>()->text, "hi");
  ASSERT_NE(event.extras(), nullptr);
  EXPECT_EQ(event.extras()->payload, R"("x":1)");
}

TEST(StreamEvent, NewPayloadDropsTheExtrasOfTheOldOne) {
  auto extras = std::make_unique<WireExtras>();
  extras->data = "1";
  StreamEvent event;
  event.set_payload(Custom{.name = "future"}, std::move(extras));
  EXPECT_EQ(event.wire_type(), "future");
  event.set_payload(Custom{.name = "mine"});
  EXPECT_EQ(event.extras(), nullptr);
  EXPECT_EQ(event.wire_type(), "custom");
}

TEST(StreamEvent, FailedToolCallHasStatusFailed) {
  EXPECT_EQ(StreamEvent(ToolCallCompleted{.success = true}).status(), Status::completed);
  EXPECT_EQ(StreamEvent(ToolCallCompleted{.success = false}).status(), Status::failed);
}

TEST(StreamEvent, StatusOfAChildFollowsItsOutcome) {
  EXPECT_EQ(StreamEvent(SubagentFinished{.outcome = Outcome::completed}).status(),
            Status::completed);
  EXPECT_EQ(StreamEvent(SubagentFinished{.outcome = Outcome::failed}).status(), Status::failed);
  EXPECT_EQ(StreamEvent(BackgroundTaskFinished{.outcome = TaskOutcome::failed}).status(),
            Status::failed);
  EXPECT_EQ(StreamEvent(BackgroundTaskFinished{.outcome = TaskOutcome::detached}).status(),
            Status::running);
}

TEST(StreamEvent, ComponentIdHasDefaultsWhereNamesAreMissing) {
  EXPECT_EQ(StreamEvent(RunStarted{}).component_id(), "agent");
  EXPECT_EQ(StreamEvent(TokenDelta{}).component_id(), "agent:llm:0");
  EXPECT_EQ(StreamEvent(ToolOutput{.call_id = "c1"}).component_id(), "tool:c1");
  EXPECT_EQ(StreamEvent(SessionClosed{}).component_id(), "session");
}

TEST(StreamEvent, MessageIsTheErrorTheProgressOrTheChunk) {
  EXPECT_EQ(StreamEvent(RunFailed{.error = "boom"}).message(), "boom");
  EXPECT_EQ(StreamEvent(WorkflowProgress{.message = "half"}).message(), "half");
  EXPECT_EQ(StreamEvent(TokenDelta{.text = "chunk"}).message(), "chunk");
  EXPECT_EQ(StreamEvent(ToolCallDelta{.delta = "{\"a"}).message(), "{\"a");
  EXPECT_EQ(StreamEvent(ToolCallCompleted{.output = "4"}).message(), "4");
  EXPECT_EQ(StreamEvent(ToolCallCompleted{.output = "4", .error = "no"}).message(), "no");
  EXPECT_EQ(StreamEvent(StatusUpdate{.status = AgentStatus::idle}).message(), "idle");
  EXPECT_EQ(StreamEvent(RunCancelled{.reason = "user"}).message(), "user");
  EXPECT_EQ(StreamEvent(MessageCommitted{.message = {.content = "hi"}}).message(), "hi");
  EXPECT_EQ(StreamEvent(ContextBuilt{}).message(), "");
}

TEST(StreamEvent, ApproximateBytesCountWhatTextsAndListsHold) {
  const std::size_t small =
      StreamEvent(TokenDelta{.text = " the", .message_id = "m1"}).approximate_bytes();
  EXPECT_EQ(small, sizeof(StreamEvent));

  const std::string big(100'000, 'x');
  const auto grows_by_big = [&](const StreamEvent& event) {
    return event.approximate_bytes() >= big.size() && event.approximate_bytes() < 2 * big.size();
  };
  EXPECT_TRUE(grows_by_big(StreamEvent(TokenDelta{.text = big})));
  EXPECT_TRUE(grows_by_big(StreamEvent(ToolCallDelta{.delta = big})));
  EXPECT_TRUE(grows_by_big(StreamEvent(UserMessage{.content = big})));
  EXPECT_TRUE(grows_by_big(StreamEvent(RunStarted{.tools = {"a", big}})));
  EXPECT_TRUE(grows_by_big(StreamEvent(ModelStarted{.messages = {Message{.content = big}}})));
  const json::value nested = json::object{{"a", json::array{1, json::object{{"b", big}}}}};
  EXPECT_TRUE(grows_by_big(StreamEvent(ToolCallStarted{.arguments = nested})));
  EXPECT_TRUE(grows_by_big(StreamEvent(ToolCallStarted{.arguments = json::object{{big, 1}}})));
}

TEST(ComponentName, AcceptsNamesWithoutColonsAndControlCharacters) {
  for (const std::string_view name : {"coder", "read file", "größe", "a", "😀"}) {
    EXPECT_TRUE(is_component_name(name)) << name;
  }
  EXPECT_TRUE(is_component_name(std::string(128, 'a')));
}

TEST(ComponentName, RefusesWhatWouldBreakAComponentId) {
  for (const std::string_view name : {"", "a:b", ":", "a\nb", "\x7F", "\xC2\x85", "\xFF", "\xC3"}) {
    EXPECT_FALSE(is_component_name(name)) << name;
  }
  EXPECT_FALSE(is_component_name(std::string_view("a\0b", 3)));
  EXPECT_FALSE(is_component_name(std::string(129, 'a')));
}

TEST(Factory, ShortFormsFillTheirPayload) {
  EXPECT_EQ(make_token("a", "m").message_id, "m");
  EXPECT_EQ(make_reasoning("a").text, "a");
  EXPECT_EQ(make_status(AgentStatus::retrying, "d"), (StatusUpdate{AgentStatus::retrying, "d"}));
  EXPECT_EQ(make_usage(70, 15).usage.total, 85);
  EXPECT_EQ(make_error("e", ErrorCode::network).error_code, ErrorCode::network);
  EXPECT_EQ(make_user_message("c", "m"), (UserMessage{"m", "c", Role::user}));
  EXPECT_EQ(make_tool_progress("c", "t", "x", 0.5).stream, OutputStream::progress);
  EXPECT_EQ(make_tool_progress("c", "t", "x", 0.5).progress, 0.5);
  EXPECT_EQ(make_file_tree_update({"a"}, {"b"}, {"c"}).deleted, std::vector<std::string>{"c"});
  EXPECT_EQ(make_preview_update("k", "u").url, "u");
  EXPECT_EQ(make_preview_ready("u", 80).port, 80);
  EXPECT_EQ(make_notice("store", "slow"), (SystemNotice{"store", "slow", nullptr}));
  EXPECT_EQ(make_custom("n", 1).data, json::value(1));
}

}  // namespace
}  // namespace strandbus
