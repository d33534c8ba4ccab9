#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace strandbus::load {

struct Options {
  std::string program{};       ///< strandbus
  std::string nginx{};         ///< empty = nothing beside ours
  std::size_t streams = 5000;  ///< readers of event streams
  std::size_t sockets = 1000;  ///< readers of WebSockets
  std::size_t healthy = 100;   ///< readers beside the slow and the hostile
  std::size_t slow = 1000;
  std::size_t hostile = 500;
  std::size_t events = 200;  ///< of one round
  std::size_t rounds = 3;
  double worst_ratio = 2;  ///< of the delays beside the others to those alone; 0 = any
};

/// Errors: std::invalid_argument, saying which argument is wrong and what is allowed.
Options read_options(const std::vector<std::string>& arguments);

/// How many descriptors this program needs.
std::size_t descriptors_of(const Options& options);

}  // namespace strandbus::load
