#include "llm/text_split.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

namespace strandbus::detail {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

bool begins_with_code_point(const std::string& piece) {
  return !piece.empty() && (static_cast<unsigned char>(piece.front()) & 0xC0U) != 0x80U;
}

/// A text of letters of one to four bytes and of white space.
std::string any_text() {
  static const std::vector<std::string> parts{"a",  "Z",  "9", ".", " ",  "  ",
                                              "\n", "\t", "é", "€", "漢", "😀"};
  std::string text;
  for (const std::string& part :
       *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(parts)))
    text += part;
  return text;
}

TEST(SplitTokens, CutsBeforeTheWhiteSpaceOfEachWord) {
  EXPECT_THAT(split_tokens("I'll use the calculator"),
              ElementsAre("I'll", " use", " the", " calculator"));
  EXPECT_THAT(split_tokens("The answer is 4"), ElementsAre("The", " answer", " is", " 4"));
}

TEST(SplitTokens, KeepsWhiteSpaceOfAllKinds) {
  EXPECT_THAT(split_tokens("  a\n\n\tb \r\n"), ElementsAre("  a", "\n\n\tb", " \r\n"));
  EXPECT_THAT(split_tokens("   "), ElementsAre("   "));
  EXPECT_THAT(split_tokens(""), IsEmpty());
}

TEST(SplitTokens, CutsALongRunWithoutWhiteSpace) {
  EXPECT_THAT(split_tokens(" " + std::string(70, 'x')),
              ElementsAre(" " + std::string(32, 'x'), std::string(32, 'x'), std::string(6, 'x')));
  std::string han;
  for (int i = 0; i < 12; ++i) han += "漢";  // 3 bytes each: 10 of them fit
  EXPECT_THAT(split_tokens(han), ElementsAre(han.substr(0, 30), han.substr(30)));
}

RC_GTEST_PROP(SplitTokens, ThePiecesAreTheTextAndBeginAtCodePoints, ()) {
  const std::string text = any_text();
  const std::vector<std::string> tokens = split_tokens(text);
  RC_ASSERT(join(tokens) == text);
  for (const std::string& token : tokens) RC_ASSERT(begins_with_code_point(token));
}

TEST(SplitEvenly, MakesPiecesOfAboutTheSameSize) {
  EXPECT_THAT(split_evenly(R"({"expr":"2+2"})", 2), ElementsAre(R"({"expr")", R"(:"2+2"})"));
  EXPECT_THAT(split_evenly("abcdefg", 3), ElementsAre("abc", "de", "fg"));
  EXPECT_THAT(split_evenly("ab", 5), ElementsAre("a", "b"));
  EXPECT_THAT(split_evenly("", 3), IsEmpty());
}

RC_GTEST_PROP(SplitEvenly, ThePiecesAreTheTextAndBeginAtCodePoints, ()) {
  const std::string text = any_text();
  const std::size_t count = *rc::gen::inRange<std::size_t>(1, 40);
  const std::vector<std::string> pieces = split_evenly(text, count);
  RC_ASSERT(join(pieces) == text);
  RC_ASSERT(pieces.size() <= count);
  for (const std::string& piece : pieces) RC_ASSERT(begins_with_code_point(piece));
}

TEST(CutPosition, NeverLiesInsideACodePoint) {
  const std::string text = "a€😀b";  // 1, 3, 4 and 1 bytes
  const std::vector<std::size_t> expected{1, 1, 1, 4, 4, 4, 4, 8, 9, 9};
  for (std::size_t limit = 1; limit <= 10; ++limit) {
    EXPECT_EQ(cut_position(text, 0, limit), expected[limit - 1]) << "limit " << limit;
  }
  EXPECT_EQ(cut_position(text, 1, 1), 4U) << "at least one code point";
}

}  // namespace
}  // namespace strandbus::detail
