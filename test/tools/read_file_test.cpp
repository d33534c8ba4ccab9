#include "tools/file_fixture.hpp"

#include <gmock/gmock.h>

#include <sys/stat.h>

namespace strandbus {
namespace {

using ::testing::HasSubstr;

using ReadFile = test::FileToolsTest;

TEST_F(ReadFile, GivesTheExactText) {
  const std::string text = "int main() {\n\treturn 0;  \r\n}\n\n\xE6\x97\xA5\xE6\x9C\xAC";
  put("src/a.cpp", text);
  const ToolResult result = read("src/a.cpp");
  EXPECT_TRUE(result.success);
  EXPECT_EQ(result.output, text);
  EXPECT_EQ(result.data, json::value({{"path", "src/a.cpp"},
                                      {"size", text.size()},
                                      {"line_count", 5},
                                      {"first_line", 1},
                                      {"last_line", 5},
                                      {"truncated", false}}));
  EXPECT_TRUE(events().empty());
  EXPECT_TRUE(result.files_changed.empty());
}

TEST_F(ReadFile, SaysThatAFileIsEmpty) {
  put("a", "");
  EXPECT_EQ(read("a").output, "[the file is empty]");
  EXPECT_EQ(read("a").data.at("line_count"), 0);
}

TEST_F(ReadFile, GivesTheLinesThatWereAskedFor) {
  put("a", "1\n2\n3\n4\n5");
  const auto lines = [&](int start, int count) {
    return call("read_file", {{"path", "a"}, {"start_line", start}, {"line_count", count}});
  };
  EXPECT_EQ(lines(2, 2).output, "2\n3\n[lines 2 to 3 of 5; read on with start_line 4]");
  EXPECT_EQ(lines(4, 9).output, "4\n5");
  EXPECT_EQ(lines(5, 1).output, "5");
  EXPECT_EQ(lines(1, 5).output, "1\n2\n3\n4\n5");
  EXPECT_EQ(lines(3, 1).data.at("truncated"), true);
  EXPECT_EQ(lines(5, 1).data.at("truncated"), false);
  EXPECT_EQ(lines(6, 1).error, "start_line is 6, but the file has 5 lines");
  EXPECT_EQ(test::code_of(lines(6, 1)), "E_VALIDATION");
  EXPECT_EQ(test::code_of(lines(0, 1)), "E_VALIDATION");
  EXPECT_EQ(test::code_of(lines(1, 0)), "E_VALIDATION");
}

TEST_F(ReadFile, CutsALongFileAtALine) {
  use({.max_output_bytes = 10, .max_read_lines = 3});
  put("lines", "1\n2\n3\n4\n");
  EXPECT_EQ(read("lines").output, "1\n2\n3\n[lines 1 to 3 of 4; read on with start_line 4]");
  put("bytes", "12345\n789\nabc\n");
  EXPECT_EQ(read("bytes").output, "12345\n789\n[lines 1 to 2 of 3; read on with start_line 3]");
}

TEST_F(ReadFile, CutsALongLineBetweenCharacters) {
  use({.max_output_bytes = 5});
  put("a", "1234\xC3\xA4yz\nnext\n");
  EXPECT_EQ(read("a").output,
            "1234\n[line 1 of 2 is too long: its last 5 bytes are left out; read on with "
            "start_line 2]");
  put("b", "123456789");
  EXPECT_EQ(read("b").output, "12345\n[line 1 of 1 is too long: its last 4 bytes are left out]");
}

TEST_F(ReadFile, ShowsBytesThatAreNoUtf8AndSaysSo) {
  put("latin", "caf\xE9\n");
  EXPECT_EQ(read("latin").output,
            "caf\xEF\xBF\xBD\n[the file is not valid UTF-8: the bytes that are not are shown as "
            "U+FFFD]");
}

TEST_F(ReadFile, RefusesBinaryFiles) {
  put("a.png", std::string("\x89PNG\0\0", 6));
  const ToolResult result = read("a.png");
  EXPECT_EQ(test::code_of(result), "E_VALIDATION");
  EXPECT_EQ(result.error, "the file is binary (6 bytes), not text; use another tool for it");
}

TEST_F(ReadFile, ReadsAFileOfTenMegabytesInParts) {
  std::string text;
  while (text.size() < 10'000'000) text += "0123456789 0123456789 0123456789 0123456789\n";
  put("big", text);
  const ToolResult result = read("big");
  EXPECT_TRUE(result.success);
  EXPECT_LE(result.output.size(), 65'536U + 100U);
  EXPECT_EQ(result.data.at("truncated"), true);
  const ToolResult last = call("read_file", {{"path", "big"}, {"start_line", 227'273}});
  EXPECT_THAT(last.output, HasSubstr("0123456789"));
  EXPECT_EQ(last.data.at("truncated"), false);
}

TEST_F(ReadFile, RefusesWhatIsTooLarge) {
  use({.max_file_bytes = 3});
  put("a", "1234");
  EXPECT_EQ(test::code_of(read("a")), "E_VALIDATION");
  EXPECT_EQ(read("a").data.at("reason"), "too_large");
}

TEST_F(ReadFile, GivesTheCodeAndTheReasonOfABadPath) {
  put("dir/a", "");
  ASSERT_EQ(::mkfifo((harness_.workspace.path() / "pipe").c_str(), 0600), 0);
  const auto problem = [&](std::string_view path) {
    const ToolResult result = read(path);
    EXPECT_FALSE(result.success);
    const json::value* reason =
        result.data.is_object() ? result.data.get_object().if_contains("reason") : nullptr;
    return test::code_of(result) + (reason ? " " + std::string(reason->get_string()) : "");
  };
  EXPECT_EQ(problem("none"), "E_NOT_FOUND not_found");
  EXPECT_EQ(problem(""), "E_VALIDATION empty_path");
  EXPECT_EQ(problem("dir"), "E_VALIDATION is_a_directory");
  EXPECT_EQ(problem("dir/a/b"), "E_VALIDATION not_a_directory");
  EXPECT_EQ(problem("pipe"), "E_PERMISSIONS special_file");
  EXPECT_EQ(problem("../x"), "E_PERMISSIONS outside_workspace");
  EXPECT_EQ(problem("/etc/passwd"), "E_PERMISSIONS outside_workspace");
  EXPECT_EQ(problem("~/x"), "E_PERMISSIONS home_expansion");
  EXPECT_EQ(problem(std::string_view("a\0b", 3)), "E_VALIDATION malformed");
  EXPECT_EQ(problem(std::string(5000, 'x')), "E_VALIDATION too_long");
}

TEST_F(ReadFile, IsNotedForTheConversation) {
  put("a", "text");
  read("./a");
  EXPECT_EQ(reads_->check("a", "text"), Seen::current);
  read("missing");
  EXPECT_FALSE(reads_->knows("missing"));
}

}  // namespace
}  // namespace strandbus
