#include "strandbus/tools/plan.hpp"

#include "strandbus/agent/tool_registry.hpp"
#include "strandbus/event/agent_payloads.hpp"
#include "tools/tool_harness.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace strandbus {
namespace {

json::object item(std::string_view title, std::string_view status) {
  return {{"title", title}, {"status", status}};
}

json::object plan_of(json::array items) {
  json::object arguments;
  arguments["items"] = std::move(items);
  return arguments;
}

const json::object three = plan_of({item("Read the code", "completed"),
                                    item("Write a test", "in_progress"), item("Merge", "pending")});

TEST(PlanTool, ReturnsThePlanAsText) {
  test::ToolHarness harness;
  const ToolResult result = harness.run(*make_plan(), three).result;
  EXPECT_TRUE(result.success);
  EXPECT_EQ(result.output, "1 of 3 completed\n[x] Read the code\n[>] Write a test\n[ ] Merge");
  EXPECT_EQ(result.data, json::value({{"completed", 1}, {"total", 3}}));
}

TEST(PlanTool, PublishesThePlan) {
  test::ToolHarness harness;
  harness.run(*make_plan(), three);
  const auto updates = harness.payloads<PlanUpdated>();
  ASSERT_EQ(updates.size(), 1U);
  ASSERT_EQ(updates[0].items.size(), 3U);
  EXPECT_EQ(updates[0].items[0].title, "Read the code");
  EXPECT_EQ(updates[0].items[0].status, "completed");
  EXPECT_EQ(updates[0].items[1].status, "in_progress");
  EXPECT_EQ(updates[0].items[2].status, "pending");
}

TEST(PlanTool, IsEmptiedByAPlanWithoutItems) {
  test::ToolHarness harness;
  EXPECT_EQ(harness.run(*make_plan(), plan_of({})).result.output, "there is no plan");
  ASSERT_EQ(harness.payloads<PlanUpdated>().size(), 1U);
  EXPECT_TRUE(harness.payloads<PlanUpdated>()[0].items.empty());
}

TEST(PlanTool, RefusesAPlanThatCannotBe) {
  test::ToolHarness harness;
  const auto tool = make_plan({.max_items = 2, .max_title_bytes = 5});
  const std::vector<std::pair<json::object, std::string>> table{
      {plan_of({item("a", "in_progress"), item("b", "in_progress")}),
       "the items 1 and 2 are both in progress; at most one may be"},
      {plan_of({item("a", "pending"), item(" \t", "pending")}),
       "the title of item 2 is empty; say what is to be done"},
      {plan_of({item("a\nb", "pending")}), "the title of item 1 has several lines; write one"},
      {plan_of({item("abcdef", "pending")}),
       "the title of item 1 has 6 bytes; at most 5 are allowed"},
      {three, "the plan has 3 items; at most 2 are allowed: put some together"},
  };
  for (const auto& [arguments, error] : table) {
    const ToolResult result = harness.run(*tool, arguments).result;
    EXPECT_EQ(result.error, error);
    EXPECT_EQ(result.error_code, ErrorCode::E_VALIDATION);
  }
  EXPECT_TRUE(harness.events().empty()) << "what is no plan is not published";
}

TEST(PlanTool, HasASchemaThatRefusesAnythingButAPlan) {
  ToolRegistry registry;
  registry.add(make_plan({.max_items = 3, .max_title_bytes = 500}));
  EXPECT_TRUE(prepare_call(registry, "plan", three).has_value());
  EXPECT_TRUE(prepare_call(registry, "plan", json::object()).has_error());
  EXPECT_TRUE(prepare_call(registry, "plan", plan_of({"Merge"})).has_error());
  EXPECT_TRUE(prepare_call(registry, "plan", plan_of({item("Merge", "done")})).has_error());
  EXPECT_TRUE(prepare_call(registry, "plan", plan_of({item("", "pending")})).has_error());
  EXPECT_TRUE(
      prepare_call(registry, "plan", plan_of(json::array(4, item("a", "pending")))).has_error());
}

TEST(PlanTool, AnswersWithoutTheRegistryToo) {
  test::ToolHarness harness;
  EXPECT_EQ(harness.run(*make_plan(), json::object()).result.error_code, ErrorCode::E_VALIDATION);
}

TEST(PlanTool, RefusesBoundsThatAllowNothing) {
  EXPECT_THROW(make_plan({.max_items = 0}), std::invalid_argument);
  EXPECT_THROW(make_plan({.max_title_bytes = 0}), std::invalid_argument);
}

}  // namespace
}  // namespace strandbus
