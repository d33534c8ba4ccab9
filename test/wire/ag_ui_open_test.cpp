#include "wire/ag_ui_open.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace strandbus::detail {
namespace {

using Items = std::vector<AgUiItem>;

TEST(AgUiOpen, OpensNothingTwiceAndClosesOnlyWhatIsOpen) {
  AgUiOpen open;
  EXPECT_TRUE(open.open(AgUiKind::text, "m", ""));
  EXPECT_FALSE(open.open(AgUiKind::text, "m", ""));
  EXPECT_TRUE(open.open(AgUiKind::reasoning, "m", ""));
  EXPECT_TRUE(open.close(AgUiKind::text, "m", ""));
  EXPECT_FALSE(open.close(AgUiKind::text, "m", ""));
  EXPECT_TRUE(open.is_open(AgUiKind::reasoning, "m", ""));
}

TEST(AgUiOpen, OpensAMessageAgainAfterItsEnd) {
  AgUiOpen open;
  open.open(AgUiKind::text, "m", "");
  open.close(AgUiKind::text, "m", "");
  EXPECT_TRUE(open.open(AgUiKind::text, "m", ""));
}

TEST(AgUiOpen, KeepsStepsOfOneNameApartByTheirOwner) {
  AgUiOpen open;
  EXPECT_TRUE(open.open(AgUiKind::step, "turn 1", ""));
  EXPECT_TRUE(open.open(AgUiKind::step, "turn 1", "child"));
  EXPECT_TRUE(open.close(AgUiKind::step, "turn 1", "child"));
  EXPECT_TRUE(open.is_open(AgUiKind::step, "turn 1", ""));
}

TEST(AgUiOpen, UsesTheIdOfASubagentOnce) {
  AgUiOpen open;
  EXPECT_TRUE(open.open(AgUiKind::subagent, "child", ""));
  EXPECT_TRUE(open.close(AgUiKind::subagent, "child", ""));
  EXPECT_FALSE(open.open(AgUiKind::subagent, "child", ""));
  EXPECT_TRUE(open.knows_subagent("child"));
  EXPECT_FALSE(open.knows_subagent("other"));
}

TEST(AgUiOpen, GivesWhatMustBeClosedTheNewestFirst) {
  AgUiOpen open;
  open.open(AgUiKind::step, "turn 1", "");
  open.open(AgUiKind::subagent, "child", "");
  open.open(AgUiKind::text, "m", "child");
  open.open(AgUiKind::text, "n", "");
  EXPECT_EQ(open.take(AgUiKind::text, ""), (Items{{AgUiKind::text, "n", ""}}));
  EXPECT_EQ(open.take_owned("child"), (Items{{AgUiKind::text, "m", "child"}}));
  EXPECT_EQ(open.take_all(),
            (Items{{AgUiKind::subagent, "child", ""}, {AgUiKind::step, "turn 1", ""}}));
  EXPECT_EQ(open.take_all(), Items());
}

TEST(AgUiOpen, ShowsAMessageThatComesOnceMoreUnderAnotherId) {
  AgUiOpen open;
  EXPECT_EQ(open.shown_message("m"), "m");
  open.discard_message("m");
  EXPECT_EQ(open.shown_message("m"), "m.2");
  open.discard_message("m");
  EXPECT_EQ(open.shown_message("m"), "m.3");
  EXPECT_EQ(open.shown_message("n"), "n");
}

}  // namespace
}  // namespace strandbus::detail
