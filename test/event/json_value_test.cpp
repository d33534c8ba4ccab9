#include "event/sample.hpp"
#include "strandbus/event/json_codec.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/string.hpp>

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace strandbus {
namespace {

std::string text_of(const json::value& value) {
  std::string out;
  append_json(out, value);
  return out;
}

DecodeError error_of(std::string_view text, const DecodeLimits& limits = {}) {
  auto result = parse_json(text, limits);
  EXPECT_TRUE(result.has_error()) << text;
  return result.has_error() ? result.error() : DecodeError{};
}

TEST(JsonValue, KindsAreWrittenAsJsonWantsThem) {
  EXPECT_EQ(text_of(nullptr), "null");
  EXPECT_EQ(text_of(true), "true");
  EXPECT_EQ(text_of(-7), "-7");
  EXPECT_EQ(text_of(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(text_of(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(text_of(json::array{}), "[]");
  EXPECT_EQ(text_of(json::object{}), "{}");
  EXPECT_EQ(text_of(json::object{{"a", json::array{1, "b", nullptr}}, {"c\n", false}}),
            R"({"a":[1,"b",null],"c\n":false})");
}

TEST(JsonValue, ADoubleStaysADouble) {
  EXPECT_EQ(text_of(1.0), "1.0");
  EXPECT_EQ(text_of(-0.0), "-0.0");
  EXPECT_EQ(text_of(0.1), "0.1");
  EXPECT_EQ(text_of(1e300), "1e+300");
  EXPECT_EQ(text_of(std::numeric_limits<double>::quiet_NaN()), "null");
  EXPECT_EQ(text_of(-std::numeric_limits<double>::infinity()), "null");
  EXPECT_TRUE(parse_json("1.0").value().is_double());
  EXPECT_TRUE(std::signbit(parse_json("-0.0").value().get_double()));
}

TEST(JsonValue, RandomBitPatternsOfDoublesAreExact) {
  const std::uint64_t seed = testing::test_seed();
  SCOPED_TRACE("STRANDBUS_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t bits = random();
    const auto number = std::bit_cast<double>(bits);
    if (!std::isfinite(number)) continue;
    const auto parsed = parse_json(text_of(number));
    ASSERT_TRUE(parsed);
    ASSERT_EQ(std::bit_cast<std::uint64_t>(parsed->get_double()), bits) << text_of(number);
  }
}

TEST(JsonValue, DoublesAreCorrectlyRoundedHoweverTheyAreWritten) {
  EXPECT_EQ(parse_json("0.30000000000000004")->get_double(), 0.1 + 0.2);
  EXPECT_EQ(parse_json("9007199254740993.0")->get_double(), 9007199254740992.0);
  EXPECT_EQ(parse_json("4.9e-324")->get_double(), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(parse_json("1e-400")->get_double(), 0.0);
  EXPECT_TRUE(std::signbit(parse_json("-1e-400")->get_double()));
  EXPECT_EQ(parse_json("0." + std::string(400, '0') + "1")->get_double(), 0.0);
  EXPECT_EQ(parse_json("1.7976931348623157e308")->get_double(), std::numeric_limits<double>::max());
  EXPECT_EQ(parse_json("[1E2,1e+2]")->at(0).get_double(), 100.0);
}

TEST(JsonValue, IntegersKeepSixtyFourBits) {
  EXPECT_EQ(parse_json("9223372036854775807")->get_int64(),
            std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(parse_json("-9223372036854775808")->get_int64(),
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(parse_json("18446744073709551615")->get_uint64(),
            std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(parse_json("18446744073709551616")->get_double(), 18446744073709551616.0);
}

TEST(JsonValue, RandomValuesRoundTrip) {
  const std::uint64_t seed = testing::test_seed();
  SCOPED_TRACE("STRANDBUS_TEST_SEED=" + std::to_string(seed));
  testing::RandomValues values(seed);
  for (int i = 0; i < 5'000; ++i) {
    const json::value value = values.json_value();
    const std::string text = text_of(value);
    const auto parsed = parse_json(text);
    ASSERT_TRUE(parsed) << text << '\n' << parsed.error().message;
    ASSERT_EQ(*parsed, value) << text;
    ASSERT_EQ(text_of(*parsed), text);
  }
}

TEST(ParseJson, NumberBeyondDoubleIsRefused) {
  const DecodeError error = error_of("[1e400]");
  EXPECT_EQ(error.code, Errc::malformed_json);
  EXPECT_EQ(error.offset, 6U);
  EXPECT_EQ(error.message, "malformed JSON at byte 6: a number beyond the range of double");
  error_of("-1e400");
  error_of(std::string(400, '9'));
}

TEST(ParseJson, ErrorNamesTheByte) {
  const DecodeError error = error_of(R"({"a": 1, "b" 2})");
  EXPECT_EQ(error.code, Errc::malformed_json);
  EXPECT_EQ(error.offset, 13U);
  EXPECT_TRUE(error.message.starts_with("malformed JSON at byte 13: ")) << error.message;
}

TEST(ParseJson, DuplicateKeysAreRefusedAtAnyDepth) {
  for (const std::string_view text : {R"({"a":1,"a":2})", R"([{"b":{"a":1,"c":2,"a":3}}])",
                                      R"({"a":1,"\u0061":2})", R"({"":1,"":2})"}) {
    const DecodeError error = error_of(text);
    EXPECT_EQ(error.code, Errc::malformed_json);
    EXPECT_NE(error.message.find("twice"), std::string::npos) << error.message;
  }
  EXPECT_TRUE(parse_json(R"({"a":{"a":{"a":1}},"b":{"a":1}})"));
}

TEST(ParseJson, TextThatIsNotJsonIsRefused) {
  for (const std::string_view text : {"",
                                      " ",
                                      "{",
                                      "}",
                                      "[1,]",
                                      "{\"a\":1,}",
                                      "01",
                                      "+1",
                                      ".5",
                                      "1.",
                                      "1e",
                                      "-",
                                      "NaN",
                                      "Infinity",
                                      "'a'",
                                      "\"a",
                                      "\"\\x\"",
                                      "\"\\u12\"",
                                      "\"\\ud800\"",
                                      "\"\\udc00\\ud800\"",
                                      "\"a\nb\"",
                                      "\"\xFF\"",
                                      "\"\xC0\x80\"",
                                      "\"\xED\xA0\x80\"",
                                      "\xEF\xBB\xBF{}",
                                      "{} {}",
                                      "nul",
                                      "true false",
                                      "{\"a\"}",
                                      "{1:2}",
                                      "// c\n1",
                                      "[1 2]"}) {
    EXPECT_EQ(error_of(text).code, Errc::malformed_json) << text;
  }
  error_of(std::string_view("1\0", 2));
}

TEST(ParseJson, TheLimitsHold) {
  const DecodeLimits limits{.max_bytes = 10, .max_depth = 2};
  EXPECT_TRUE(parse_json("[[1,2,3]]", limits));
  EXPECT_EQ(error_of("[[1,2,3,4]]", limits).code, Errc::limit_exceeded);
  EXPECT_EQ(error_of("[[[]]]", limits).code, Errc::limit_exceeded);
  EXPECT_EQ(error_of(std::string(65, '[') + std::string(65, ']')).code, Errc::limit_exceeded);
  EXPECT_TRUE(parse_json(std::string(64, '[') + std::string(64, ']')));
  EXPECT_EQ(error_of("1e99999999999").code, Errc::limit_exceeded);
}

TEST(ParseJson, AgreesWithBoostOnWhatIsJson) {
  const std::uint64_t seed = testing::test_seed();
  SCOPED_TRACE("STRANDBUS_TEST_SEED=" + std::to_string(seed));
  testing::RandomValues values(seed);
  for (int i = 0; i < 5'000; ++i) {
    std::string text = text_of(values.json_value());
    text[values.choice(text.size())] = "{}[],:\"\\0e-. x\n"[values.choice(15)];
    error_code ec;
    json::parse(text, ec);
    const auto ours = parse_json(text);
    const bool refused_by_rule = ours.has_error() && !ec;
    if (refused_by_rule) {
      EXPECT_TRUE(ours.error().message.find("twice") != std::string::npos ||
                  ours.error().message.find("beyond") != std::string::npos)
          << text << '\n'
          << ours.error().message;
    } else {
      EXPECT_EQ(ours.has_value(), !ec) << text;
    }
  }
}

TEST(ParseJson, EscapesAreResolved) {
  EXPECT_EQ(parse_json(R"("\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac\ud83d\ude00\u0000")")->get_string(),
            json::string_view("\"\\/\b\f\n\r\tAé€😀\0", 19));
}

}  // namespace
}  // namespace strandbus
