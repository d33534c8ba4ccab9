#pragma once

#include "report/options.hpp"
#include "report/plan.hpp"
#include "report/results.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace strandbus::bench {

/// What the programs in a folder can measure.
struct Offer {
  std::vector<Task> tasks{};
  std::vector<std::string> absent{};    ///< sentences: which programs are not there
  std::vector<std::string> problems{};  ///< sentences: which could not say what they measure
};
Offer ask_programs(const std::filesystem::path& folder);

/// Measures every task of the plan once in each round and tells on standard error how far it is.
Results run_plan(const std::vector<Heat>& plan, std::size_t rounds,
                 const std::filesystem::path& folder);

}  // namespace strandbus::bench
