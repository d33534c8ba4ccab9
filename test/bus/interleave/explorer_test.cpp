// The explorer finds bugs: small known ones, each by both ways to choose schedules, and again when
// the schedule that led to it is replayed.

#include "bus/interleave/explorer.hpp"

#include "bus/interleave/sync.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <optional>
#include <utility>

namespace strandbus::interleave {
namespace {

using detail::sync::Atomic;
using detail::sync::Mutex;

void expect_replay_fails(const Scenario& scenario, const Report& report, const char* kind) {
  ASSERT_TRUE(report.failure.has_value());
  EXPECT_THAT(report.failure->failure, testing::HasSubstr(kind));

  const Outcome again = replay(scenario, report.failure->schedule);

  EXPECT_EQ(again.failure, report.failure->failure);
  EXPECT_EQ(again.schedule, report.failure->schedule);
}

void expect_found(const Scenario& scenario, const char* kind) {
  expect_replay_fails(scenario, search(scenario, Limits{}), kind);
  expect_replay_fails(scenario, sample(scenario, Limits{}), kind);
}

void expect_nothing_found(const Scenario& scenario) {
  const Report searched = search(scenario, Limits{});
  EXPECT_FALSE(searched.failure.has_value());
  EXPECT_EQ(searched.complete, 2U);
  EXPECT_FALSE(sample(scenario, Limits{}).failure.has_value());
}

void lose_an_update() {
  Atomic<int> count{0};
  const auto increment = [&] { count.store(count.load() + 1); };
  in_parallel({{"left", increment}, {"right", increment}});
  expect(count.load() == 2, "an update was lost");
}

TEST(Explorer, FindsALostUpdate) { expect_found(lose_an_update, "an update was lost"); }

TEST(Explorer, NeedsAPreemptionForALostUpdate) {
  const Report report = search(lose_an_update, {.preemptions = 0});

  EXPECT_FALSE(report.failure.has_value());
  EXPECT_EQ(report.executions, 2U);
}

TEST(Explorer, FindsNothingInAnAtomicUpdate) {
  expect_nothing_found([] {
    Atomic<int> count{0};
    const auto increment = [&] { count.fetch_add(1); };
    in_parallel({{"left", increment}, {"right", increment}});
    expect(count.load() == 2, "an update was lost");
  });
}

TEST(Explorer, FindsALockOrderDeadlock) {
  const auto scenario = [] {
    Mutex first;
    Mutex second;
    in_parallel({{"left",
                  [&] {
                    std::lock_guard outer(first);
                    std::lock_guard inner(second);
                  }},
                 {"right", [&] {
                    std::lock_guard outer(second);
                    std::lock_guard inner(first);
                  }}});
  };
  expect_found(scenario, "deadlock");
}

/// A sleeper that looks for work and then says that it sleeps, instead of the other way round.
void lose_a_wake_up(bool announce_first) {
  Atomic<bool> work{false};
  Atomic<bool> sleeping{false};
  Atomic<int> bell{0};
  const auto sleeper = [&] {
    if (announce_first) sleeping.store(true);
    if (work.load()) return;
    if (!announce_first) sleeping.store(true);
    bell.wait(0);
  };
  const auto waker = [&] {
    work.store(true);
    if (!sleeping.load()) return;
    bell.store(1);
    bell.notify_all();
  };
  in_parallel({{"sleeper", sleeper}, {"waker", waker}});
}

TEST(Explorer, FindsALostWakeUp) {
  expect_found([] { lose_a_wake_up(false); }, "deadlock");
}

TEST(Explorer, FindsNothingInAWakeUpThatIsAnnounced) {
  expect_nothing_found([] { lose_a_wake_up(true); });
}

TEST(Explorer, FindsAForgottenNotification) {
  expect_found(
      [] {
        Atomic<int> bell{0};
        in_parallel({{"sleeper", [&] { bell.wait(0); }}, {"waker", [&] { bell.store(1); }}});
      },
      "deadlock");
}

TEST(Explorer, FindsALoopWithoutAnEnd) {
  expect_found(
      [] {
        Atomic<bool> never{false};
        const auto spin = [&] {
          while (!never.load()) yield();
        };
        in_parallel({{"left", spin}, {"right", spin}});
      },
      "livelock");
}

TEST(Explorer, LetsALoopEndThatWaitsForAnotherThread) {
  expect_nothing_found([] {
    Atomic<bool> ready{false};
    in_parallel({{"waiter",
                  [&] {
                    while (!ready.load()) yield();
                  }},
                 {"setter", [&] { ready.store(true); }}});
  });
}

TEST(Explorer, FindsTheUseOfADestroyedMutex) {
  expect_found(
      [] {
        std::optional<Mutex> mutex(std::in_place);
        Mutex& same = *mutex;
        in_parallel(
            {{"user", [&] { std::lock_guard lock(same); }}, {"owner", [&] { mutex.reset(); }}});
      },
      "destruction");
}

}  // namespace
}  // namespace strandbus::interleave
