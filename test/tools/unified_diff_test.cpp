#include "tools/unified_diff.hpp"

#include "tools/text_lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace strandbus::detail {
namespace {

using ::testing::HasSubstr;

TextDiff diff_of(std::string_view old_text, std::string_view new_text,
                 std::size_t max_bytes = 1 << 24) {
  return unified_diff(
      {.path = "f", .old_text = old_text, .new_text = new_text, .max_bytes = max_bytes});
}

/// Applies a unified diff strictly: every context and removed line must be where the hunk says.
class Patch {
 public:
  static std::string apply(std::string_view old_text, std::string_view diff) {
    Patch patch(old_text);
    auto lines = lines_of(diff);
    for (std::size_t i = 2; i < lines.size(); ++i) {
      const bool unended = i + 1 < lines.size() && lines[i + 1].starts_with('\\');
      patch.take(lines[i], unended);
      if (unended) ++i;
    }
    patch.copy_until(patch.old_.size());
    return patch.result_;
  }

 private:
  explicit Patch(std::string_view old_text) : old_(lines_of(old_text)) {}

  void take(std::string_view line, bool unended) {
    if (line.starts_with("@@ -")) return begin_hunk(line);
    const std::string_view text = line.substr(1, line.size() - (unended ? 2 : 1));
    if (line[0] == '+') {
      result_ += text;
      return;
    }
    if (at_ >= old_.size() || old_[at_] != text) throw std::runtime_error("does not apply");
    ++at_;
    if (line[0] == ' ') result_ += text;
  }

  void begin_hunk(std::string_view line) {
    std::size_t parsed = 0;
    const std::string numbers(line.substr(4));
    const std::size_t first = std::stoul(numbers, &parsed);
    const bool empty = numbers.substr(parsed).starts_with(",0 ");
    copy_until(empty ? first : first - 1);
  }

  void copy_until(std::size_t line) {
    if (line < at_ || line > old_.size()) throw std::runtime_error("hunks out of order");
    for (; at_ < line; ++at_) result_ += old_[at_];
  }

