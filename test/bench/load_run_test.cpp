// A small load on a server of the program. How fast it is depends on the machine: not tested here.

#include "load/load_run.hpp"

#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

namespace strandbus::load {
namespace {

TEST(LoadRun, LosesNothingAndGivesBackTheDescriptors) {
  Options options;
  options.program = STRANDBUS_PROGRAM;
  options.streams = 200;
  options.sockets = 50;
  options.healthy = 30;
  options.slow = 20;
  options.hostile = 20;
  options.events = 20;
  options.rounds = 1;
  const testing::TemporaryDirectory directory;
  const LoadFigures figures = run_load(options, directory.path("."));  // throws at a lost event
  EXPECT_LE(figures.end.descriptors, figures.start.descriptors);
  EXPECT_GE(figures.peak.descriptors, figures.start.descriptors + 250);
  EXPECT_GE(figures.nuisance_connections, 40U);
  EXPECT_GT(figures.everybody_burst.deliveries_per_second, 0);
}

TEST(LoadRun, SaysThatAServerDoesNotStart) {
  Options options;
  options.program = "/bin/false";
  const testing::TemporaryDirectory directory;
  EXPECT_THROW(run_load(options, directory.path(".")), std::runtime_error);
}

}  // namespace
}  // namespace strandbus::load
