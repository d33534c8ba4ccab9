#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace strandbus::bench {

/// A situation in which contenders are compared.
struct Scenario {
  std::string_view name;   ///< "P1.pinned"; "P1" alone names all that begin with "P1."
  std::string_view title;  ///< for people
  std::size_t readers;     ///< how many get each event; 0 where that says nothing
};

/// All known ones, in the order of the table.
std::span<const Scenario> scenarios() noexcept;

/// The scenario of that name, else null.
const Scenario* find_scenario(std::string_view name) noexcept;

/// The place of a scenario in the table; unknown ones come last.
std::size_t rank_of(std::string_view scenario) noexcept;

/// Whether `chosen` ("P5", "P5.burst", "P5.burst.1") names this scenario or a group it belongs to.
bool belongs_to(std::string_view scenario, std::string_view chosen) noexcept;

}  // namespace strandbus::bench
