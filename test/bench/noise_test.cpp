#include "report/noise.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace strandbus::bench {
namespace {

constexpr RoundTrip quiet{.median_ns = 280, .worst_ns = 330};
constexpr RoundTrip far{.median_ns = 850, .worst_ns = 900};
constexpr RoundTrip unsteady{.median_ns = 280, .worst_ns = 4'200};

TEST(Noise, ALongWayBetweenTheCoresIsNoise) {
  EXPECT_FALSE(is_noisy(quiet));
  EXPECT_TRUE(is_noisy(far));
}

TEST(Noise, AWayThatIsNotAlwaysAsLongIsNoise) { EXPECT_TRUE(is_noisy(unsteady)); }

TEST(Noise, SeveralProbesAreCounted) {
  const std::vector<RoundTrip> probes{quiet, unsteady, quiet};
  const Noise noise = noise_of(probes);
  EXPECT_EQ(noise.probes, 3u);
  EXPECT_EQ(noise.noisy, 1u);
  EXPECT_EQ(noise.median_ns, 280);
  EXPECT_EQ(noise.worst_ns, 4'200);
  EXPECT_EQ(describe(noise), "noisy in 1 of 3 probes, round trip up to 4.20 µs");
}

TEST(Noise, AQuietMachineIsNotTalkedAbout) {
  const std::vector<RoundTrip> probes{quiet, quiet};
  EXPECT_EQ(describe(noise_of(probes)), "");
  EXPECT_EQ(describe(noise_of({})), "");
}

}  // namespace
}  // namespace strandbus::bench
