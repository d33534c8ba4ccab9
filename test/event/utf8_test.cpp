#include "event/sample.hpp"
#include "strandbus/event/json_codec.hpp"

#include <gtest/gtest.h>

#include <random>

namespace strandbus {
namespace {

constexpr std::string_view fffd = "\xEF\xBF\xBD";

std::string repeat(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

TEST(Utf8, ValidTextStaysAsItIs) {
  for (const std::string_view text :
       {"", "ascii", "é€😀", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
        "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(repair_utf8(text), text);
  }
  const std::string_view with_nul("a\0b", 3);
  EXPECT_EQ(repair_utf8(with_nul), with_nul);
}

TEST(Utf8, EachMaximalSubpartBecomesOneReplacement) {
  // Unicode 15, table 3-8 and 3-11.
  EXPECT_EQ(repair_utf8("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"), repeat(fffd, 8) + "A");
  EXPECT_EQ(repair_utf8("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41"), repeat(fffd, 8) + "A");
  EXPECT_EQ(repair_utf8("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42"),
            repeat(fffd, 5) + "A" + repeat(fffd, 2) + "B");
  EXPECT_EQ(repair_utf8("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"), repeat(fffd, 4) + "A");
}

TEST(Utf8, IncompleteEndBecomesOneReplacement) {
  EXPECT_EQ(repair_utf8("a\xF0\x9F\x98"), "a" + std::string(fffd));
  EXPECT_EQ(repair_utf8("\xC3"), fffd);
}

TEST(Utf8Assembler, HoldsASequenceThatIsSplit) {
  Utf8Assembler assembler;
  EXPECT_EQ(assembler.feed("a\xF0\x9F"), "a");
  EXPECT_EQ(assembler.feed("\x98"), "");
  EXPECT_EQ(assembler.feed("\x80"
                           "b"),
            "😀b");
  EXPECT_EQ(assembler.finish(), "");
}

TEST(Utf8Assembler, FinishRepairsWhatIsHeldAndStartsAfresh) {
  Utf8Assembler assembler;
  EXPECT_EQ(assembler.feed("\xE2\x82"), "");
  EXPECT_EQ(assembler.finish(), fffd);
  EXPECT_EQ(assembler.finish(), "");
  EXPECT_EQ(assembler.feed("ok"), "ok");
}

TEST(Utf8Assembler, InvalidBytesAreNotHeld) {
  Utf8Assembler assembler;
  EXPECT_EQ(assembler.feed("\xFF"), fffd);
  EXPECT_EQ(assembler.feed("\xC3"), "");
  EXPECT_EQ(assembler.feed("("), std::string(fffd) + "(");
}

std::string assemble(std::string_view a, std::string_view b, std::string_view c) {
  Utf8Assembler assembler;
  std::string out = assembler.feed(a);
  out += assembler.feed(b);
  out += assembler.feed(c);
  return out + assembler.finish();
}

TEST(Utf8Assembler, EverySplitGivesWhatTheWholeGives) {
  const std::string text = "aé€😀\xF0\x9F\xE2\x82z\xED\xA0\x80\xC3";
  const std::string expected = repair_utf8(text);
  for (std::size_t i = 0; i <= text.size(); ++i) {
    for (std::size_t j = i; j <= text.size(); ++j) {
      ASSERT_EQ(assemble(text.substr(0, i), text.substr(i, j - i), text.substr(j)), expected)
          << i << ' ' << j;
    }
  }
}

TEST(Utf8Assembler, RandomBytesGiveTheSameInAnyPiecesAndAreValid) {
  const std::uint64_t seed = testing::test_seed();
  SCOPED_TRACE("STRANDBUS_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  static constexpr std::string_view bytes(
      "\x00\x41\x80\x8F\x90\x9F\xA0\xBF\xC0\xC2\xDF\xE0\xE1\xED\xEF\xF0\xF1\xF4\xF5\xFF", 20);
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (auto left = random() % 10; left > 0; --left) text += bytes[random() % bytes.size()];
    const std::string expected = repair_utf8(text);
    ASSERT_EQ(repair_utf8(expected), expected);
    const std::size_t cut = random() % (text.size() + 1);
    ASSERT_EQ(assemble(text.substr(0, cut), "", text.substr(cut)), expected);
  }
}

TEST(JsonString, EscapesWhatJsonRequiresAndRepairsTheRest) {
  std::string out;
  append_json_string(out, std::string_view("a\"\\/\b\f\n\r\t\x01\x1F\0\x7F é\xFF", 17));
  EXPECT_EQ(out, "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\\u0000\x7F é\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace strandbus
