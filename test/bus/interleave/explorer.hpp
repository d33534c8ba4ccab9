#pragma once

#include "bus/interleave/scheduler.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

// Runs a scenario under many schedules. Two ways to choose them:
//
// - search: depth first through all schedules with at most N preemptions, N = 0, 1, 2 … A
//   preemption takes the turn from a thread that could have gone on; to choose who goes on when a
//   thread waits costs nothing. Most concurrency bugs need one or two. Not tried are preemptions
//   of a thread that is about to touch what none of the others was ever seen to touch.
// - sample: random schedules, every other one by priorities that change at a few random steps.
//
// Both are deterministic. A failure is reported once, with its schedule, and can be run again:
//
//     STRANDBUS_TEST_SCHEDULE=12:2,40:1 test_bus_interleave --gtest_filter=Suite.Test
//
// runs that test with this one schedule: at decision 12 thread 2 goes on, at 40 thread 1, else the
// default. Empty: all by default. STRANDBUS_SOAK=1 explores ten times as many.

namespace strandbus::interleave {

/// How far to look.
struct Limits {
  unsigned preemptions = 2;      ///< at most so many in the search
  std::size_t searched = 1'000;  ///< executions of the search
  std::size_t sampled = 300;     ///< random executions
};

/// What was looked at and found.
struct Report {
  std::size_t executions = 0;
  /// All schedules with at most so many preemptions were executed; none if not even those without.
  std::optional<unsigned> complete{};
  std::optional<Outcome> failure{};
  std::string found_by{};  ///< what led to the failure: the preemptions or the seed
};

using Scenario = std::function<void()>;

Report search(const Scenario& scenario, const Limits& limits);
Report sample(const Scenario& scenario, const Limits& limits);
Outcome replay(const Scenario& scenario, const std::string& schedule);

/// Samples, then searches, and reports a failure to GoogleTest.
void explore(const Limits& limits, const Scenario& scenario);

}  // namespace strandbus::interleave
