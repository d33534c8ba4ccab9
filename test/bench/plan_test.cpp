#include "report/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strandbus::bench {
namespace {

using ::testing::ElementsAre;

TEST(Plan, ScenariosComeInTheOrderOfTheTableAndUnknownOnesLast) {
  const std::vector<Heat> plan = make_plan({{"elsewhere", "x", "a"},
                                            {"P10", "strandbus next", "a"},
                                            {"P2", "strandbus next", "a"},
                                            {"machine", "clock read", "b"},
                                            {"P2", "tokio", "c"}},
                                           {});
  ASSERT_EQ(plan.size(), 4u);
  EXPECT_EQ(plan[0].scenario, "machine");
  EXPECT_EQ(plan[1].scenario, "P2");
  EXPECT_EQ(plan[2].scenario, "P10");
  EXPECT_EQ(plan[3].scenario, "elsewhere");
}

TEST(Plan, WithinAScenarioTheOrderStays) {
  const std::vector<Heat> plan = make_plan({{"P2", "strandbus next", "a"},
                                            {"P3", "tokio", "c"},
                                            {"P2", "asio", "b"},
                                            {"P2", "tokio", "c"}},
                                           {});
  ASSERT_EQ(plan.size(), 2u);
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

TEST(Plan, EveryOtherRoundRunsBackwards) {
  EXPECT_THAT(order_in_round(3, 0), ElementsAre(0, 1, 2));
  EXPECT_THAT(order_in_round(3, 1), ElementsAre(2, 1, 0));
  EXPECT_THAT(order_in_round(3, 2), ElementsAre(0, 1, 2));
}

}  // namespace
}  // namespace strandbus::bench
