// What holds for a SessionState whatever the session was.
// Run again with a seed: STRANDBUS_TEST_SEED=123 test_bus --gtest_filter='SessionProperty.*'

#include "bus/session_events.hpp"
#include "bus/session_script.hpp"
#include "strandbus/event/json_codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <random>
#include <span>

namespace strandbus {
namespace {

using test::folded;
using test::is_delta;
using test::SessionScript;
using test::stamped;
using Events = SessionScript::Events;

constexpr std::uint64_t sessions = 100;

/// Calls `check` with the events of so many sessions.
void for_sessions(std::uint64_t count,
                  const std::function<void(const Events&, std::mt19937_64&)>& check) {
  const char* chosen = std::getenv("STRANDBUS_TEST_SEED");
  const std::uint64_t first = chosen ? std::stoull(chosen) : 1;
  const std::uint64_t last = chosen ? first : count;
  for (std::uint64_t seed = first; seed <= last && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("STRANDBUS_TEST_SEED=" + std::to_string(seed));
    std::mt19937_64 random(seed);
    check(stamped(SessionScript(seed).session()), random);
  }
}

template <class Keep>
Events kept(const Events& events, Keep keep) {
  Events some;
  std::copy_if(events.begin(), events.end(), std::back_inserter(some), keep);
  return some;
}

/// What a reader keeps that loses some events in bursts, but nothing that ends a run and nothing
/// outside the runs.
Events with_losses(const Events& events, std::mt19937_64& random) {
  bool losing = false;
  return kept(events, [&](const StreamEvent& event) {
    if (random() % 8 == 0) losing = !losing;
    return !losing || event.is_terminal() || event.run_id().empty();
  });
}

void expect_same_end(const SessionState& state, const SessionState& whole) {
  ASSERT_EQ(state.ended_runs.size(), whole.ended_runs.size());
  for (std::size_t i = 0; i < whole.ended_runs.size(); ++i) {
    const RunState& run = state.ended_runs[i];
    const RunState& wanted = whole.ended_runs[i];
    EXPECT_EQ(run.run_id, wanted.run_id);
    EXPECT_EQ(run.state, wanted.state);
    EXPECT_EQ(run.usage, wanted.usage);
    EXPECT_EQ(run.iterations, wanted.iterations);
    EXPECT_EQ(run.agent, wanted.agent);
    EXPECT_EQ(run.parent_run_id, wanted.parent_run_id);
  }
  EXPECT_EQ(state.usage, whole.usage);
  EXPECT_EQ(state.cost, whole.cost);
  EXPECT_EQ(state.unpriced_runs, whole.unpriced_runs);
}

/// Compares what the state has gathered with the event that holds the whole, just before that event
/// is folded. What calls itself complete must be so. A gap right before that event cannot be known
/// yet.
class Gathered {
 public:
  explicit Gathered(const SessionState& state) : state_(state) {}

  void expect_right(const StreamEvent& next) {
    if (const auto* p = next.get_if<MessageCommitted>()) {
      for (const OpenMessage& open : state_.open_messages) {
        const bool said = open.kind != MessageKind::reasoning && open.finished;
        if (said && open.message_id == p->message.id) compare(open.content, p->message.content);
      }
    }
    if (next.seq() != state_.last_seq + 1) return;
    if (const auto* p = next.get_if<ModelCompleted>()) {
      for (const OpenMessage& open : state_.open_messages) {
        if (open.run_id != next.run_id() || open.finished) continue;
        compare(open.content, open.kind == MessageKind::reasoning ? p->reasoning : p->content);
      }
    }
    if (const auto* p = next.get_if<ToolCallReady>()) {
      for (const OpenToolCall& open : state_.open_calls) {
        if (open.call_id == p->call_id && !open.ready) compare_arguments(open, p->arguments);
      }
    }
    if (const auto* p = next.get_if<BashExecuted>()) {
      for (const RunningTool& open : state_.running_tools) {
        if (open.call_id == p->call_id) compare(open.stdout_, p->stdout_);
      }
    }
  }

  int complete() const { return complete_; }
  int incomplete() const { return incomplete_; }