  std::vector<std::string_view> old_;
  std::size_t at_ = 0;
  std::string result_;
};

std::string numbered(int from, int to) {
  std::string text;
  for (int i = from; i <= to; ++i) text += std::to_string(i) + "\n";
  return text;
}

TEST(UnifiedDiff, IsEmptyForEqualTexts) {
  for (const char* text : {"", "a", "a\n", "a\nb"}) {
    EXPECT_EQ(diff_of(text, text).text, "");
    EXPECT_FALSE(diff_of(text, text).left_out);
  }
}

TEST(UnifiedDiff, ShowsThreeLinesAround) {
  std::string changed = numbered(1, 20);
  changed.replace(changed.find("10\n"), 3, "ten\nTEN\n");
  EXPECT_EQ(diff_of(numbered(1, 20), changed).text,
            "--- a/f\n+++ b/f\n@@ -7,7 +7,8 @@\n 7\n 8\n 9\n-10\n+ten\n+TEN\n 11\n 12\n 13\n");
}

TEST(UnifiedDiff, JoinsHunksThatTouchAndPartsOthers) {
  std::string near = numbered(1, 30);
  near.replace(near.find("10\n"), 3, "ten\n");
  near.replace(near.find("17\n"), 3, "seventeen\n");
  const std::string one = diff_of(numbered(1, 30), near).text;
  EXPECT_THAT(one, HasSubstr("@@ -7,14 +7,14 @@\n"));
  std::string far = numbered(1, 30);
  far.replace(far.find("10\n"), 3, "ten\n");
  far.replace(far.find("18\n"), 3, "eighteen\n");
  const std::string two = diff_of(numbered(1, 30), far).text;
  EXPECT_THAT(two, HasSubstr("@@ -7,7 +7,7 @@\n"));
  EXPECT_THAT(two, HasSubstr("@@ -15,7 +15,7 @@\n"));
}

TEST(UnifiedDiff, MarksALastLineWithoutAnEnd) {
  EXPECT_EQ(diff_of("a", "a\n").text,
            "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n");
  EXPECT_EQ(diff_of("a\n", "a").text,
            "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+a\n\\ No newline at end of file\n");
  EXPECT_EQ(diff_of("x\na", "y\na").text,
            "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n-x\n+y\n a\n\\ No newline at end of file\n");
}

TEST(UnifiedDiff, ShowsAnEmptyFileAndANewOne) {
  EXPECT_EQ(diff_of("", "a\n").text, "--- a/f\n+++ b/f\n@@ -0,0 +1 @@\n+a\n");
  EXPECT_EQ(diff_of("a\nb\n", "").text, "--- a/f\n+++ b/f\n@@ -1,2 +0,0 @@\n-a\n-b\n");
  EXPECT_EQ(unified_diff({.path = "f", .old_text = "", .new_text = "a\n", .created = true}).text,
            "--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+a\n");
}

TEST(UnifiedDiff, ShowsChangedLineEnds) {
  EXPECT_EQ(diff_of("a\r\nb\r\n", "a\nb\r\n").text,
            "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n-a\r\n+a\n b\r\n");
}

TEST(UnifiedDiff, FindsWhatStayedBetweenChanges) {
  const TextDiff diff = diff_of("a\nkeep\nb\nkeep too\nc\n", "x\nkeep\ny\nkeep too\nz\n");
  EXPECT_EQ(diff.removed, 3U);
  EXPECT_EQ(diff.added, 3U);
}

TEST(UnifiedDiff, IsValidUtf8AndQuotesOddNames) {
  EXPECT_EQ(unified_diff({.path = "a\nb", .old_text = "\xFF\n", .new_text = "x\n"}).text,
            "--- \"a/a\\nb\"\n+++ \"b/a\\nb\"\n@@ -1 +1 @@\n-\xEF\xBF\xBD\n+x\n");
}

TEST(UnifiedDiff, ReplacesAWholeBlockWhereTooMuchChanges) {
  const std::string old_text = "head\n" + numbered(1, 1500) + "tail\n";
  const std::string new_text = "head\n" + numbered(2001, 3500) + "tail\n";
  const TextDiff diff = diff_of(old_text, new_text);
  EXPECT_EQ(diff.removed, 1500U);
  EXPECT_EQ(Patch::apply(old_text, diff.text), new_text);
}

TEST(UnifiedDiff, IsLeftOutAndCountedWhereItIsTooLarge) {
  const TextDiff lines = diff_of(numbered(1, 100'000), numbered(200'001, 300'000));
  EXPECT_TRUE(lines.left_out);
  EXPECT_EQ(lines.text, "");
  EXPECT_EQ(lines.removed, 100'000U);
  EXPECT_EQ(lines.added, 100'000U);
  const TextDiff bytes = diff_of("a\n", std::string(1000, 'b'), 500);
  EXPECT_TRUE(bytes.left_out);
  EXPECT_EQ(bytes.added, 1U);
}

TEST(UnifiedDiff, FindsOneChangeInALargeFile) {
  const std::string old_text = numbered(1, 1'000'000);
  std::string new_text = old_text;
  new_text.replace(new_text.find("500000\n"), 7, "changed\n");
  const TextDiff diff = diff_of(old_text, new_text);
  EXPECT_EQ(diff.removed, 1U);
  EXPECT_EQ(diff.added, 1U);
  EXPECT_THAT(diff.text, HasSubstr("@@ -499997,7 +499997,7 @@\n"));
}

/// Texts of few different lines, so that much is equal, some without an end.
rc::Gen<std::string> text() {
  return rc::gen::map(
      rc::gen::pair(rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
                        "a", "b", "c", "", "d\r", "- x", "+ y", "\\ z", "@@ -1 +1 @@", "\xC3\xA4")),
                    rc::gen::arbitrary<bool>()),
      [](const std::pair<std::vector<std::string>, bool>& parts) {
        std::string joined;
        for (const std::string& line : parts.first) joined += line + "\n";
        if (parts.second && !joined.empty()) joined.pop_back();
        return joined;
      });
}

RC_GTEST_PROP(UnifiedDiff, AppliedToTheOldTextGivesTheNew, ()) {
  const std::string old_text = *text();
  const std::string new_text = *text();
  const TextDiff diff = diff_of(old_text, new_text);
  RC_ASSERT(!diff.left_out);
  RC_ASSERT(Patch::apply(old_text, diff.text) == new_text);
  RC_ASSERT(diff.text.empty() == (old_text == new_text));
}

RC_GTEST_PROP(UnifiedDiff, OfSmallChangesInLongTextsAppliesToo, ()) {
  const int size = *rc::gen::inRange(1, 200);
  std::string new_text;
  for (int i = 0; i < size; ++i) {
    const int what = *rc::gen::weightedElement<int>({{20, 0}, {1, 1}, {1, 2}, {1, 3}});
    if (what != 1) new_text += std::to_string(i) + (what == 2 ? " changed" : "") + "\n";
    if (what == 3) new_text += "added\n";
  }
  const std::string old_text = numbered(0, size - 1);
  RC_ASSERT(Patch::apply(old_text, diff_of(old_text, new_text).text) == new_text);
}

}  // namespace
}  // namespace strandbus::detail
