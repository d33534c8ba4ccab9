#include "report/targets.hpp"

#include "report/scenarios.hpp"

#include <gtest/gtest.h>

#include <set>

namespace strandbus::bench {
namespace {

constexpr std::string_view rate = "events_per_second";

Target target(Goal goal, double limit, std::string_view metric, std::vector<Who> peers) {
  return {.scenario = "P2",
          .wanted = "to be good",
          .goal = goal,
          .limit = limit,
          .metric = metric,
          .ours = {"ours"},
          .peers = std::move(peers)};
}

Results results_of(std::string_view metric,
                   const std::vector<std::pair<std::string, std::vector<double>>>& contenders) {
  Results results;
  for (const auto& [contender, values] : contenders) {
    for (const double value : values) results.add("P2", contender, {{std::string(metric), value}});
  }
  return results;
}

TEST(Targets, ARateIsComparedByTheMedians) {
  const Target wanted = target(Goal::at_least, 3, rate, {{"P2", "peer"}});
  const Judgement judgement =
      judge(wanted, results_of(rate, {{"ours", {1, 30, 90}}, {"peer", {9, 10, 11}}}));
  EXPECT_EQ(judgement.verdict, Verdict::met);
  EXPECT_DOUBLE_EQ(judgement.measured, 3);
  EXPECT_EQ(judgement.against, "peer");
}

TEST(Targets, AnythingBelowIsNotMet) {
  const Target wanted = target(Goal::at_least, 3, rate, {{"P2", "peer"}});
  const Judgement judgement = judge(wanted, results_of(rate, {{"ours", {29.9}}, {"peer", {10}}}));
  EXPECT_EQ(judgement.verdict, Verdict::not_met);
}

TEST(Targets, TheBestPeerCounts) {
  const Target wanted = target(Goal::at_least, 2, rate, {{"P2", "slow"}, {"P2", "fast"}});
  const Judgement judgement =
      judge(wanted, results_of(rate, {{"ours", {30}}, {"slow", {10}}, {"fast", {20}}}));
  EXPECT_EQ(judgement.verdict, Verdict::not_met);
  EXPECT_DOUBLE_EQ(judgement.measured, 1.5);
  EXPECT_EQ(judgement.against, "fast");
}

TEST(Targets, TheSlowestOfOursCounts) {
  Target wanted = target(Goal::at_least, 1, rate, {{"P2", "peer"}});
  wanted.ours = {"ours", "ours, elsewhere"};
  const Judgement judgement =
      judge(wanted, results_of(rate, {{"ours", {30}}, {"ours, elsewhere", {9}}, {"peer", {10}}}));
  EXPECT_EQ(judgement.verdict, Verdict::not_met);
  EXPECT_DOUBLE_EQ(judgement.measured, 0.9);
}

TEST(Targets, ATimeLimitOnRatesIsTheInverseOfTheirRatio) {
  const Target wanted = target(Goal::at_most, 2, rate, {{"P2", "peer"}});
  const Judgement judgement = judge(wanted, results_of(rate, {{"ours", {10}}, {"peer", {15}}}));
  EXPECT_EQ(judgement.verdict, Verdict::met);
  EXPECT_DOUBLE_EQ(judgement.measured, 1.5);
}

TEST(Targets, OfTimesTheShortestIsTheBest) {
  const Target wanted =
      target(Goal::at_most, 1, "p50_nanoseconds", {{"P2", "slow"}, {"P2", "fast"}});
  const Judgement judgement = judge(
      wanted, results_of("p50_nanoseconds", {{"ours", {30}}, {"slow", {40}}, {"fast", {20}}}));
  EXPECT_EQ(judgement.verdict, Verdict::not_met);
  EXPECT_DOUBLE_EQ(judgement.measured, 1.5);
  EXPECT_EQ(judgement.against, "fast");
}

TEST(Targets, WithoutAPeerTheValueItselfCounts) {
  const Target wanted = target(Goal::at_most, 2048, "bytes", {});
  EXPECT_EQ(judge(wanted, results_of("bytes", {{"ours", {2048}}})).verdict, Verdict::met);
  EXPECT_EQ(judge(wanted, results_of("bytes", {{"ours", {2049}}})).verdict, Verdict::not_met);
}

TEST(Targets, WhatWasNotMeasuredIsNotJudged) {
  const Target wanted = target(Goal::at_least, 1, rate, {{"P2", "peer"}, {"P1.free", "other"}});
  const Judgement without_peers = judge(wanted, results_of(rate, {{"ours", {1}}}));
  EXPECT_EQ(without_peers.verdict, Verdict::unmeasured);
  EXPECT_EQ(without_peers.missing, "peer, P1.free other");
  const Judgement without_ours = judge(wanted, results_of(rate, {{"peer", {1}}}));
  EXPECT_EQ(without_ours.verdict, Verdict::unmeasured);
}

TEST(Targets, OnePeerOfTwoIsEnoughAndTheOtherIsNamed) {
  const Target wanted = target(Goal::at_least, 1, rate, {{"P2", "peer"}, {"P2", "other"}});
  const Judgement judgement = judge(wanted, results_of(rate, {{"ours", {1}}, {"peer", {1}}}));
  EXPECT_EQ(judgement.verdict, Verdict::met);
  EXPECT_EQ(judgement.missing, "other");
}

TEST(Targets, EachBelongsToAKnownScenarioAndEachScenarioHasOne) {
  std::set<std::string_view> with_target;
  for (const Target& known : targets()) {
    EXPECT_NE(find_scenario(known.scenario), nullptr) << known.scenario;
    for (const Who& peer : known.peers) EXPECT_NE(find_scenario(peer.scenario), nullptr);
    EXPECT_FALSE(known.ours.empty());
    with_target.insert(known.scenario);
  }
  for (const Scenario& scenario : scenarios()) {
    EXPECT_EQ(with_target.contains(scenario.name), scenario.name != "machine") << scenario.name;
  }
}

}  // namespace
}  // namespace strandbus::bench
