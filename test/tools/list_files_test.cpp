#include "tools/file_fixture.hpp"

#include <gmock/gmock.h>

#include <filesystem>

namespace strandbus {
namespace {

using ::testing::HasSubstr;

class ListFiles : public test::FileToolsTest {
 protected:
  void SetUp() override {
    FileToolsTest::SetUp();
    for (const char* name : {"README.md", "src/a.cpp", "src/a.hpp", "src/deep/b.cpp", ".git/config",
                             ".hidden", "test/a_test.cpp"})
      put(name, "x");
  }

  std::string list(json::object arguments) {
    const ToolResult result = call("list_files", std::move(arguments));
    return result.success ? result.output : result.error;
  }
};

TEST_F(ListFiles, ListsTheWorkspace) {
  EXPECT_EQ(list({}), ".hidden\nREADME.md\nsrc/\ntest/\n");
  EXPECT_EQ(list({{"path", "src"}}), "src/a.cpp\nsrc/a.hpp\nsrc/deep/\n");
  EXPECT_EQ(list({{"path", harness_.workspace.path().string() + "/src/deep"}}), "src/deep/b.cpp\n");
}

TEST_F(ListFiles, GoesDeeperWhenAsked) {
  EXPECT_EQ(list({{"path", "src"}, {"recursive", true}}),
            "src/a.cpp\nsrc/a.hpp\nsrc/deep/\nsrc/deep/b.cpp\n");
}

TEST_F(ListFiles, ShowsOnlyWhatAPatternMatches) {
  EXPECT_EQ(list({{"pattern", "*.md"}}), "README.md\n");
  EXPECT_EQ(list({{"pattern", "*.cpp"}, {"recursive", true}}),
            "src/a.cpp\nsrc/deep/b.cpp\ntest/a_test.cpp\n");
  EXPECT_EQ(list({{"pattern", "**/*.{hpp,md}"}}), "README.md\nsrc/a.hpp\n");
  EXPECT_EQ(list({{"pattern", "deep/*"}, {"path", "src"}}), "src/deep/b.cpp\n");
  EXPECT_EQ(list({{"pattern", "*.rs"}, {"recursive", true}}), "[nothing was found]\n");
}

TEST_F(ListFiles, NamesLinksAndOddThings) {
  std::filesystem::create_symlink("../../etc", harness_.workspace.path() / "src" / "out");
  put("odd/new\nline", "");
  put("odd/\xFF", "");
  EXPECT_EQ(list({{"path", "src"}}), "src/a.cpp\nsrc/a.hpp\nsrc/deep/\nsrc/out -> ../../etc\n");
  EXPECT_EQ(list({{"path", "odd"}}), "\"odd/new\\nline\"\n\"odd/\xEF\xBF\xBD\"\n");
}

TEST_F(ListFiles, SaysWhenThereIsMore) {
  use({.max_listed = 2});
  EXPECT_EQ(list({}),
            ".hidden\nREADME.md\n[there is more; list a directory below, or give a pattern]\n");
  use({.max_output_bytes = 20});
  EXPECT_EQ(list({}),
            ".hidden\nREADME.md\n[there is more; list a directory below, or give a pattern]\n");
  use({.max_visited = 3});
  EXPECT_THAT(list({}), HasSubstr("[there are too many files; not all were looked at]"));
}

TEST_F(ListFiles, GivesTheCodeOfABadPathOrPattern) {
  EXPECT_EQ(test::code_of(call("list_files", {{"path", "none"}})), "E_NOT_FOUND");
  EXPECT_EQ(test::code_of(call("list_files", {{"path", ".."}})), "E_PERMISSIONS");
  EXPECT_EQ(test::code_of(call("list_files", {{"path", "README.md"}})), "E_VALIDATION");
  EXPECT_EQ(test::code_of(call("list_files", {{"pattern", ""}})), "E_VALIDATION");
  EXPECT_EQ(test::code_of(call("list_files", {{"pattern", std::string(2000, '*')}})),
            "E_VALIDATION");
}

}  // namespace
}  // namespace strandbus
