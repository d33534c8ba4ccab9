#include "tools/captured_output.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace strandbus::detail {
namespace {

TEST(CapturedOutput, KeepsAShortTextWhole) {
  CapturedOutput output(4, 4);
  output.append("abc");
  output.append("defgh");
  EXPECT_EQ(output.text(), "abcdefgh");
  EXPECT_FALSE(output.truncated());
}

TEST(CapturedOutput, KeepsBeginningAndEndOfALongTextAndCountsTheRest) {
  CapturedOutput output(4, 4);
  output.append("abcdefghij");
  output.append("klm");
  EXPECT_EQ(output.text(), "abcd\n[5 bytes left out]\njklm");
  EXPECT_TRUE(output.truncated());
}

TEST(CapturedOutput, CutsBetweenCodePoints) {
  CapturedOutput output(3, 3);
  output.append("aää");
  output.append("xxääb");
  EXPECT_EQ(output.text(), "aä\n[6 bytes left out]\näb");
}

TEST(CapturedOutput, MayKeepNothing) {
  CapturedOutput output(0, 0);
  output.append("abc");
  EXPECT_EQ(output.text(), "[3 bytes left out]\n");
}

TEST(CapturedOutput, SaysNothingOfAnEmptyText) {
  const CapturedOutput output(0, 0);
  EXPECT_EQ(output.text(), "");
  EXPECT_FALSE(output.truncated());
}

RC_GTEST_PROP(CapturedOutputProperty, PiecesDoNotMatter, (const std::vector<std::string>& raw)) {
  // ASCII only: with longer code points a cut depends on where the head ended.
  std::string whole;
  CapturedOutput pieces(10, 10);
  for (std::string piece : raw) {
    for (char& c : piece) c = static_cast<char>('a' + static_cast<unsigned char>(c) % 26);
    whole += piece;
    pieces.append(piece);
  }
  CapturedOutput at_once(10, 10);
  at_once.append(whole);
  RC_ASSERT(pieces.text() == at_once.text());
  RC_ASSERT(pieces.truncated() == (whole.size() > 20));
  if (!pieces.truncated()) RC_ASSERT(pieces.text() == whole);
}

}  // namespace
}  // namespace strandbus::detail
