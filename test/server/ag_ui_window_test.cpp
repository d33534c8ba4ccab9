#include "server/ag_ui_window.hpp"

#include "wire/event_list.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace strandbus::detail {
namespace {

using strandbus::testing::EventList;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Use = AgUiWindow::Use;
using Waiting = AgUiWindow::Waiting;

const json::value waits = json::object{{"waits_for", "client"}};

/// A run whose model has made calls of these ids.
EventList run_with_calls(const std::vector<std::string>& ids) {
  EventList list;
  list.add(RunStarted{}).turn(1).add(TurnStarted{.turn = 1}).add(ModelStarted{});
  for (const std::string& id : ids) list.add(ToolCallReady{.call_id = id, .tool_name = "tool"});
  list.add(ModelCompleted{.finish_reason = FinishReason::tool_calls});
  return list;
}

void ask(EventList& list, const std::string& call_id) {
  list.add(ApprovalRequested{.approval_id = "a-" + call_id,
                             .call_id = call_id,
                             .tool_name = "tool",
                             .arguments = json::object{{"x", 1}},
                             .reason = "may it?"});
}

void start(EventList& list, const std::string& call_id) {
  list.add(ToolCallStarted{.tool_name = "tool", .call_id = call_id});
}

void start_at_client(EventList& list, const std::string& call_id) {
  start(list, call_id);
  list.add(ToolOutput{.call_id = call_id, .stream = OutputStream::progress, .data = waits});
}

AgUiWindow after(const EventList& list) {
  AgUiWindow window;
  for (const StreamEvent& event : list.events()) window.take(event);
  return window;
}

TEST(AgUiWindow, ShowsTheNextRunFromItsStartToItsEnd) {
  EventList list{RunContext{}};
  list.add(SessionCreated{});
  RunContext before = EventList::run_context();
  before.run_id = "before";
  list.in(before).add(TokenDelta{.text = "late"}).add(RunCancelled{});
  list.in(EventList::run_context()).add(RunStarted{}).add(TokenDelta{.text = "x"});
  list.in(EventList::nested_context("child", "helper")).add(RunStarted{}).add(RunCompleted{});
  list.in(EventList::run_context()).add(RunCompleted{});
  AgUiWindow window;
  std::vector<Use> uses;
  for (const StreamEvent& event : list.events()) uses.push_back(window.take(event));
  EXPECT_THAT(uses, ElementsAre(Use::leave_out, Use::leave_out, Use::leave_out, Use::show,
                                Use::show, Use::show, Use::show, Use::show_last));
}

TEST(AgUiWindow, SaysThatNoRunWillBegin) {
  EventList list{RunContext{}};
  list.add(Error{.error = "no agent", .error_type = "session"});
  EXPECT_EQ(AgUiWindow().take(list.events().front()), Use::fail);
}

TEST(AgUiWindow, WaitsForNobodyWhileAModelOrAToolIsAtWork) {
  EventList list = run_with_calls({"c1", "c2"});
  EXPECT_EQ(after(list).waiting(), Waiting::no);
  ask(list, "c1");
  start(list, "c2");
  EXPECT_EQ(after(list).waiting(), Waiting::no);
}

TEST(AgUiWindow, WaitsWhenAllThatIsLeftIsAnApproval) {
  EventList list = run_with_calls({"c1", "c2"});
  ask(list, "c1");
  EXPECT_EQ(after(list).waiting(), Waiting::perhaps);  // c2 may begin
  start(list, "c2");
  list.add(ToolCallCompleted{.tool_name = "tool", .call_id = "c2", .success = true});
  const AgUiWindow window = after(list);
  EXPECT_EQ(window.waiting(), Waiting::yes);
  ASSERT_THAT(window.interrupts(), SizeIs(1));
  const AgUiInterrupt interrupt = window.interrupts()[0];
  EXPECT_EQ(interrupt.id, "a-c1");
  EXPECT_EQ(interrupt.call_id, "c1");
  EXPECT_EQ(interrupt.owner, "");
  EXPECT_EQ(interrupt.message, "may it?");
  EXPECT_THAT(window.calls(), IsEmpty());
}

TEST(AgUiWindow, WaitsForTheResultOfACallOfTheClient) {
  EventList list = run_with_calls({"c1"});
  start(list, "c1");
  EXPECT_EQ(after(list).waiting(), Waiting::no);
  list.add(ToolOutput{.call_id = "c1", .data = waits});
  EXPECT_EQ(after(list).waiting(), Waiting::yes);
  EXPECT_THAT(after(list).calls(), ElementsAre("c1"));
}

TEST(AgUiWindow, WaitsWithASubagentThatWaits) {
  EventList list = run_with_calls({"c1"});
  start(list, "c1");
  list.add(SubagentStarted{.agent = "helper", .child_run_id = "child", .call_id = "c1"});
  list.in(EventList::nested_context("child", "helper"));
  list.add(RunStarted{}).add(ModelStarted{});
  list.add(ToolCallReady{.call_id = "c1", .tool_name = "tool"});
  EXPECT_EQ(after(list).waiting(), Waiting::no);
  list.add(ModelCompleted{});
  ask(list, "c1");
  EXPECT_EQ(after(list).waiting(), Waiting::yes);
  EXPECT_EQ(after(list).interrupts().at(0).owner, "child");
}

TEST(AgUiWindow, DoesNotTakeARunBetweenTwoStepsForOneThatWaits) {
  EventList list = run_with_calls({"c1", "c2"});
  ask(list, "c1");
  start(list, "c2");
  list.add(SubagentStarted{.agent = "helper", .child_run_id = "child", .call_id = "c2"});
  list.in(EventList::nested_context("child", "helper")).add(RunStarted{});
  EXPECT_EQ(after(list).waiting(), Waiting::perhaps);
  list.add(ModelStarted{});
  EXPECT_EQ(after(list).waiting(), Waiting::no);
}

TEST(AgUiWindow, GoesOnWithARunUntilItWaitsAgain) {
  EventList list = run_with_calls({"c1", "c2"});
  ask(list, "c1");
  start_at_client(list, "c2");
  SessionState state;
  for (const StreamEvent& event : list.events()) state.apply(event);
  EXPECT_EQ(AgUiWindow(state, {}).waiting(), Waiting::yes);
  EXPECT_EQ(AgUiWindow(state, {"a-c1", "c2"}).waiting(), Waiting::no);
  AgUiWindow window(state, {"a-c1"});
  EXPECT_EQ(window.waiting(), Waiting::perhaps);  // it may take a moment to show
  EXPECT_THAT(window.interrupts(), IsEmpty());

  const auto known = list.events().size();
  list.add(ApprovalResolved{.approval_id = "a-c1", .call_id = "c1"});
  start(list, "c1");
  for (std::size_t i = known; i < list.events().size(); ++i)
    EXPECT_EQ(window.take(list.events()[i]), Use::show);
  EXPECT_EQ(window.waiting(), Waiting::no);
  StreamEvent end(ToolCallCompleted{.tool_name = "tool", .call_id = "c1", .success = true},
                  std::make_shared<const RunContext>(EventList::run_context()));
  end.set_stamp(known + 3, EventId{}, Timestamp());
  window.take(end);
  EXPECT_EQ(window.waiting(), Waiting::yes);
  EXPECT_THAT(window.calls(), ElementsAre("c2"));
}

}  // namespace
}  // namespace strandbus::detail
