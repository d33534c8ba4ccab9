#include "tools/file_fixture.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <filesystem>

namespace strandbus {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class SearchFiles : public test::FileToolsTest {
 protected:
  void SetUp() override {
    FileToolsTest::SetUp();
    put("a.cpp", "int main() {\n  return answer(42);\n}\n");
    put("lib/b.hpp", "int answer(int);\r\n// the answer\n");
    put("lib/c.txt", "no match here\n");
    put(".git/config", "answer\n");
    put("image", std::string("answer\0answer\n", 14));
  }

  std::string search(json::object arguments) {
    const ToolResult result = call("search_files", std::move(arguments));
    return result.success ? result.output : result.error;
  }
};

TEST_F(SearchFiles, FindsLinesWithTheirPlaces) {
  const ToolResult result = call("search_files", {{"pattern", "answer"}});
  EXPECT_EQ(result.output,
            "a.cpp:2:   return answer(42);\nlib/b.hpp:1: int answer(int);\nlib/b.hpp:2: // the "
            "answer\n");
  EXPECT_EQ(result.data, json::value({{"matches", 3}, {"files", 3}, {"truncated", false}}));
}

TEST_F(SearchFiles, TakesRegularExpressions) {
  EXPECT_EQ(search({{"pattern", R"(^int \w+\()"}}),
            "a.cpp:1: int main() {\nlib/b.hpp:1: int answer(int);\n");
  EXPECT_EQ(search({{"pattern", R"(\d{2}\);$)"}}), "a.cpp:2:   return answer(42);\n");
  EXPECT_EQ(search({{"pattern", R"(int\);$)"}}), "lib/b.hpp:1: int answer(int);\n")
      << "the end of a line is before its CRLF";
}

TEST_F(SearchFiles, TakesPlainText) {
  EXPECT_EQ(search({{"pattern", "answer("}, {"literal", true}}),
            "a.cpp:2:   return answer(42);\nlib/b.hpp:1: int answer(int);\n");
  EXPECT_EQ(search({{"pattern", "[nothing"}, {"literal", true}}),
            "[nothing was found in 3 files]\n");
}

TEST_F(SearchFiles, SearchesOnlyWhereItWasTold) {
  EXPECT_EQ(search({{"pattern", "answer"}, {"path", "lib"}}),
            "lib/b.hpp:1: int answer(int);\nlib/b.hpp:2: // the answer\n");
  EXPECT_EQ(search({{"pattern", "answer"}, {"path", "a.cpp"}}), "a.cpp:2:   return answer(42);\n");
  EXPECT_EQ(search({{"pattern", "answer"}, {"glob", "*.cpp"}}), "a.cpp:2:   return answer(42);\n");
  EXPECT_EQ(search({{"pattern", "answer"}, {"glob", "lib/**"}}),
            "lib/b.hpp:1: int answer(int);\nlib/b.hpp:2: // the answer\n");
}

TEST_F(SearchFiles, FollowsNoLinks) {
  std::filesystem::create_symlink("/etc", harness_.workspace.path() / "etc");
  std::filesystem::create_symlink("..", harness_.workspace.path() / "lib" / "loop");
  EXPECT_EQ(search({{"pattern", "root:"}}), "[nothing was found in 3 files]\n");
}

TEST_F(SearchFiles, SaysWhenThereIsMore) {
  use({.max_matches = 2});
  const ToolResult result = call("search_files", {{"pattern", "answer"}});
  EXPECT_EQ(result.output,
            "a.cpp:2:   return answer(42);\nlib/b.hpp:1: int answer(int);\n[there is more; search "
            "a directory below, or a glob]\n");
  EXPECT_EQ(result.data.at("truncated"), true);
}

TEST_F(SearchFiles, CutsLongLines) {
  put("long", "needle" + std::string(1000, 'x') + "\n");
  const std::string output = search({{"pattern", "needle"}});
  EXPECT_THAT(output, StartsWith("long:1: needlexxx"));
  EXPECT_LT(output.size(), 330U);
  EXPECT_THAT(output, HasSubstr("x…\n"));
}

TEST_F(SearchFiles, RefusesBadPatterns) {
  const ToolResult result = call("search_files", {{"pattern", "a(b"}});
  EXPECT_EQ(test::code_of(result), "E_VALIDATION");
  EXPECT_THAT(result.error, HasSubstr("pattern is no regular expression"));
  EXPECT_EQ(test::code_of(call("search_files", {{"pattern", ""}})), "E_VALIDATION");
  EXPECT_EQ(test::code_of(call("search_files", {{"pattern", "x"}, {"glob", ""}})), "E_VALIDATION");
  EXPECT_EQ(test::code_of(call("search_files", {{"pattern", "x"}, {"path", "../"}})),
            "E_PERMISSIONS");
  EXPECT_EQ(test::code_of(call("search_files", {{"pattern", "x"}, {"path", "none"}})),
            "E_NOT_FOUND");
}

TEST_F(SearchFiles, EndsForAPatternThatWouldTakeForEver) {
  for (int i = 0; i < 20; ++i) put("evil" + std::to_string(i), std::string(5000, 'a') + "!\n");
  const ToolResult result = call("search_files", {{"pattern", "^(a+)+$"}});
  EXPECT_EQ(test::code_of(result), "E_VALIDATION");
  EXPECT_THAT(result.error, HasSubstr("takes too long"));
}

TEST_F(SearchFiles, EndsWithWhatItHasAfterItsTime) {
  use({.max_search_time = std::chrono::milliseconds(1)});
  std::string lines;
  for (int i = 0; i < 20'000; ++i) lines += "line of text number " + std::to_string(i) + "\n";
  put("big", lines);
  const ToolResult result = call("search_files", {{"pattern", "^[a-z ]+[0-9]+x$"}});
  EXPECT_TRUE(result.success);
  EXPECT_THAT(result.output, HasSubstr("[stopped after 1 ms"));
  EXPECT_EQ(result.data.at("truncated"), true);
}

}  // namespace
}  // namespace strandbus
