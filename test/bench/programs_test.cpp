#include "report/programs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace strandbus::bench {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(Programs, AListingIsReadLineByLine) {
  EXPECT_THAT(tab_separated("P1.pinned\tstrandbus next\nP2\ttokio\n"),
              ElementsAre(Pair("P1.pinned", "strandbus next"), Pair("P2", "tokio")));
  EXPECT_THAT(tab_separated("P2\ttokio"), ElementsAre(Pair("P2", "tokio")));
  EXPECT_TRUE(tab_separated("").empty());
}

TEST(Programs, FiguresAreReadInAnyNotation) {
  EXPECT_THAT(figures_in("p50_nanoseconds\t412.5\np99_nanoseconds\t4.1e3\n"),
              ElementsAre(Pair("p50_nanoseconds", 412.5), Pair("p99_nanoseconds", 4'100)));
}

TEST(Programs, WhatIsNotOfTheProtocolIsRefused) {
  EXPECT_THROW(tab_separated("P1.pinned strandbus next\n"), std::runtime_error);
  EXPECT_THROW(figures_in("bytes\tmany\n"), std::runtime_error);
  EXPECT_THROW(figures_in("bytes\t12 \n"), std::runtime_error);
  EXPECT_THROW(figures_in("bytes\tnan\n"), std::runtime_error);
  EXPECT_THROW(figures_in(""), std::runtime_error);
}

TEST(Programs, AMissingOneIsNamedWithWhatItNeeds) {
  EXPECT_EQ(absence_of({"tokio", "tokio", "cargo"}), "tokio is not installed (cargo)");
  EXPECT_EQ(absence_of({"boost_json", "Boost.JSON", ""}), "Boost.JSON was not built");
}

}  // namespace
}  // namespace strandbus::bench
