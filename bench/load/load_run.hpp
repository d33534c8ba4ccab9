#pragma once

#include "load/child.hpp"
#include "load/options.hpp"
#include "load/rounds.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace strandbus::load {

/// What a server costs and gives with readers of event streams alone.
struct StreamFigures {
  double bytes_per_reader = 0;  ///< of the server's memory, while nothing happens
  Round burst{};
};

/// Everything that one run has found.
struct LoadFigures {
  StreamFigures ours{};
  std::optional<StreamFigures> nchan{};
  double bytes_per_socket = 0;
  Round everybody_burst{};
  Round everybody_paced{};
  Round alone{};
  Round beside{};
  std::uint64_t nuisance_connections = 0;
  ProcessUse start{};
  ProcessUse peak{};
  ProcessUse end{};
};

/// Runs all scenarios; says on standard error how far it is.
///
/// Errors: std::runtime_error when an event is lost, doubled or in disorder, or a server fails.
LoadFigures run_load(const Options& options, const std::string& directory);

/// The figures as a table.
std::string render(const Options& options, const LoadFigures& figures);

/// Whether the server has about as much memory again as at the start; it needs some seconds for
/// that.
bool gave_memory_back(const LoadFigures& figures);

/// What does not hold of what must; empty = all of it does.
std::vector<std::string> broken_bounds(const Options& options, const LoadFigures& figures);

}  // namespace strandbus::load
