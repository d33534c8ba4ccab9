#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace strandbus::test {

/// Where everything random of a test begins, printed so that a failure can be run again with it.
inline std::uint64_t printed_seed() {
  const char* given = std::getenv("STRANDBUS_TEST_SEED");
  const std::uint64_t value = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::printf("seed %llu (STRANDBUS_TEST_SEED chooses another)\n",
              static_cast<unsigned long long>(value));
  return value;
}

}  // namespace strandbus::test
