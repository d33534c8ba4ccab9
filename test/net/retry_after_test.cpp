#include "net/retry_after.hpp"

#include <gtest/gtest.h>

namespace strandbus::test {
namespace {

using namespace std::chrono_literals;
using detail::parse_retry_after;
using detail::parse_retry_after_ms;

// Sun, 06 Nov 1994 08:49:37 GMT
constexpr std::chrono::system_clock::time_point then{784'111'777s};

TEST(RetryAfter, MillisecondsMayHaveAFraction) {
  EXPECT_EQ(parse_retry_after_ms("250"), 250ms);
  EXPECT_EQ(parse_retry_after_ms(" 0.2 "), 1ms) << "rounded up";
  EXPECT_EQ(parse_retry_after_ms("0"), 0ms);
}

TEST(RetryAfter, SecondsMayHaveAFraction) {
  EXPECT_EQ(parse_retry_after("3", then), 3s);
  EXPECT_EQ(parse_retry_after("1.5", then), 1500ms);
  EXPECT_EQ(parse_retry_after("1e2", then), 100s);
}

TEST(RetryAfter, ADateIsComparedWithNow) {
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:47 GMT", then), 10s);
  EXPECT_EQ(parse_retry_after("Mon, 07 Nov 1994 08:49:37 GMT", then), 24h);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:27 GMT", then), 0ms) << "it has passed";
  EXPECT_EQ(parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", then), std::chrono::days(365));
}

TEST(RetryAfter, AHugeTimeIsAYear) {
  EXPECT_EQ(parse_retry_after("1e300", then), std::chrono::days(365));
  EXPECT_EQ(parse_retry_after_ms("99999999999999999999999"), std::chrono::days(365));
}

TEST(RetryAfter, WhatIsNoTimeIsNone) {
  for (const char* text :
       {"", " ", "-1", "nan", "inf", "soon", "3 s", "0x10", "1,5", "Sun, 06 Nov 1994 08:49:37",
        "Sun, 99 Nov 1994 08:49:37 GMT", "Sun, 06 Nix 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT tomorrow",
        "Sun, 30 Feb 1994 08:49:37 GMT"}) {
    EXPECT_EQ(parse_retry_after(text, then), std::nullopt) << text;
  }
  EXPECT_EQ(parse_retry_after_ms("soon"), std::nullopt);
}

}  // namespace
}  // namespace strandbus::test
