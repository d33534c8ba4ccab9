#pragma once

#include "report/noise.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strandbus::bench {

/// What one contender reached in one scenario, round by round.
struct Measured {
  std::string contender;
  std::vector<std::pair<std::string, std::vector<double>>> values{};  ///< by metric
  std::vector<std::string> failures{};                                ///< why a round has no value
};

/// What was measured in one scenario.
struct Heats {
  std::string scenario;
  std::vector<Measured> contenders{};
  std::vector<RoundTrip> round_trips{};
};

/// All that was measured.
class Results {
 public:
  /// Makes a place for the scenario, though nothing of it may ever come.
  void add_scenario(std::string_view name) { scenario(name); }
  void add(std::string_view scenario, std::string_view contender,
           const std::vector<std::pair<std::string, double>>& figures);
  void add_failure(std::string_view scenario, std::string_view contender, std::string why);
  void add_round_trip(std::string_view scenario, RoundTrip round_trip);

  /// The values of the rounds; null if there are none.
  const std::vector<double>* find(std::string_view scenario, std::string_view contender,
                                  std::string_view metric) const noexcept;

  /// In the order in which they came first.
  const std::vector<Heats>& scenarios() const noexcept { return scenarios_; }
  bool has_failure() const noexcept;

 private:
  Heats& scenario(std::string_view name);
  Measured& contender(std::string_view scenario_name, std::string_view name);

  std::vector<Heats> scenarios_;
};

}  // namespace strandbus::bench
