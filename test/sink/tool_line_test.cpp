#include "sink/tool_line.hpp"

#include "sink/amounts.hpp"
#include "strandbus/sink/terminal_text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace strandbus::detail {
namespace {

std::string rendered(const ToolReport& report, int columns) {
  return tool_line(report, columns).render(columns, false);
}

TEST(ToolLine, SaysNameArgumentsDurationAndResult) {
  EXPECT_EQ(rendered({ToolEnd::completed, "calculator", "2+2", 15, "4"}, 80),
            "✓ calculator 2+2 · 15 ms → 4");
  EXPECT_EQ(rendered({ToolEnd::completed, "mkdir", "", 1'250, ""}, 80), "✓ mkdir · 1.2 s");
}

TEST(ToolLine, SaysInWordsWhyThereIsNoResult) {
  EXPECT_EQ(rendered({ToolEnd::failed, "bash", "false", 3, "exit code 1"}, 80),
            "✗ bash false · 3 ms · failed: exit code 1");
  EXPECT_EQ(rendered({ToolEnd::denied, "bash", "rm -rf /", {}, "unsafe (E_UNSAFE)"}, 80),
            "✗ bash rm -rf / · denied: unsafe (E_UNSAFE)");
  EXPECT_EQ(rendered({ToolEnd::cancelled, "bash", "sleep 9", 3'400, ""}, 80),
            "✗ bash sleep 9 · 3.4 s · cancelled");
}

TEST(ToolLine, NeverExceedsTheColumnsAndKeepsTheDuration) {
  const std::string name(60, 'n');
  const std::string arguments(300, 'a');
  const std::string output(300, 'o');
  for (const int columns : {20, 40, 80, 200}) {
    const std::string line =
        rendered({ToolEnd::completed, "read_file", arguments, 15, output}, columns);
    EXPECT_LE(display_width(line), columns) << line;
    EXPECT_NE(line.find("read_file"), line.npos) << line;
    EXPECT_TRUE(columns < 40 || line.find(" · 15 ms") != line.npos) << line;
    EXPECT_LE(display_width(rendered({ToolEnd::failed, name, arguments, 15, output}, columns)),
              columns);
  }
}

TEST(ToolLine, GivesTheArgumentsTheRoomThatAShortResultLeaves) {
  EXPECT_EQ(rendered({ToolEnd::completed, "t", std::string(100, 'a'), 5, "ok"}, 40),
            "✓ t " + std::string(23, 'a') + "… · 5 ms → ok");
}

TEST(BriefArguments, AreTheValueAloneOrNamedValues) {
  EXPECT_EQ(brief_arguments(json::object{{"expr", "2 + 2"}}), "2 + 2");
  EXPECT_EQ(brief_arguments(json::object{{"n", 3}}), "3");
  EXPECT_EQ(brief_arguments(json::object{{"path", "a.txt"}, {"text", "two words"}, {"n", 3}}),
            R"(path=a.txt text="two words" n=3)");
  EXPECT_EQ(brief_arguments(json::object{{"a", ""}, {"b", "x=y"}, {"c", json::array{1, 2}}}),
            R"(a="" b="x=y" c=[1,2])");
  EXPECT_EQ(brief_arguments(json::object{{"a", ""}}), R"("")");
  EXPECT_EQ(brief_arguments(json::object{}), "");
  EXPECT_EQ(brief_arguments(nullptr), "");
  EXPECT_EQ(brief_arguments("bare"), "bare");
}

TEST(BriefArguments, CountListsOfObjects) {
  const json::object one{{"a", 1}};
  EXPECT_EQ(brief_arguments(json::object{{"items", json::array{one, one}}}), "2 items");
  EXPECT_EQ(brief_arguments(json::object{{"items", json::array{one}}, {"n", 3}}),
            "items=1 item n=3");
  EXPECT_EQ(brief_arguments(json::object{{"items", json::array{}}}), "[]");
}

TEST(BriefArguments, OfHugeValuesStayShort) {
  const std::string huge(1'000'000, 'x');
  json::object many;
  for (int i = 0; i < 10'000; ++i) many[std::to_string(i)] = "value";
  EXPECT_LT(brief_arguments(json::object{{"text", huge}}).size(), 5'000U);
  EXPECT_LT(brief_arguments(many).size(), 10'000U);
}

TEST(FullArguments, LoseNothingAndMarkFurtherLines) {
  const auto lines = full_arguments(json::object{{"command", "a\n  b\n"}, {"n", 1}});
  EXPECT_EQ(lines, (std::vector<std::string>{"command: a", "       │   b", "       │ ", "n: 1"}));
  EXPECT_TRUE(full_arguments(nullptr).empty());
  EXPECT_EQ(full_arguments(json::array{1}), std::vector<std::string>{"[1]"});
}

TEST(BriefOutput, IsTheFirstLineThatSaysSomething) {
  EXPECT_EQ(brief_output("4"), "4");
  EXPECT_EQ(brief_output("\n \n  first\r\nsecond\n\nthird\n"), "first (+2 lines)");
  EXPECT_EQ(brief_output("a\nb"), "a (+1 line)");
  EXPECT_EQ(brief_output(" \n\n"), "");
  EXPECT_EQ(brief_output(""), "");
}

TEST(DiffCounts, CountLinesAndNotHeaders) {
  EXPECT_EQ(diff_counts({}), "");
  EXPECT_EQ(diff_counts({{"a", "--- a\n+++ b\n@@ -1 +1,2 @@\n-x\n+y\n+z\n w\n"}, {"b", "+q"}}),
            "+3 -1");
}

TEST(Amounts, AreWrittenForPeople) {
  EXPECT_EQ(duration_text(0), "0 ms");
  EXPECT_EQ(duration_text(999), "999 ms");
  EXPECT_EQ(duration_text(1'000), "1.0 s");
  EXPECT_EQ(duration_text(59'999), "59.9 s");
  EXPECT_EQ(duration_text(125'000), "2 min 5 s");
  EXPECT_EQ(duration_text(3'725'000), "1 h 2 min");
  EXPECT_EQ(duration_text(-5), "0 ms");
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1'000), "1,000");
  EXPECT_EQ(count_text(1'234'567), "1,234,567");
  EXPECT_EQ(count_text(-1'234), "-1,234");
  EXPECT_EQ(count_text(std::numeric_limits<std::int64_t>::min()), "-9,223,372,036,854,775,808");
  EXPECT_EQ(counted(1, "turn"), "1 turn");
  EXPECT_EQ(counted(2, "turn"), "2 turns");
}

TEST(ToolLine, ShowsOfAWriteOnlyWhichFile) {
  EXPECT_EQ(brief_arguments({{"path", "a.txt"}, {"content", "x\ny"}}), "a.txt");
  EXPECT_EQ(brief_arguments({{"path", "a.txt"}, {"old_text", "x"}, {"new_text", "y"}}), "a.txt");
  EXPECT_EQ(brief_arguments({{"path", "src"}, {"pattern", "*.cpp"}}), "path=src pattern=*.cpp");
}

std::vector<std::string> texts_of(const std::vector<StyledLine>& lines) {
  std::vector<std::string> texts;
  for (const StyledLine& line : lines) texts.push_back(line.render(false));
  return texts;
}

TEST(DiffLines, LeaveOutWhatOnlyNamesTheFile) {
  const std::vector<FileDiff> diffs{
      {"a", "--- a\n+++ b\n@@ -1,2 +1,2 @@\n same\n-old\n+--- new\n"}};
  EXPECT_EQ(texts_of(diff_lines(diffs, 9)),
            (std::vector<std::string>{"   same", "  -old", "  +--- new"}));
}

TEST(DiffLines, SayHowManyMoreThereAre) {
  const std::vector<FileDiff> diffs{{"a", "@@ -1 +1,3 @@\n+1\n+2\n+3\n"},
                                    {"b", "@@ -1 +1 @@\n+4\n"}};
  EXPECT_EQ(texts_of(diff_lines(diffs, 2)),
            (std::vector<std::string>{"  +1", "  +2", "  … 2 more lines"}));
}

TEST(DiffLines, MakeControlCharactersVisible) {
  const std::vector<FileDiff> diffs{{"a", "@@ -1 +1 @@\n+\x1b[2J\n"}};
  EXPECT_EQ(texts_of(diff_lines(diffs, 9)), (std::vector<std::string>{"  +␛[2J"}));
}

}  // namespace
}  // namespace strandbus::detail
