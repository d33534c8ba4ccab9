#include "report/options.hpp"

#include "report/scenarios.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace strandbus::bench {
namespace {

Options parse(std::vector<std::string_view> arguments) { return parse_options(arguments); }

std::string refusal_of(std::vector<std::string_view> arguments) {
  try {
    parse_options(arguments);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST(BenchOptions, WithoutArgumentsEverythingIsMeasuredInFiveRounds) {
  const Options options = parse({});
  EXPECT_EQ(options.rounds, 5u);
  for (const Scenario& scenario : scenarios()) EXPECT_TRUE(wants(options, scenario.name));
}

TEST(BenchOptions, TheLastOfTwoCounts) {
  const Options options = parse({"--json", "a", "--rounds", "7", "--json", "b", "--svg", "c"});
  EXPECT_EQ(options.rounds, 7u);
  EXPECT_EQ(options.json, "b");
  EXPECT_EQ(options.svg, "c");
}

TEST(BenchOptions, OnlyTakesScenariosAndGroups) {
  const Options options = parse({"--only", "P1,P5.burst,P6.4"});
  EXPECT_TRUE(wants(options, "P1.pinned"));
  EXPECT_TRUE(wants(options, "P5.burst.1"));
  EXPECT_TRUE(wants(options, "P6.4"));
  EXPECT_FALSE(wants(options, "P10"));
  EXPECT_FALSE(wants(options, "P5.yield.1"));
  EXPECT_FALSE(wants(options, "P6.16"));
}

TEST(BenchOptions, WhatIsWrongIsNamed) {
  EXPECT_EQ(refusal_of({"--only", "P1,P99"}), "--only: there is no scenario 'P99'");
  EXPECT_EQ(refusal_of({"--only", ""}), "--only: there is no scenario ''");
  EXPECT_EQ(refusal_of({"--rounds", "0"}), "--rounds must be 1 to 1000, not '0'");
  EXPECT_EQ(refusal_of({"--rounds", "5x"}), "--rounds must be 1 to 1000, not '5x'");
  EXPECT_EQ(refusal_of({"--svg"}), "--svg needs a value");
  EXPECT_EQ(refusal_of({"P1"}), "unknown option 'P1'");
}

}  // namespace
}  // namespace strandbus::bench
