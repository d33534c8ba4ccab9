#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strandbus::bench {

/// A measuring program that the report expects beside itself.
struct Program {
  std::string_view file;      ///< its file name
  std::string_view measures;  ///< whom, for people
  std::string_view needs;     ///< what must be installed for it; empty = nothing beyond the library
};

/// All of them; ours first, so that they head each scenario.
std::span<const Program> programs() noexcept;

/// How a program that is not there is named: "tokio is not installed (librust-tokio-dev, cargo)".
std::string absence_of(const Program& program);

/// The lines "first<TAB>second" of a program's output. Throws std::runtime_error for any other
/// line.
std::vector<std::pair<std::string, std::string>> tab_separated(std::string_view output);

/// The lines "metric<TAB>value". Throws std::runtime_error where the value is not a number.
std::vector<std::pair<std::string, double>> figures_in(std::string_view output);

}  // namespace strandbus::bench
