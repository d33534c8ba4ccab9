#include "tools/text_edit.hpp"

#include "tools/closest_text.hpp"
#include "tools/text_lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace strandbus::detail {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::size_t limit = 1 << 26;

std::string edited(std::string_view text, std::string_view old_text, std::string_view new_text,
                   Occurrences replaced = Occurrences::only_one) {
  const auto result = edit_text(text, {old_text, new_text, replaced, limit});
  return result ? result->text : result.error().reason;
}

TEST(TextEdit, CountsPlacesThatOverlap) {
  const auto result = edit_text("aaa", {"aa", "b", Occurrences::only_one, limit});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::E_NOT_UNIQUE);
  EXPECT_THAT(result.error().reason, HasSubstr("2 times"));
  EXPECT_EQ(edited("aaa", "aa", "b", Occurrences::all), "ba");
}

TEST(TextEdit, NamesOnlyTheFirstLines) {
  std::string text;
  for (int i = 0; i < 2000; ++i) text += "x\n";
  EXPECT_EQ(edited(text, "x", "y"),
            "old_text is there at least 1000 times (lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …); add "
            "lines around it until it is the only one, or set replace_all");
  const auto result = edit_text(text, {"x", "y", Occurrences::all, limit});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->replacements, 2000U);
  EXPECT_THAT(result->lines, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
}

TEST(TextEdit, IsBoundedInWhatItMakes) {
  const std::string text(10'000, 'a');
  const auto result = edit_text(text, {"a", std::string(10'000, 'b'), Occurrences::all, 1'000'000});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::E_VALIDATION);
  EXPECT_THAT(result.error().reason, HasSubstr("1000000 bytes"));
}

TEST(TextEdit, IsNotSlowForRepetitiveTexts) {
  const std::string text(4'000'000, 'a');
  const std::string wanted = std::string(1'000'000, 'a') + "b" + std::string(1'000'000, 'a');
  EXPECT_THAT(edited(text, wanted, "x"), HasSubstr("not in the file"));
  const std::string lines = [] {
    std::string result;
    for (int i = 0; i < 300'000; ++i) result += "\n";
    return result;
  }();
  EXPECT_THAT(edited(lines + "a", "b" + lines, "x"), HasSubstr("not in the file"));
  EXPECT_THAT(edited(lines + "a", "a" + lines + "b", "x"), HasSubstr("not in the file"));
}

TEST(TextEdit, TakesBareLineEndsForCrlfOnlyWhereTheyMatch) {
  EXPECT_EQ(edited("a\r\nb\r\n", "a\nb", "x\ny"), "x\r\ny\r\n");
  EXPECT_EQ(edited("a\r\nb\r\n", "a", "x\ny"), "x\r\ny\r\nb\r\n") << "the new lines too";
  EXPECT_EQ(edited("a\r\nb\r\nc\n", "a\nb", "x\ny"), "x\r\ny\r\nc\n") << "mixed, as it matches";
  EXPECT_EQ(edited("a\r\nb\nc\n", "b\nc", "x\ny"), "a\r\nx\ny\n") << "mixed: taken as it is";
  EXPECT_THAT(edited("a\r\nb\r\n", "a\nc", "x"), HasSubstr("not in the file"));
  EXPECT_THAT(edited("a\r\nb\r\na\r\nb\r\n", "a\nb", "x"), HasSubstr("2 times"));
}

TEST(ClosestText, SaysWhereTheFileAgrees) {
  const std::string file = "one\n  two\nthree\nfour\n";
  EXPECT_EQ(closest_text(file, "two  \nthree"),
            "lines 2 to 3 of the file differ from it only in white space or line ends");
  EXPECT_EQ(closest_text(file, "  two "),
            "line 2 of the file differs from it only in white space or line ends");
  EXPECT_EQ(closest_text(file, "two\nthree\nfive"),
            "lines 2 to 3 of the file agree with it, but then the file has \"four\" where it has "
            "\"five\" (its line 3)");
  EXPECT_EQ(closest_text(file, "\n\nfour\nfive"),
            "line 4 of the file agrees with it, but then the file ends where it has \"five\" (its "
            "line 4)");
  EXPECT_EQ(closest_text(file, "six"), "no line of the file is like its first one");
  EXPECT_EQ(closest_text(file, "  \n\t"), "it is only white space");
  EXPECT_EQ(closest_text("", "six"), "no line of the file is like its first one");
}

RC_GTEST_PROP(TextEdit, UndoesItself, (std::string before, std::string after)) {
  const std::string text = before + "<old>" + after;
  RC_PRE(text.find("<old>") == text.rfind("<old>") && text.find("<new>") == std::string::npos);
  const auto forth = edit_text(text, {"<old>", "<new>", Occurrences::only_one, limit});
  RC_ASSERT(forth.has_value());
  const auto back = edit_text(forth->text, {"<new>", "<old>", Occurrences::only_one, limit});
  RC_ASSERT(back.has_value());
  RC_ASSERT(back->text == text);
}

TEST(TextLines, AreCountedAsEditorsDo) {
  EXPECT_EQ(count_lines(""), 0U);
  EXPECT_EQ(count_lines("a"), 1U);
  EXPECT_EQ(count_lines("a\n"), 1U);
  EXPECT_EQ(count_lines("a\nb"), 2U);
  EXPECT_EQ(count_lines("\n\n"), 2U);
  EXPECT_THAT(lines_of("a\r\n\nb"), ElementsAre("a\r\n", "\n", "b"));
}

TEST(TextLines, AreCutBetweenCharacters) {
  EXPECT_EQ(head_of("abc", 5), "abc");
  EXPECT_EQ(head_of("a\xC3\xA4", 2), "a");
  EXPECT_EQ(head_of("\xF0\x9F\x92\xA9", 3), "");
  EXPECT_EQ(head_of("\x80\x80\x80\x80\x80\x80", 5), "\x80\x80\x80\x80\x80") << "no UTF-8 at all";
}

}  // namespace
}  // namespace strandbus::detail
