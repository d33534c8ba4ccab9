#include "strandbus/tools/calculator.hpp"

#include "strandbus/agent/tool_registry.hpp"
#include "tools/tool_harness.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strandbus {
namespace {

ToolResult calculate(const std::string& expression) {
  test::ToolHarness harness;
  json::object arguments;
  arguments["expr"] = expression;
  return harness.run(*make_calculator(), std::move(arguments)).result;
}

TEST(Calculator, AnswersWithTheNumberAndItsValue) {
  const ToolResult result = calculate("2+2");
  EXPECT_TRUE(result.success);
  EXPECT_EQ(result.output, "4");
  EXPECT_EQ(result.data, json::value({{"value", 4}}));
  EXPECT_EQ(result.error_code, std::nullopt);
}

TEST(Calculator, FailsWithThePositionOfTheMistake) {
  const ToolResult result = calculate("1 / 0");
  EXPECT_FALSE(result.success);
  EXPECT_EQ(result.error_code, ErrorCode::E_VALIDATION);
  EXPECT_EQ(result.error, "division by zero at position 3");
  EXPECT_EQ(result.model_text(), "Error (E_VALIDATION): division by zero at position 3");
}

TEST(Calculator, HasASchemaThatRefusesAnythingButAnExpression) {
  ToolRegistry registry;
  registry.add(make_calculator());
  EXPECT_TRUE(prepare_call(registry, "calculator", {{"expr", "1"}}).has_value());
  const auto missing = prepare_call(registry, "calculator", json::object());
  ASSERT_TRUE(missing.has_error());
  EXPECT_EQ(missing.error().reason,
            "invalid arguments for \"calculator\": the member \"expr\" is missing");
  EXPECT_TRUE(prepare_call(registry, "calculator", {{"expr", 1}}).has_error());
  EXPECT_TRUE(prepare_call(registry, "calculator", {{"expr", "1"}, {"x", 1}}).has_error());
}

TEST(Calculator, NeedsNoConfirmation) {
  EXPECT_FALSE(make_calculator()->definition().requires_confirmation);
}

TEST(Calculator, AnswersWithoutTheRegistryToo) {
  test::ToolHarness harness;
  const auto outcome = harness.run(*make_calculator(), json::object());
  EXPECT_EQ(outcome.result.error_code, ErrorCode::E_VALIDATION);
}

}  // namespace
}  // namespace strandbus
