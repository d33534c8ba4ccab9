#include "server/session_title.hpp"

#include <gtest/gtest.h>

namespace strandbus::detail {
namespace {

TEST(SessionTitleTest, IsTheFirstLineThatHasText) {
  EXPECT_EQ(title_from(" \n\t Fix the build  \r\nand then the docs"), "Fix the build");
  EXPECT_EQ(title_from("one line"), "one line");
}

TEST(SessionTitleTest, OfNothingIsEmpty) {
  EXPECT_EQ(title_from(""), "");
  EXPECT_EQ(title_from(" \n \r\n"), "");
}

TEST(SessionTitleTest, IsCutBetweenCodePoints) {
  for (std::size_t letters = 190; letters < 200; ++letters) {
    const std::string title = title_from(std::string(letters, 'x') + "äöü€😀😀😀");
    EXPECT_LE(title.size(), max_title_bytes);
    EXPECT_TRUE(title.ends_with("…"));
    const std::string kept = title.substr(0, title.size() - 3);
    EXPECT_EQ((std::string(letters, 'x') + "äöü€😀😀😀").substr(0, kept.size()), kept);
    EXPECT_NE(
        static_cast<unsigned char>((std::string(letters, 'x') + "äöü€😀😀😀")[kept.size()]) & 0xC0U,
        0x80U);
  }
  EXPECT_EQ(title_from(std::string(200, 'x')), std::string(200, 'x'));
}

}  // namespace
}  // namespace strandbus::detail
