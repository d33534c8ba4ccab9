#include "strandbus/agent/tool_result.hpp"

#include <gtest/gtest.h>

namespace strandbus {
namespace {

TEST(ToolResult, OfASuccessTellsTheModelItsOutput) {
  const ToolResult result =
      ToolResult::ok("4").with_data(4).with_change("a.txt", "@@").with_change("b.txt");
  EXPECT_TRUE(result.success);
  EXPECT_EQ(result.model_text(), "4");
  EXPECT_EQ(result.data, 4);
  EXPECT_EQ(result.files_changed, (std::vector<std::string>{"a.txt", "b.txt"}));
  ASSERT_EQ(result.diffs.size(), 1U);
  EXPECT_EQ(result.diffs[0].path, "a.txt");
  EXPECT_EQ(result.diffs[0].diff, "@@");
}

TEST(ToolResult, OfAFailureTellsTheModelCodeErrorAndOutput) {
  const ToolResult result =
      ToolResult::failure(ErrorCode::E_TIMEOUT, "too slow").with_output("so far");
  EXPECT_FALSE(result.success);
  EXPECT_EQ(result.model_text(), "Error (E_TIMEOUT): too slow\nso far");
  EXPECT_EQ(ToolResult::failure("broken").model_text(), "Error: broken");
  EXPECT_EQ(ToolResult().model_text(), "Error: the tool failed");
}

TEST(ToolResult, HasNoCodeWhereNoneFits) {
  EXPECT_EQ(ToolResult::failure("broken").error_code, std::nullopt);
  EXPECT_EQ(ToolResult::failure(ErrorCode::none, "broken").error_code, std::nullopt);
}

}  // namespace
}  // namespace strandbus
