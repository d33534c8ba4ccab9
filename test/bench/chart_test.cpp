#include "report/chart.hpp"

#include "report/svg.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strandbus::bench {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Report report_of(const std::vector<std::pair<std::string, double>>& contenders) {
  Results results;
  for (const auto& [contender, rate] : contenders)
    results.add("P3", contender, {{"events_per_second", rate}});
  return make_report(results, {.machine = "a machine", .rounds = 1});
}

TEST(Chart, ABarIsTheDeliveriesOfAllReaders) {
  const std::vector<Panel> panels = chart_panels(report_of({{"strandbus next", 1'000}}));
  ASSERT_EQ(panels.size(), 1u);
  EXPECT_EQ(panels[0].bars[0].value, 64'000);
}

TEST(Chart, OursComeFirstThenTheOthersFromFastToSlow) {
  const auto panels = chart_panels(report_of(
      {{"ZeroMQ inproc", 1}, {"Asio channel", 2}, {"strandbus next", 1}, {"tokio x", 3}}));
  ASSERT_EQ(panels[0].bars.size(), 4u);
  EXPECT_TRUE(panels[0].bars[0].is_ours);
  EXPECT_EQ(panels[0].bars[1].label, "tokio broadcast");
  EXPECT_EQ(panels[0].bars[2].label, "Asio channel");
  EXPECT_EQ(panels[0].bars[3].label, "ZeroMQ");
}

TEST(Chart, OfAPeersVariantsTheFastestIsShown) {
  const auto panels =
      chart_panels(report_of({{"tokio current-thread", 10}, {"tokio multi-thread", 30}}));
  ASSERT_EQ(panels[0].bars.size(), 1u);
  EXPECT_EQ(panels[0].bars[0].value, 30 * 64);
}

TEST(Chart, WhatWasNotMeasuredHasNoPanel) {
  Results results;
  results.add("P8", "strandbus", {{"events_per_second", 1}});
  EXPECT_TRUE(chart_panels(make_report(results, {.machine = "", .rounds = 1})).empty());
}

TEST(Chart, TheLongestBarFillsItsRoomAndTheShortestIsStillSeen) {
  const std::vector<Panel> panels{
      {.title = "t", .bars = {{.label = "a", .value = 1e9}, {.label = "b", .value = 1}}}};
  const std::string svg = render_svg(panels, "");
  EXPECT_THAT(svg, HasSubstr("width=\"190\" height=\"14\" rx=\"3\" class=\"peer\""));
  EXPECT_THAT(svg, HasSubstr("width=\"2\" height=\"14\" rx=\"3\" class=\"peer\""));
}

TEST(Chart, TextIsEscaped) {
  const std::vector<Panel> panels{{.title = "a<b & \"c\">", .bars = {{.label = "x", .value = 1}}}};
  const std::string svg = render_svg(panels, "<script>");
  EXPECT_THAT(svg, HasSubstr("a&lt;b &amp; &quot;c&quot;&gt;"));
  EXPECT_THAT(svg, Not(HasSubstr("<script>")));
}

}  // namespace
}  // namespace strandbus::bench
