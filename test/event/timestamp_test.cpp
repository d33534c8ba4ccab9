#include "strandbus/event/timestamp.hpp"

#include "event/sample.hpp"

#include <gtest/gtest.h>

#include <random>

namespace strandbus {
namespace {

Timestamp from_nanos(std::int64_t nanos) { return Timestamp{std::chrono::nanoseconds{nanos}}; }

TEST(Timestamp, IsWrittenWithNineDigits) {
  EXPECT_EQ(to_rfc3339(from_nanos(0)), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(to_rfc3339(from_nanos(1'795'187'045'123'456'789)), "2026-11-20T15:04:05.123456789Z");
  EXPECT_EQ(to_rfc3339(from_nanos(-1)), "1969-12-31T23:59:59.999999999Z");
}

TEST(Timestamp, DigitsAreCutAndNotRounded) {
  const Timestamp time = from_nanos(1'999'999'999);
  EXPECT_EQ(to_rfc3339(time, 6), "1970-01-01T00:00:01.999999Z");
  EXPECT_EQ(to_rfc3339(time, 3), "1970-01-01T00:00:01.999Z");
  EXPECT_EQ(to_rfc3339(time, 0), "1970-01-01T00:00:01Z");
  EXPECT_EQ(to_rfc3339(time, 20), "1970-01-01T00:00:01.999999999Z");
  EXPECT_EQ(to_rfc3339(time, -1), "1970-01-01T00:00:01Z");
}

TEST(Timestamp, LimitsOfTheRangeRoundTrip) {
  for (const Timestamp time : {Timestamp::min(), Timestamp::max(), from_nanos(0)}) {
    EXPECT_EQ(parse_rfc3339(to_rfc3339(time)), time) << to_rfc3339(time);
  }
  EXPECT_EQ(to_rfc3339(Timestamp::min()), "1677-09-21T00:12:43.145224192Z");
  EXPECT_EQ(to_rfc3339(Timestamp::max()), "2262-04-11T23:47:16.854775807Z");
}

TEST(Timestamp, RandomTimesRoundTrip) {
  const std::uint64_t seed = testing::test_seed();
  SCOPED_TRACE("STRANDBUS_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const Timestamp time = from_nanos(static_cast<std::int64_t>(random()));
    ASSERT_EQ(parse_rfc3339(to_rfc3339(time)), time) << to_rfc3339(time);
  }
}

TEST(Timestamp, OffsetsDecimalsAndCasesOfRfc3339AreRead) {
  const Timestamp time = from_nanos(1'795'187'045'000'000'000);
  for (const std::string_view text :
       {"2026-11-20T15:04:05Z", "2026-11-20t15:04:05z", "2026-11-20T16:34:05+01:30",
        "2026-11-20T00:04:05-15:00", "2026-11-21T00:04:05+09:00", "2026-11-20T15:04:05.0+00:00",
        "2026-11-20T15:04:05.000000000-00:00"}) {
    EXPECT_EQ(parse_rfc3339(text), time) << text;
  }
  EXPECT_EQ(parse_rfc3339("2026-11-20T15:04:05.5Z"), time + std::chrono::milliseconds{500});
  EXPECT_EQ(parse_rfc3339("2026-11-20T15:04:05.000000001Z"), time + std::chrono::nanoseconds{1});
}

TEST(Timestamp, LeapSecondIsTheNextSecond) {
  EXPECT_EQ(parse_rfc3339("2016-12-31T23:59:60Z"), parse_rfc3339("2017-01-01T00:00:00Z"));
}

TEST(Timestamp, LeapDaysExistOnlyInLeapYears) {
  EXPECT_TRUE(parse_rfc3339("2024-02-29T00:00:00Z"));
  EXPECT_TRUE(parse_rfc3339("2000-02-29T00:00:00Z"));
  EXPECT_FALSE(parse_rfc3339("2026-02-29T00:00:00Z"));
  EXPECT_FALSE(parse_rfc3339("1900-02-29T00:00:00Z"));
}

TEST(Timestamp, EverythingElseIsRefused) {
  for (const std::string_view text : {"",
                                      "2026",
                                      "2026-11-20",
                                      "2026-11-20T15:04:05",
                                      "2026-11-20 15:04:05Z",
                                      "2026-11-20T15:04Z",
                                      "2026-11-20T15:04:05.Z",
                                      "2026-11-20T15:04:05.1234567890Z",
                                      "2026-13-20T15:04:05Z",
                                      "2026-00-20T15:04:05Z",
                                      "2026-11-31T15:04:05Z",
                                      "2026-11-00T15:04:05Z",
                                      "2026-11-20T24:04:05Z",
                                      "2026-11-20T15:60:05Z",
                                      "2026-11-20T15:04:61Z",
                                      "2026-11-20T15:04:05+24:00",
                                      "2026-11-20T15:04:05+01:60",
                                      "2026-11-20T15:04:05+0100",
                                      "2026-11-20T15:04:05Zx",
                                      " 2026-11-20T15:04:05Z",
                                      "+2026-11-20T15:04:05Z",
                                      "-026-11-20T15:04:05Z",
                                      "20261-1-20T15:04:05Z",
                                      "2026-11-20T15:04:05.+5Z",
                                      "\xD9\xA2"
                                      "026-11-20T15:04:05Z"}) {
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
  }
}

TEST(Timestamp, YearsBeyondTheRangeAreRefused) {
  for (const std::string_view text :
       {"0000-01-01T00:00:00Z", "1677-09-21T00:12:43.145224191Z", "1677-09-21T00:12:43Z",
        "2262-04-11T23:47:16.854775808Z", "2262-04-11T23:47:17Z", "9999-12-31T23:59:59Z"}) {
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
  }
}

TEST(Timestamp, EveryCutOfAValidTextIsRefused) {
  const std::string text = "2026-11-20T15:04:05.123456789+01:00";
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_EQ(parse_rfc3339(text.substr(0, size)), std::nullopt) << size;
  }
}

}  // namespace
}  // namespace strandbus