 private:
  void compare(const TextSoFar& so_far, const std::string& whole) {
    ++(so_far.complete ? complete_ : incomplete_);
    if (so_far.complete) {
      EXPECT_EQ(so_far.text, whole);
    }
  }
  void compare_arguments(const OpenToolCall& open, const json::value& arguments) {
    std::string whole;
    append_json(whole, arguments);
    compare(open.arguments_text, whole);
  }

  const SessionState& state_;
  int complete_ = 0;
  int incomplete_ = 0;
};

TEST(SessionProperty, FoldingAPrefixAndThenTheRestIsFoldingAll) {
  for_sessions(sessions, [](const Events& events, std::mt19937_64& random) {
    const SessionState whole = folded(events);
    for (int i = 0; i < 5; ++i) {
      const std::span all(events);
      const std::size_t middle = random() % (events.size() + 1);
      const SessionState prefix = folded(all.first(middle));
      SessionState state = prefix;
      const std::size_t again = middle / 2;  // repeats are ignored
      for (const StreamEvent& event : all.subspan(again)) state.apply(event);
      ASSERT_EQ(state, whole);
      ASSERT_EQ(to_json(state), to_json(whole));
      ASSERT_EQ(prefix, folded(all.first(middle)));
    }
  });
}

TEST(SessionProperty, NothingIsOpenWhenAllRunsHaveEnded) {
  for_sessions(sessions, [](const Events& events, std::mt19937_64&) {
    const SessionState state = folded(events);
    EXPECT_TRUE(state.idle()) << to_json(state);
    EXPECT_EQ(state.missed, 0U);
    EXPECT_EQ(state.forgotten, 0);
  });
}

TEST(SessionProperty, WithoutTheDeltasTheEndIsTheSame) {
  for_sessions(sessions, [](const Events& events, std::mt19937_64&) {
    const Events landmarks =
        kept(events, [](const StreamEvent& event) { return !is_delta(event); });
    const SessionState whole = folded(events);
    SessionState state = folded(landmarks);
    EXPECT_EQ(state.missed, events.size() - landmarks.size());
    state.missed = 0;
    EXPECT_EQ(state, whole) << to_json(state) << '\n' << to_json(whole);
  });
}

TEST(SessionProperty, WhateverIsMissedTheEndsOfTheRunsRepairIt) {
  for_sessions(sessions, [](const Events& events, std::mt19937_64& random) {
    const Events some = with_losses(events, random);
    const SessionState state = folded(some);
    EXPECT_TRUE(state.idle()) << to_json(state);
    EXPECT_EQ(state.missed, events.size() - some.size());
    expect_same_end(state, folded(events));
  });
}

TEST(SessionProperty, WithoutLossEveryTextIsComplete) {
  int compared = 0;
  for_sessions(sessions, [&](const Events& events, std::mt19937_64&) {
    SessionState state;
    Gathered gathered(state);
    for (const StreamEvent& event : events) {
      gathered.expect_right(event);
      state.apply(event);
    }
    EXPECT_EQ(gathered.incomplete(), 0);
    compared += gathered.complete();
  });
  EXPECT_GT(compared, 0);
}

TEST(SessionProperty, WithLossNoTextCallsItselfCompleteThatIsNot) {
  int complete = 0;
  int incomplete = 0;
  for_sessions(sessions, [&](const Events& events, std::mt19937_64& random) {
    SessionState state;
    Gathered gathered(state);
    for (const StreamEvent& event : with_losses(events, random)) {
      gathered.expect_right(event);
      state.apply(event);
    }
    complete += gathered.complete();
    incomplete += gathered.incomplete();
  });
  if (!std::getenv("STRANDBUS_TEST_SEED")) {
    EXPECT_GT(complete, 100);
    EXPECT_GT(incomplete, 100);
  }
}

TEST(SessionProperty, TheUsageNeverShrinksAndIsTheSumOfTheRuns) {
  for_sessions(sessions, [](const Events& events, std::mt19937_64&) {
    SessionState state;
    for (const StreamEvent& event : events) {
      const std::int64_t before = state.usage.total;
      state.apply(event);
      Usage sum;
      for (const RunState& run : state.runs) sum += run.usage;
      for (const RunState& run : state.ended_runs) sum += run.usage;
      if (state.ended_runs_dropped == 0) {
        ASSERT_EQ(state.usage, sum) << event.wire_type();
      }
      ASSERT_GE(state.usage.total, before) << event.wire_type();
    }
  });
}

}  // namespace
}  // namespace strandbus
