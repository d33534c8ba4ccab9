#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::bench {

/// What the report's command line says.
struct Options {
  std::size_t rounds = 5;           ///< how often each contender is measured
  std::vector<std::string> only{};  ///< scenarios or groups of them; empty = all
  std::string json{};               ///< where to write the figures; empty = nowhere
  std::string svg{};                ///< where to write the chart; empty = nowhere
  bool help = false;
};

/// Reads the arguments that follow the program's name. Throws std::invalid_argument that says what
/// is wrong.
Options parse_options(std::span<const std::string_view> arguments);

/// How the program is used.
std::string_view usage() noexcept;

/// Whether these options ask for the scenario.
bool wants(const Options& options, std::string_view scenario) noexcept;

}  // namespace strandbus::bench
