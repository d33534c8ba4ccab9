#include "tools/file_fixture.hpp"

#include <gmock/gmock.h>

namespace strandbus {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using EditFile = test::FileToolsTest;

TEST_F(EditFile, ReplacesOnePiece) {
  put("a.cpp", "int a;\nint b;\nint c;\n");
  read("a.cpp");
  const ToolResult result = edit("a.cpp", "int b;", "long b;\nlong bb;");
  ASSERT_TRUE(result.success) << result.error;
  EXPECT_EQ(content("a.cpp"), "int a;\nlong b;\nlong bb;\nint c;\n");
  EXPECT_EQ(result.output, "edited (line 2) a.cpp; lines: 1 removed, 2 added");
  EXPECT_THAT(result.files_changed, ElementsAre("a.cpp"));
  EXPECT_EQ(result.diffs.at(0).diff,
            "--- a/a.cpp\n+++ b/a.cpp\n@@ -1,3 +1,4 @@\n int a;\n-int b;\n+long b;\n+long bb;\n "
            "int c;\n");
  EXPECT_THAT(events(), ElementsAre("modified a.cpp size 21 -> 31 lines 4"));
}

TEST_F(EditFile, DeletesAPiece) {
  put("a", "one\ntwo\n");
  read("a");
  ASSERT_TRUE(edit("a", "one\n", "").success);
  EXPECT_EQ(content("a"), "two\n");
}

TEST_F(EditFile, ReplacesEveryPieceWhenAsked) {
  put("a", "x = x + x;\n\nx\n");
  read("a");
  const ToolResult result = call(
      "edit_file", {{"path", "a"}, {"old_text", "x"}, {"new_text", "xx"}, {"replace_all", true}});
  ASSERT_TRUE(result.success) << result.error;
  EXPECT_EQ(content("a"), "xx = xx + xx;\n\nxx\n");
  EXPECT_THAT(result.output, HasSubstr("edited (4 places, lines 1, 1, 1, 3)"));
}

TEST_F(EditFile, RefusesTextThatIsNotUniqueWithTheLines) {
  put("a", "a\nb\na\n");
  read("a");
  const ToolResult result = edit("a", "a", "c");
  EXPECT_EQ(test::code_of(result), "E_NOT_UNIQUE");
  EXPECT_EQ(result.error,
            "old_text is there 2 times (lines 1, 3); add lines around it until it is the only "
            "one, or set replace_all");
  EXPECT_EQ(content("a"), "a\nb\na\n");
  EXPECT_THAT(events(), IsEmpty());
}

TEST_F(EditFile, RefusesTextThatIsNotThereWithTheClosest) {
  put("a", "if (x) {\n    go();\n}\n");
  read("a");
  const ToolResult result = edit("a", "if (x) {\n\tgo();\n}", "y");
  EXPECT_EQ(test::code_of(result), "E_NOT_FOUND");
  EXPECT_EQ(result.error,
            "old_text is not in the file: lines 1 to 3 of the file differ from it only in white "
            "space or line ends; read the file and copy the text exactly");
}

TEST_F(EditFile, RefusesAFileThatWasNotRead) {
  put("a", "text");
  EXPECT_THAT(edit("a", "text", "x").error, HasSubstr("was not read in this conversation"));
  EXPECT_EQ(test::code_of(edit("a", "text", "x")), "E_VALIDATION");
  EXPECT_EQ(content("a"), "text");
}

TEST_F(EditFile, RefusesAFileThatHasChangedSinceItWasRead) {
  put("a", "text");
  read("a");
  put("a", "text and more");
  const ToolResult result = edit("a", "text", "x");
  EXPECT_EQ(result.data.at("reason"), "stale");
  EXPECT_EQ(content("a"), "text and more");
}

TEST_F(EditFile, GoesOnFromItsOwnEdit) {
  put("a", "1");
  read("a");
  EXPECT_TRUE(edit("a", "1", "2").success);
  EXPECT_TRUE(edit("a", "2", "3").success);
  EXPECT_EQ(content("a"), "3");
}

TEST_F(EditFile, RefusesWhatIsNoEdit) {
  put("a", "text");
  read("a");
  EXPECT_EQ(test::code_of(edit("a", "", "x")), "E_VALIDATION");
  EXPECT_EQ(test::code_of(edit("a", "text", "text")), "E_VALIDATION");
  EXPECT_EQ(test::code_of(edit("missing", "a", "b")), "E_NOT_FOUND");
  EXPECT_EQ(test::code_of(edit("../a", "a", "b")), "E_PERMISSIONS");
}

TEST_F(EditFile, KeepsTheLineEndsOfAFileWithCrlf) {
  put("a", "one\r\ntwo\r\nthree\r\n");
  read("a");
  ASSERT_TRUE(edit("a", "one\ntwo", "1\n2").success);
  EXPECT_EQ(content("a"), "1\r\n2\r\nthree\r\n");
  ASSERT_TRUE(edit("a", "2\r\nthree", "zwei\r\ndrei").success);
  EXPECT_EQ(content("a"), "1\r\nzwei\r\ndrei\r\n");
}

TEST_F(EditFile, KeepsBytesThatAreNoUtf8) {
  put("a", "caf\xE9 one\n");
  read("a");
  ASSERT_TRUE(edit("a", "one", "zw\xC3\xB6lf").success);
  EXPECT_EQ(content("a"), "caf\xE9 zw\xC3\xB6lf\n");
}

TEST_F(EditFile, EditsAFileOfTenMegabytes) {
  std::string text;
  while (text.size() < 10'000'000) text += "line " + std::to_string(text.size()) + "\n";
  put("big", text);
  read("big");
  const ToolResult result = edit("big", "line 0\n", "first\n");
  ASSERT_TRUE(result.success) << result.error;
  EXPECT_EQ(result.diffs.at(0).diff.substr(0, 60),
            std::string("--- a/big\n+++ b/big\n@@ -1,4 +1,4 @@\n-line 0\n+first\n line 7\n l")
                .substr(0, 60));
}

TEST_F(EditFile, LosesNoEditOfCallsThatRunAtTheSameTime) {
  std::string text;
  for (int i = 0; i < 20; ++i) text += "<" + std::to_string(i) + ">\n";
  put("a", text);
  read("a");
  std::vector<std::shared_ptr<test::Call>> calls;
  for (int i = 0; i < 20; ++i) {
    const std::string number = std::to_string(i);
    calls.push_back(harness_.start(
        *tools_.find("edit_file"),
        {{"path", "a"}, {"old_text", "<" + number + ">"}, {"new_text", "done " + number}}));
    calls.back()->context.reads = reads_;
  }
  for (const auto& call : calls) harness_.run_until([&] { return call->outcome.done; });
  for (const auto& call : calls)
    EXPECT_TRUE(call->outcome.result.success) << call->outcome.result.error;
  for (int i = 0; i < 20; ++i)
    EXPECT_THAT(content("a"), HasSubstr("done " + std::to_string(i) + "\n"));
  EXPECT_EQ(events().size(), 20U);
}

}  // namespace
}  // namespace strandbus
