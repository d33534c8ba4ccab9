#include "report/report.hpp"

#include "report/json.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <gtest/gtest.h>

namespace strandbus::bench {
namespace {

Results sample() {
  Results results;
  results.add_round_trip("P3", {.median_ns = 280, .worst_ns = 300});
  results.add("P3", "strandbus next", {{"events_per_second", 600'000}});
  results.add("P3", "strandbus next", {{"events_per_second", 500'000}});
  results.add("P3", "strandbus next", {{"events_per_second", 700'000}});
  results.add("P3", "tokio current-thread", {{"events_per_second", 200'000}});
  results.add_failure("P3", "tokio multi-thread", "it ended with exit code 1");
  return results;
}

Report report_of(const Results& results) {
  return make_report(results, {.machine = "a machine", .rounds = 3, .absent = {"ZeroMQ is away"}});
}

TEST(Report, ARowHasItsSummaryAndItsSpeedBesideOurs) {
  const Report report = report_of(sample());
  ASSERT_EQ(report.sections.size(), 1u);
  const Section& section = report.sections[0];
  EXPECT_EQ(section.readers, 64u);
  ASSERT_EQ(section.rows.size(), 2u);
  EXPECT_EQ(section.rows[0].summary.median, 600'000);
  EXPECT_DOUBLE_EQ(section.rows[0].to_ours.value(), 1);
  EXPECT_DOUBLE_EQ(section.rows[1].to_ours.value(), 1.0 / 3);
}

TEST(Report, ATimeIsComparedAsASpeed) {
  Results results;
  results.add("P7", "strandbus next", {{"p50_nanoseconds", 40}, {"p99_nanoseconds", 100}});
  results.add("P7", "tokio current-thread", {{"p50_nanoseconds", 80}, {"p99_nanoseconds", 50}});
  const Report report = report_of(results);
  ASSERT_EQ(report.sections[0].rows.size(), 4u);
  EXPECT_DOUBLE_EQ(report.sections[0].rows[2].to_ours.value(), 0.5);
  EXPECT_DOUBLE_EQ(report.sections[0].rows[3].to_ours.value(), 2);
}

TEST(Report, WithoutOursNothingIsCompared) {
  Results results;
  results.add("machine", "clock read", {{"nanoseconds", 18}});
  EXPECT_FALSE(report_of(results).sections[0].rows[0].to_ours.has_value());
}

TEST(Report, AFailureIsNamedWithItsContender) {
  const Results results = sample();
  EXPECT_TRUE(results.has_failure());
  const Report report = report_of(results);
  ASSERT_EQ(report.sections[0].failures.size(), 1u);
  EXPECT_EQ(report.sections[0].failures[0], "tokio multi-thread: it ended with exit code 1");
}

TEST(Report, AFailureOfEveryRoundIsNamedOnce) {
  Results results;
  for (int round = 0; round < 3; ++round) results.add_failure("P8", "strandbus", "it is broken");
  EXPECT_EQ(report_of(results).sections[0].failures.size(), 1u);
}

TEST(Report, TheTargetsOfAnUnmeasuredScenarioAreUnknown) {
  Results results;
  results.add_scenario("P13");
  EXPECT_EQ(count(report_of(results), Verdict::unmeasured), 2u);
}

TEST(Report, VerdictsAreCounted) {
  const Report report = report_of(sample());
  EXPECT_EQ(count(report, Verdict::met), 1u);         // next is 3 × tokio
  EXPECT_EQ(count(report, Verdict::unmeasured), 1u);  // batch was not measured
}

TEST(Report, TheJsonHoldsEveryValueAndVerdict) {
  const auto json = boost::json::parse(render_json(report_of(sample())));
  EXPECT_EQ(json.at("rounds").to_number<int>(), 3);
  EXPECT_EQ(json.at("left_out").at(0), "ZeroMQ is away");
  const auto& scenario = json.at("scenarios").at(0);
  EXPECT_EQ(scenario.at("scenario"), "P3");
  const auto& ours = scenario.at("rows").at(0);
  EXPECT_EQ(ours.at("contender"), "strandbus next");
  EXPECT_EQ(ours.at("values").as_array().size(), 3u);
  EXPECT_EQ(ours.at("min").to_number<double>(), 500'000);
  const auto& next = scenario.at("targets").at(0);
  EXPECT_EQ(next.at("verdict"), "met");
  EXPECT_EQ(next.at("limit").to_number<double>(), 2.5);
  EXPECT_EQ(scenario.at("targets").at(1).at("verdict"), "unknown");
  EXPECT_EQ(scenario.at("failures").as_array().size(), 1u);
}

}  // namespace
}  // namespace strandbus::bench
