#pragma once

#include "strandbus/bus/session_state.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

// Events as a bus would have stamped them, for the tests that fold them.

namespace strandbus::test {

inline Timestamp moment(std::uint64_t seq) {
  return Timestamp(std::chrono::seconds(1'700'000'000) +
                   std::chrono::milliseconds(static_cast<std::int64_t>(seq)));
}

inline std::shared_ptr<const RunContext> context_of(std::string run_id) {
  RunContext context;
  context.session_id = "s1";
  context.run_id = std::move(run_id);
  context.agent = context.run_id.empty() ? "" : "coder";
  return std::make_shared<const RunContext>(std::move(context));
}

inline StreamEvent stamped(StreamEvent event, std::uint64_t seq) {
  event.set_stamp(seq, EventId{}, moment(seq));
  return event;
}

/// Gives the events the seqs 1, 2, 3 …
inline std::vector<StreamEvent> stamped(std::vector<StreamEvent> events) {
  for (std::size_t i = 0; i < events.size(); ++i)
    events[i].set_stamp(i + 1, EventId{}, moment(i + 1));
  return events;
}

inline SessionState folded(std::span<const StreamEvent> events) {
  SessionState state;
  for (const StreamEvent& event : events) state.apply(event);
  return state;
}

/// A delta in the sense of B5: what goes first when a history is full.
inline bool is_delta(const StreamEvent& event) {
  switch (event.type()) {
    case EventType::token_delta:
    case EventType::reasoning_delta:
    case EventType::structured_delta:
    case EventType::tool_call_delta:
    case EventType::tool_output: return true;
    default: return false;
  }
}

/// Folds events of the run r1 one by one as they are made up.
struct SessionTest : testing::Test {
  template <PayloadType T>
  void see(T payload, const std::string& run_id = "r1") {
    see(StreamEvent(std::move(payload), context_of(run_id)).set_turn(1));
  }
  void see(StreamEvent event) { state.apply(stamped(std::move(event), ++seq)); }
  void miss(std::uint64_t count) { seq += count; }

  /// Events 1, 2 and 3.
  void start_request() {
    see(RunStarted{.provider = "p", .model = "m", .max_rounds = 9});
    see(TurnStarted{.turn = 1, .max_turns = 9});
    see(ModelStarted{.provider = "p", .model = "m", .iteration = 1});
  }

  const OpenMessage& message() const { return state.open_messages.at(0); }
  const OpenToolCall& call() const { return state.open_calls.at(0); }
  const RunningTool& tool() const { return state.running_tools.at(0); }

  SessionState state;
  std::uint64_t seq = 0;
};

/// The same in the middle of the first request.
struct OpenRequestTest : SessionTest {
  OpenRequestTest() { start_request(); }
};

}  // namespace strandbus::test
