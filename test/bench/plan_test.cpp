#include "report/plan.hpp"

#include "report/scenarios.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strandbus::bench {
namespace {

using ::testing::ElementsAre;

TEST(Plan, ScenariosComeInTheOrderOfTheTableAndUnknownOnesLast) {
  const std::vector<Heat> plan = make_plan(
      {{"elsewhere", "x", "a"}, {"P10", "strandbus next", "a"}, {"P2", "tokio", "c"}}, {});
  ASSERT_EQ(plan.size(), scenarios().size() + 1);
  for (std::size_t i = 0; i < scenarios().size(); ++i)
    EXPECT_EQ(plan[i].scenario, scenarios()[i].name);
  EXPECT_EQ(plan.back().scenario, "elsewhere");
}

TEST(Plan, WithinAScenarioTheOrderStays) {
  const std::vector<Heat> plan = make_plan(
      {{"P2", "strandbus next", "a"}, {"P2", "asio", "b"}, {"P2", "tokio", "c"}}, {.only = {"P2"}});
  ASSERT_EQ(plan.size(), 1u);
  ASSERT_EQ(plan[0].tasks.size(), 3u);
  EXPECT_EQ(plan[0].tasks[0].contender, "strandbus next");
  EXPECT_EQ(plan[0].tasks[1].contender, "asio");
  EXPECT_EQ(plan[0].tasks[2].program, "c");
}

TEST(Plan, OnlyWhatIsAskedForIsMeasured) {
  const std::vector<Heat> plan =
      make_plan({{"P2", "tokio", "c"}, {"P3", "tokio", "c"}}, {.only = {"P3"}});
  ASSERT_EQ(plan.size(), 1u);
  EXPECT_EQ(plan[0].scenario, "P3");
}

TEST(Plan, AScenarioThatNobodyCanMeasureKeepsItsPlace) {
  const std::vector<Heat> plan = make_plan({}, {.only = {"P9"}});
  ASSERT_EQ(plan.size(), 1u);
  EXPECT_TRUE(plan[0].tasks.empty());
}

TEST(Plan, EveryOtherRoundRunsBackwards) {
  EXPECT_THAT(order_in_round(3, 0), ElementsAre(0, 1, 2));
  EXPECT_THAT(order_in_round(3, 1), ElementsAre(2, 1, 0));
  EXPECT_THAT(order_in_round(3, 2), ElementsAre(0, 1, 2));
}

}  // namespace
}  // namespace strandbus::bench
