#include "tools/file_fixture.hpp"

#include <gmock/gmock.h>

namespace strandbus {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using WriteFile = test::FileToolsTest;

TEST_F(WriteFile, CreatesAFileWithItsDirectories) {
  const ToolResult result = write("src/deep/a.txt", "one\ntwo\n");
  ASSERT_TRUE(result.success) << result.error;
  EXPECT_EQ(content("src/deep/a.txt"), "one\ntwo\n");
  EXPECT_EQ(result.output, "created src/deep/a.txt; lines: 0 removed, 2 added");
  EXPECT_THAT(result.files_changed, ElementsAre("src/deep/a.txt"));
  ASSERT_EQ(result.diffs.size(), 1U);
  EXPECT_EQ(result.diffs[0].path, "src/deep/a.txt");
  EXPECT_EQ(result.diffs[0].diff,
            "--- /dev/null\n+++ b/src/deep/a.txt\n@@ -0,0 +1,2 @@\n+one\n+two\n");
  EXPECT_THAT(events(), ElementsAre("created src/deep/a.txt size 8 lines 2"));
}

TEST_F(WriteFile, CreatesAnEmptyFile) {
  const ToolResult result = write("empty", "");
  ASSERT_TRUE(result.success) << result.error;
  EXPECT_TRUE(exists("empty"));
  EXPECT_THAT(result.files_changed, ElementsAre("empty"));
  EXPECT_THAT(result.diffs, IsEmpty());
  EXPECT_THAT(events(), ElementsAre("created empty size 0 lines 0"));
}

TEST_F(WriteFile, ReplacesAFileThatWasRead) {
  put("a.txt", "one\ntwo\nthree\n");
  read("a.txt");
  const ToolResult result = write("a.txt", "one\n2\nthree");
  ASSERT_TRUE(result.success) << result.error;
  EXPECT_EQ(content("a.txt"), "one\n2\nthree");
  EXPECT_EQ(result.output, "wrote a.txt; lines: 2 removed, 2 added");
  EXPECT_EQ(result.diffs.at(0).diff,
            "--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n-three\n+2\n+three\n"
            "\\ No newline at end of file\n");
  EXPECT_THAT(events(), ElementsAre("modified a.txt size 14 -> 11 lines 3"));
}

TEST_F(WriteFile, RefusesAFileThatWasNotRead) {
  put("a.txt", "precious");
  const ToolResult result = write("a.txt", "gone");
  EXPECT_EQ(test::code_of(result), "E_VALIDATION");
  EXPECT_THAT(result.error, HasSubstr("\"a.txt\" exists and was not read in this conversation"));
  EXPECT_EQ(content("a.txt"), "precious");
  EXPECT_THAT(events(), IsEmpty());
}

TEST_F(WriteFile, RefusesAFileThatHasChangedSinceItWasRead) {
  put("a.txt", "old");
  read("a.txt");
  put("a.txt", "changed by somebody else");
  const ToolResult result = write("a.txt", "mine");
  EXPECT_EQ(test::code_of(result), "E_VALIDATION");
  EXPECT_EQ(result.data.at("reason"), "stale");
  EXPECT_THAT(result.error, HasSubstr("read it again"));
  EXPECT_EQ(content("a.txt"), "changed by somebody else");
  read("a.txt");
  EXPECT_TRUE(write("a.txt", "mine").success);
}

TEST_F(WriteFile, KnowsWhatItHasWrittenItself) {
  write("a.txt", "one");
  EXPECT_TRUE(write("a.txt", "two").success);
  EXPECT_EQ(content("a.txt"), "two");
}

TEST_F(WriteFile, SaysWhenNothingChanges) {
  put("a.txt", "same");
  read("a.txt");
  const ToolResult result = write("a.txt", "same");
  EXPECT_TRUE(result.success);
  EXPECT_EQ(result.output, "a.txt has this content already");
  EXPECT_THAT(result.files_changed, IsEmpty());
  EXPECT_THAT(events(), IsEmpty());
}

TEST_F(WriteFile, ReportsThePlaceBehindALink) {
  put("real/a.txt", "old");
  std::filesystem::create_symlink("real", harness_.workspace.path() / "link");
  read("link/a.txt");
  const ToolResult result = write("link/../link/a.txt", "new");
  ASSERT_TRUE(result.success) << result.error;
  EXPECT_THAT(result.files_changed, ElementsAre("real/a.txt"));
  EXPECT_THAT(events(), ElementsAre("modified real/a.txt size 3 -> 3 lines 1"));
}

TEST_F(WriteFile, RefusesToLeaveTheWorkspaceAndToChangeGit) {
  EXPECT_EQ(test::code_of(write("../evil", "x")), "E_PERMISSIONS");
  EXPECT_EQ(test::code_of(write("/etc/evil", "x")), "E_PERMISSIONS");
  const ToolResult hook = write(".git/hooks/pre-commit", "#!/bin/sh\n");
  EXPECT_EQ(test::code_of(hook), "E_PERMISSIONS");
  EXPECT_EQ(hook.data.at("reason"), "protected_path");
  EXPECT_FALSE(exists(".git"));
  EXPECT_THAT(events(), IsEmpty());
}

TEST_F(WriteFile, RefusesAContentThatIsTooLarge) {
  use({.max_file_bytes = 10});
  EXPECT_EQ(test::code_of(write("a", "12345678901")), "E_VALIDATION");
  EXPECT_FALSE(exists("a"));
}

TEST_F(WriteFile, LeavesOutADiffThatIsTooLong) {
  use({.max_diff_bytes = 50});
  const ToolResult result = write("a", std::string(100, 'x'));
  EXPECT_TRUE(result.success);
  EXPECT_EQ(result.output, "created a; lines: 0 removed, 1 added (too much for a diff)");
  EXPECT_THAT(result.diffs, IsEmpty());
  EXPECT_THAT(result.files_changed, ElementsAre("a"));
}

TEST_F(WriteFile, ChangesNothingWhenItsCallHasEnded) {
  const auto under_way =
      harness_.start(*tools_.find("write_file"), {{"path", "a"}, {"content", "x"}});
  under_way->context.close();
  harness_.run_until([&] { return under_way->outcome.done; });
  EXPECT_FALSE(under_way->outcome.result.success);
  EXPECT_FALSE(exists("a"));
}

/// A tool that changes something in a step, and is told to go on while the step is open.
TEST_F(WriteFile, AStepHoldsTheEndOfItsCallUntilItsEventIsPublished) {
  std::vector<std::string> order;
  const Publisher publisher(
      RunContext{}, [&](const StreamEvent& event) { order.emplace_back(event.wire_type()); });
  const ToolContext context(publisher, "tc1", "write_file");
  {
    const ToolStep step = context.begin_step();
    ASSERT_TRUE(step);
    EXPECT_FALSE(context.close([&] { order.emplace_back("ended"); }));
    EXPECT_FALSE(context.publish(FileDeleted{})) << "a new event comes too late";
    EXPECT_TRUE(step.publish(FileCreated{}));
  }
  EXPECT_THAT(order, ElementsAre("file_created", "ended"));
  EXPECT_FALSE(context.begin_step());
}

}  // namespace
}  // namespace strandbus
