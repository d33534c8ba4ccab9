#include "event/trace_parent.hpp"

#include <gtest/gtest.h>

#include <string>

namespace strandbus::detail {
namespace {

const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(TraceParentTest, IsReadAndWritten) {
  const auto parent = parse_trace_parent(good);
  ASSERT_TRUE(parent);
  EXPECT_EQ(parent->trace, (TraceId{0x4bf92f3577b34da6, 0xa3ce929d0e0e4736}));
  EXPECT_EQ(parent->span, 0x00f067aa0ba902b7u);
  EXPECT_TRUE(parent->sampled);
  EXPECT_EQ(to_text(*parent), good);
}

TEST(TraceParentTest, OfALaterVersionMayBeLonger) {
  std::string later = good;
  later.replace(0, 2, "cc");
  EXPECT_TRUE(parse_trace_parent(later));
  EXPECT_TRUE(parse_trace_parent(later + "-what-comes"));
  EXPECT_FALSE(parse_trace_parent(later + "."));
  EXPECT_FALSE(parse_trace_parent(good + "-what-comes"));
}

TEST(TraceParentTest, IsIgnoredWhereverItIsNotOne) {
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char c : {'G', 'A', ' ', '_', '\0'}) {
      std::string text = good;
      text[i] = c;
      EXPECT_FALSE(parse_trace_parent(text)) << text;
    }
    EXPECT_FALSE(parse_trace_parent(good.substr(0, i)));
  }
  std::string text = good;
  EXPECT_FALSE(parse_trace_parent(text.replace(0, 2, "ff")));
  text = good;
  EXPECT_FALSE(parse_trace_parent(text.replace(3, 32, std::string(32, '0'))));
  text = good;
  EXPECT_FALSE(parse_trace_parent(text.replace(36, 16, std::string(16, '0'))));
}

TEST(TraceParentTest, SaysWhetherAnybodyWantsToSeeTheTrace) {
  std::string text = good;
  EXPECT_FALSE(parse_trace_parent(text.replace(53, 2, "00"))->sampled);
  EXPECT_TRUE(parse_trace_parent(text.replace(53, 2, "ff"))->sampled);
}

TEST(TraceParentTest, ATraceIsThatOfTheCallerOrOfTheOutermostId) {
  RunContext context;
  context.session_id = "s";
  EXPECT_EQ(root_trace(context).trace, trace_of("s"));
  context.workflow_id = "w";
  EXPECT_EQ(root_trace(context).trace, trace_of("w"));
  context.run_id = "r";
  EXPECT_EQ(root_trace(context), (TraceParent{trace_of("r"), 0, true}));
  context.parent_run_id = "p";
  EXPECT_EQ(root_trace(context).trace, trace_of("p"));
  context.attributes["traceparent"] = "00-0-0-0";
  EXPECT_FALSE(outer_trace(context));
  EXPECT_EQ(root_trace(context).trace, trace_of("p"));
  context.attributes["traceparent"] = 7;
  EXPECT_FALSE(outer_trace(context));
  context.attributes["traceparent"] = good;
  EXPECT_EQ(root_trace(context), *parse_trace_parent(good));
}

}  // namespace
}  // namespace strandbus::detail
