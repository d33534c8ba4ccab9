#include "tools/file_fixture.hpp"

#include <gmock/gmock.h>

namespace strandbus {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DeleteFile : public test::FileToolsTest {
 protected:
  ToolResult remove(std::string_view path) { return call("delete_file", {{"path", path}}); }
};

TEST_F(DeleteFile, DeletesAFileThatWasRead) {
  put("src/a.txt", "one\ntwo\n");
  read("src/a.txt");
  const ToolResult result = remove("src/a.txt");
  ASSERT_TRUE(result.success) << result.error;
  EXPECT_FALSE(exists("src/a.txt"));
  EXPECT_EQ(result.output, "deleted src/a.txt");
  EXPECT_THAT(result.files_changed, ElementsAre("src/a.txt"));
  EXPECT_EQ(result.diffs.at(0).diff,
            "--- a/src/a.txt\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-one\n-two\n");
  EXPECT_THAT(events(), ElementsAre("deleted src/a.txt"));
}

TEST_F(DeleteFile, RefusesAFileThatWasNotRead) {
  put("a.txt", "precious");
  const ToolResult result = remove("a.txt");
  EXPECT_EQ(test::code_of(result), "E_VALIDATION");
  EXPECT_TRUE(exists("a.txt"));
  EXPECT_THAT(events(), IsEmpty());
}

TEST_F(DeleteFile, RefusesAFileThatHasChangedSinceItWasRead) {
  put("a.txt", "old");
  read("a.txt");
  put("a.txt", "new");
  const ToolResult result = remove("a.txt");
  EXPECT_THAT(result.error, HasSubstr("has changed since it was read"));
  EXPECT_EQ(content("a.txt"), "new");
}

TEST_F(DeleteFile, RefusesWhatIsNotThereOrNoFile) {
  put("folder/a.txt", "x");
  EXPECT_EQ(test::code_of(remove("nothing")), "E_NOT_FOUND");
  EXPECT_EQ(test::code_of(remove("folder")), "E_VALIDATION");
  EXPECT_EQ(test::code_of(remove("../a.txt")), "E_PERMISSIONS");
  EXPECT_TRUE(exists("folder/a.txt"));
}

TEST_F(DeleteFile, RemovesALinkAndNotWhatItNames) {
  put("a.txt", "x");
  std::filesystem::create_symlink("a.txt", harness_.workspace.path() / "link");
  read("link");
  const ToolResult result = remove("link");
  ASSERT_TRUE(result.success) << result.error;
  EXPECT_TRUE(exists("a.txt"));
  EXPECT_FALSE(std::filesystem::is_symlink(harness_.workspace.path() / "link"));
  EXPECT_EQ(result.output, "deleted the link link; a.txt, which it named, is still there");
  EXPECT_THAT(events(), ElementsAre("deleted link"));
}

TEST_F(DeleteFile, LeavesProtectedFilesAlone) {
  put(".git/config", "x");
  read(".git/config");
  EXPECT_EQ(test::code_of(remove(".git/config")), "E_PERMISSIONS");
  EXPECT_TRUE(exists(".git/config"));
}

}  // namespace
}  // namespace strandbus
