// SessionState over what real agents publish: the scripts of examples/scripts.

#include "agent_fixture.hpp"
#include "strandbus/bus/session_tracker.hpp"
#include "strandbus/tools/bash.hpp"
#include "strandbus/tools/calculator.hpp"

#include <gmock/gmock.h>

#include <filesystem>

namespace strandbus::test {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

/// What is open, worked out in the plainest way from the events alone.
struct Expected {
  std::map<std::pair<std::string, MessageKind>, std::string> texts;
  std::set<std::string> tools;
  std::set<std::string> approvals;
  std::set<std::string> runs;

  void see(const StreamEvent& event) {
    if (event.is<RunStarted>()) runs.insert(event.run_id());
    if (event.is_terminal()) *this = Expected();  // one run at a time
    if (event.is<ModelStarted>() || event.is<ModelFailed>()) texts.clear();
    if (const auto* p = event.get_if<TokenDelta>())
      texts[{p->message_id, MessageKind::text}] += p->text;
    if (const auto* p = event.get_if<ReasoningDelta>())
      texts[{p->message_id, MessageKind::reasoning}] += p->text;
    if (const auto* p = event.get_if<MessageCommitted>())
      std::erase_if(texts, [&](const auto& text) { return text.first.first == p->message.id; });
    if (const auto* p = event.get_if<ToolCallStarted>()) tools.insert(p->call_id);
    if (const auto* p = event.get_if<ToolCallCompleted>()) tools.erase(p->call_id);
    if (const auto* p = event.get_if<ToolCallCancelled>()) tools.erase(p->call_id);
    if (const auto* p = event.get_if<ApprovalRequested>()) approvals.insert(p->approval_id);
    if (const auto* p = event.get_if<ApprovalResolved>()) approvals.erase(p->approval_id);
  }

  static Expected of(const SessionState& state) {
    Expected open;
    for (const OpenMessage& message : state.open_messages)
      open.texts[{message.message_id, message.kind}] = message.content.text;
    for (const RunningTool& tool : state.running_tools) open.tools.insert(tool.call_id);
    for (const PendingApproval& pending : state.pending_approvals)
      open.approvals.insert(pending.approval_id);
    for (const RunState& run : state.runs) open.runs.insert(run.run_id);
    return open;
  }

  friend bool operator==(const Expected&, const Expected&) = default;
};

class AgentSessionState : public AgentTest {
 protected:
  void use(const std::string& script, AgentOptions options = {}) {
    const auto path = std::filesystem::path(STRANDBUS_SOURCE_DIR) / "examples/scripts" / script;
    tools_.add(make_calculator());
    tools_.add(make_bash());
    start(std::make_shared<ScriptedProvider>(
              load_script(path.string()).value(),
              ScriptedOptions{.delays = ScriptedOptions::Delays::none}),
          std::move(options));
  }

  /// Looks at the state after every event.
  void expect_right_at_every_event() {
    SessionState state;
    Expected expected;
    for (const StreamEvent& event : events_) {
      state.apply(event);
      expected.see(event);
      ASSERT_EQ(Expected::of(state), expected) << event.seq() << ' ' << event.wire_type();
    }
    EXPECT_TRUE(state.idle()) << to_json(state);
    EXPECT_EQ(state.usage, result_.usage);
    EXPECT_EQ(state.cost, result_.cost.value_or(NanoUsd{}));
    EXPECT_EQ(state.ended_runs.at(0).iterations, result_.rounds);
    EXPECT_EQ(state.committed_messages, static_cast<std::int64_t>(agent_->messages().size()));
    EXPECT_EQ(state, tracker_.snapshot());
  }

  SessionTracker tracker_{bus_};
};

TEST_F(AgentSessionState, IsRightAfterEveryEventOfTheCalculator) {
  use("calculator.json");
  process("Calculate 2+2");
  expect_right_at_every_event();
  EXPECT_EQ(tracker_.snapshot().ended_runs.at(0).state, Status::completed);
}

TEST_F(AgentSessionState, IsRightAfterEveryEventOfParallelTools) {
  use("parallel_tools.json", {.approval = ApprovalMode::all});
  process("go");
  expect_right_at_every_event();
}

TEST_F(AgentSessionState, IsRightAfterEveryEventOfReasoning) {
  use("reasoning.json");
  process("go");
  expect_right_at_every_event();
}

TEST_F(AgentSessionState, IsRightAfterEveryEventOfAFailure) {
  use("failing.json");
  process("go");
  expect_right_at_every_event();
  EXPECT_EQ(tracker_.snapshot().ended_runs.at(0).error_code, ErrorCode::server_error);
  EXPECT_EQ(tracker_.snapshot().last_error->error_code, ErrorCode::server_error);
}

TEST_F(AgentSessionState, ShowsACommandUntilItIsCancelled) {
  use("long_bash.json", {.approval = ApprovalMode::all});
  std::vector<SessionState> seen;
  on_event_ = [&](const StreamEvent& event) {
    if (!event.is<ToolOutput>() || !seen.empty()) return;
    seen.push_back(tracker_.snapshot());
    agent_->control().cancel("enough");
  };
  process("go");

  expect_right_at_every_event();
  ASSERT_THAT(seen, SizeIs(1));
  ASSERT_THAT(seen[0].running_tools, SizeIs(1));
  EXPECT_EQ(seen[0].running_tools[0].tool_name, "bash");
  EXPECT_EQ(tracker_.snapshot().ended_runs.at(0).reason, "enough");
}

TEST_F(AgentSessionState, ShowsWhatWaitsForAnApproval) {
  use("parallel_tools.json", {.approval = ApprovalMode::ask});
  std::vector<SessionState> seen;
  on_event_ = [&](const StreamEvent& event) {
    if (const auto* p = event.get_if<ApprovalRequested>())
      agent_->control().approve(p->approval_id);
    if (event.is<ToolCallStarted>()) seen.push_back(tracker_.snapshot());
  };
  process("go");

  expect_right_at_every_event();
  EXPECT_THAT(seen, SizeIs(3));
}

TEST_F(AgentSessionState, CountsTheUsageOfSeveralRunsOnce) {
  start({says("one"), says("two")});
  process("first");
  const Usage first = result_.usage;
  process("second");
  const SessionState state = tracker_.snapshot();

  EXPECT_EQ(state.usage.total, first.total + result_.usage.total);
  EXPECT_THAT(state.ended_runs, SizeIs(2));
  EXPECT_THAT(state.runs, IsEmpty());
}

}  // namespace
}  // namespace strandbus::test
