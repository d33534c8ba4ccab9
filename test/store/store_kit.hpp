#pragma once

#include "strandbus/store/store_conformance.hpp"

#include <gtest/gtest.h>

#include <string>

namespace strandbus::testing {

/// Each check of the kit as a test of its own.
inline std::vector<StoreCheck> kit() {
  const auto checks = store_checks();
  return {checks.begin(), checks.end()};
}

inline void expect_kept(const StoreCheck& check, const StoreUnderTest& store) {
  for (const std::string& violation : check.run(store)) ADD_FAILURE() << violation;
}

inline std::string name_of(const ::testing::TestParamInfo<StoreCheck>& info) {
  return std::string(info.param.name);
}

}  // namespace strandbus::testing

namespace strandbus {
inline void PrintTo(const StoreCheck& check, std::ostream* out) { *out << check.name; }
}  // namespace strandbus
