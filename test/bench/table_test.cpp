#include "report/table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strandbus::bench {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Report report_of(const Results& results) {
  return make_report(results,
                     {.machine = "a machine", .rounds = 5, .absent = {"ZeroMQ is not installed"}});
}

TEST(Table, ARowShowsMedianRangeAndRatio) {
  Results results;
  for (const double rate : {600'000.0, 500'000.0, 700'000.0})
    results.add("P3", "strandbus next", {{"events_per_second", rate}});
  results.add("P3", "tokio current-thread", {{"events_per_second", 200'000}});
  const std::string table = render_table(report_of(results));
  EXPECT_THAT(table, HasSubstr("P3: 1 publisher, 64 coroutines\n"
                               "  strandbus next                       0.600 M/s   0.500 M/s   "
                               "0.700 M/s        1.00\n"
                               "  tokio current-thread                 0.200 M/s   0.200 M/s   "
                               "0.200 M/s       0.333\n"));
}

TEST(Table, EachTargetHasAVerdict) {
  Results results;
  results.add("P6.4", "strandbus", {{"events_per_second", 10e6}});
  results.add("P6.4", "vector of std::function", {{"events_per_second", 15e6}});
  results.add("P6.4", "Boost.Signals2", {{"events_per_second", 8e6}});
  results.add("P9", "strandbus", {{"bytes", 1734}});
  results.add("P2", "strandbus next", {{"events_per_second", 1}});
  const std::string table = render_table(report_of(results));
  EXPECT_THAT(table, HasSubstr("  met       at most 2 × the time of a mutex and a vector; measured "
                               "1.50 × vector of std::function\n"));
  EXPECT_THAT(table,
              HasSubstr("  NOT MET   at least 1.5 × Signals2; measured 1.25 × Boost.Signals2\n"));
  EXPECT_THAT(table, HasSubstr("  met       at most 2 KiB; measured 1734 B\n"));
  EXPECT_THAT(table, HasSubstr("  unknown   next: at least 4 × tokio; not measured: tokio "
                               "current-thread, tokio multi-thread\n"));
  EXPECT_THAT(table, HasSubstr("Targets: 2 met, 1 not met, 3 unknown\n"));
}

TEST(Table, WhoWasLeftOutAndWhatFailedIsSaid) {
  Results results;
  results.add_failure("P8", "strandbus", "it ended with exit code 1");
  const std::string table = render_table(report_of(results));
  EXPECT_THAT(table, HasSubstr("Left out: ZeroMQ is not installed\n"));
  EXPECT_THAT(table, HasSubstr("  FAILED    strandbus: it ended with exit code 1\n"));
}

TEST(Table, ANoisyMachineIsSaidAboveAndBesideTheScenario) {
  Results results;
  results.add("P3", "strandbus next", {{"events_per_second", 1e6}});
  results.add_round_trip("P3", {.median_ns = 280, .worst_ns = 4'200});
  const std::string table = render_table(report_of(results));
  EXPECT_THAT(table,
              HasSubstr("THE MACHINE WAS noisy in 1 of 1 probes, round trip up to 4.20 µs\n"));
  EXPECT_THAT(table, HasSubstr("  the machine was noisy in 1 of 1 probes"));
}

TEST(Table, AQuietMachineIsSaidOnce) {
  Results results;
  results.add("P3", "strandbus next", {{"events_per_second", 1e6}});
  results.add_round_trip("P3", {.median_ns = 280, .worst_ns = 300});
  const std::string table = render_table(report_of(results));
  EXPECT_THAT(table, HasSubstr("Core-to-core round trip 280 ns, the machine was quiet\n"));
  EXPECT_THAT(table, Not(HasSubstr("noisy")));
}

}  // namespace
}  // namespace strandbus::bench
