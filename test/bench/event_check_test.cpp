#include "load/event_check.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace strandbus::load {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

TEST(EventCheck, TakesTheNextEventOnly) {
  EventCheck check(4);
  EXPECT_TRUE(check.take(5));
  EXPECT_TRUE(check.take(6));
  EXPECT_EQ(check.faults(), 0U);
  EXPECT_FALSE(check.take(6));  // again
  EXPECT_FALSE(check.take(8));  // one is left out
  EXPECT_FALSE(check.take(7));  // out of order
  EXPECT_EQ(check.faults(), 3U);
}

TEST(SeenEvent, HasTheSeqAndTheTimeOfDay) {
  const auto event = see_event(R"({"schema":1,"seq":42,"ts":"2026-11-20T15:04:05.25Z","data":{}})");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->seq, 42U);
  EXPECT_EQ(event->of_day, hours(15) + std::chrono::minutes(4) + milliseconds(5250));
}

TEST(SeenEvent, IsNoneOfWhatIsNoEvent) {
  EXPECT_FALSE(see_event(R"({"_type":"reset","last_seq":3})"));
  EXPECT_FALSE(see_event(R"({"seq":3,"ts":"2026"})"));
  EXPECT_FALSE(see_event(""));
}

TEST(SeenEvent, IsReadFromWhatIsPublished) {
  const nanoseconds before = time_of_day();
  const auto event = see_event(make_event(7));
  const nanoseconds after = time_of_day();
  ASSERT_TRUE(event);
  EXPECT_EQ(event->seq, 7U);
  // Of three times in a row none is far from the others, also at midnight.
  EXPECT_LE(delay_between(before, event->of_day) + delay_between(event->of_day, after), hours(1));
}

TEST(Delay, GoesOnOverMidnight) {
  EXPECT_EQ(delay_between(hours(3), hours(4)), hours(1));
  EXPECT_EQ(delay_between(hours(24) - milliseconds(2), milliseconds(3)), milliseconds(5));
  EXPECT_EQ(delay_between(milliseconds(3), milliseconds(2)), nanoseconds(0));
}

}  // namespace
}  // namespace strandbus::load
