#include "explorer.hpp"

#include "strategies.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>

namespace strandbus::interleave {
namespace {

constexpr std::size_t soak_factor = 10;

/// One execution; true when it went well.
bool execute(Scheduler& scheduler, const Scenario& scenario, Strategy& strategy, Report& report,
             std::size_t& length) {
  Outcome outcome = scheduler.run(scenario, strategy);
  ++report.executions;
  length = std::max(length, outcome.decisions);
  if (outcome.failure.empty()) return true;
  report.failure = std::move(outcome);
  return false;
}

void sample(Scheduler& scheduler, const Scenario& scenario, std::size_t count, Report& report) {
  std::size_t length = 1;
  for (std::uint32_t seed = 1; seed <= count; ++seed) {
    std::unique_ptr<Strategy> strategy;
    if (seed % 2 == 0) {
      strategy = std::make_unique<RandomPriorities>(seed, length);
    } else {
      strategy = std::make_unique<RandomWalk>(seed);
    }
    if (execute(scheduler, scenario, *strategy, report, length)) continue;
    report.found_by = "a random schedule, seed " + std::to_string(seed);
    return;
  }
}

void search(Scheduler& scheduler, const Scenario& scenario, const Limits& limits, Report& report) {
  const std::size_t end = report.executions + limits.searched;
  std::size_t length = 0;
  for (unsigned bound = 0; bound <= limits.preemptions; ++bound) {
    BoundedSearch strategy(bound, scheduler.contention());
    do {
      if (report.executions == end) return;
      const bool well = execute(scheduler, scenario, strategy, report, length);
      if (!well) report.found_by = "the search with " + std::to_string(bound) + " preemptions";
      if (strategy.diverged()) {
        if (!report.failure) report.failure.emplace();
        report.failure->failure += "; the scenario is not deterministic";
      }
      if (report.failure) return;
    } while (strategy.next());
    report.complete = bound;
  }
}

void fail(const Outcome& outcome, const std::string& found_by) {
  ADD_FAILURE() << outcome.failure << "\nfound by " << found_by << "; to run it again:\n"
                << "STRANDBUS_TEST_SCHEDULE=" << outcome.schedule << "\n"
                << outcome.story;
}

}  // namespace

Report search(const Scenario& scenario, const Limits& limits) {
  Scheduler scheduler;
  Report report;
  search(scheduler, scenario, limits, report);
  return report;
}

Report sample(const Scenario& scenario, const Limits& limits) {
  Scheduler scheduler;
  Report report;
  sample(scheduler, scenario, limits.sampled, report);
  return report;
}

Outcome replay(const Scenario& scenario, const std::string& schedule) {
  Scheduler scheduler;
  Replay strategy(schedule);
  return scheduler.run(scenario, strategy);
}

void explore(const Limits& limits, const Scenario& scenario) {
  print_schedule_on_abort();
  if (const char* schedule = std::getenv("STRANDBUS_TEST_SCHEDULE")) {
    const Outcome outcome = replay(scenario, schedule);
    if (!outcome.failure.empty()) fail(outcome, "the given schedule");
    return;
  }
  const char* soak = std::getenv("STRANDBUS_SOAK");
  const std::size_t factor = soak && *soak == '1' ? soak_factor : 1;
  Report report;
  {
    Scheduler scheduler;
    sample(scheduler, scenario, limits.sampled * factor, report);
    Limits deeper = limits;
    deeper.searched *= factor;
    if (!report.failure) search(scheduler, scenario, deeper, report);
  }
  if (report.failure) return fail(*report.failure, report.found_by);
  std::cout << "[ explored ] " << report.executions << " schedules, all with at most "
            << report.complete.value_or(0) << (report.complete ? "" : " (not all)")
            << " preemptions\n";
  ::testing::Test::RecordProperty("schedules", std::to_string(report.executions));
}

}  // namespace strandbus::interleave
