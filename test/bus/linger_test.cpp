// When those who wake readers look again: the decisions of a Linger, with times made up.

#include "bus/linger.hpp"

#include <gtest/gtest.h>

namespace strandbus::detail {
namespace {

using std::chrono::hours;
using Clock = Linger::Clock;

constexpr Clock::time_point now = Clock::time_point() + hours(1);
constexpr bool alone = false;
constexpr bool others_publish = true;

/// How many looks that find nothing are made after the last one that found something.
int looks_in_vain(Linger& linger) {
  int looks = 0;
  while (linger.goes_on_after(0, others_publish, now) && looks < 1000) ++looks;
  return looks;
}

TEST(Linger, LooksNoMoreWhenItHasFoundNothing) {
  Linger linger;

  EXPECT_FALSE(linger.goes_on_after(0, others_publish, now));
}

TEST(Linger, LooksOnceMoreAtOnceAfterALoneEvent) {
  Linger linger;

  EXPECT_TRUE(linger.goes_on_after(1, others_publish, now));
  EXPECT_LE(linger.next_look(), now);
  EXPECT_FALSE(linger.goes_on_after(0, others_publish, now));
}

TEST(Linger, WaitsBetweenLooksWhenAnotherThreadPublishesMany) {
  Linger linger;

  EXPECT_TRUE(linger.goes_on_after(8, others_publish, now));

  EXPECT_GT(linger.next_look(), now);
  EXPECT_LT(linger.next_look(), now + std::chrono::milliseconds(1));
}

TEST(Linger, StaysBusyWithFewEventsAtATime) {
  Linger linger;
  linger.goes_on_after(8, others_publish, now);

  EXPECT_TRUE(linger.goes_on_after(1, others_publish, now));

  EXPECT_GT(linger.next_look(), now);
}

TEST(Linger, GivesUpAfterAFewLooksInVain) {
  Linger linger;
  linger.goes_on_after(8, others_publish, now);

  const int looks = looks_in_vain(linger);

  EXPECT_GE(looks, 1);
  EXPECT_LT(looks, 100);
}

TEST(Linger, ForgetsLooksInVainWhenItFindsSomething) {
  Linger fresh;
  fresh.goes_on_after(8, others_publish, now);
  Linger linger = fresh;
  for (int i = 0; i < 3; ++i) linger.goes_on_after(0, others_publish, now);

  linger.goes_on_after(1, others_publish, now);

  EXPECT_EQ(looks_in_vain(linger), looks_in_vain(fresh));
}

TEST(Linger, NeverWaitsWhereReadersAndPublishersShareAThread) {
  Linger linger;

  EXPECT_TRUE(linger.goes_on_after(1000, alone, now));
  EXPECT_LE(linger.next_look(), now);
  EXPECT_FALSE(linger.goes_on_after(0, alone, now));
}

TEST(Linger, EndsWhenNobodyElsePublishesAnyMore) {
  Linger linger;
  linger.goes_on_after(8, others_publish, now);

  EXPECT_FALSE(linger.goes_on_after(0, alone, now));
}

}  // namespace
}  // namespace strandbus::detail
