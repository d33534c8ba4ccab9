#pragma once

#include "report/options.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace strandbus::bench {

/// One contender in one scenario, and the program that measures it.
struct Task {
  std::string scenario;
  std::string contender;
  std::string program;
};

/// The contenders of one scenario.
struct Heat {
  std::string scenario;
  std::vector<Task> tasks{};
};

/// The scenarios that the options ask for, in the order of the table, then unknown ones; also those
/// that nobody can measure. Within a scenario the order of the tasks stays.
std::vector<Heat> make_plan(std::vector<Task> tasks, const Options& options);

/// In which order a round runs `count` contenders: forwards, next time backwards, so that none
/// always comes after the same other.
std::vector<std::size_t> order_in_round(std::size_t count, std::size_t round);

}  // namespace strandbus::bench
