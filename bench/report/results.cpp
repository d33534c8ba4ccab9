#include "report/results.hpp"

#include <algorithm>

namespace strandbus::bench {

void Results::add(std::string_view scenario_name, std::string_view contender_name,
                  const std::vector<std::pair<std::string, double>>& figures) {
  auto& known = contender(scenario_name, contender_name).values;
  for (const auto& figure : figures) {
    auto found = std::find_if(known.begin(), known.end(),
                              [&](const auto& values) { return values.first == figure.first; });
    if (found == known.end()) found = known.insert(known.end(), {figure.first, {}});
    found->second.push_back(figure.second);
  }
}

void Results::add_failure(std::string_view scenario_name, std::string_view contender_name,
                          std::string why) {
  auto& known = contender(scenario_name, contender_name).failures;
  if (std::find(known.begin(), known.end(), why) == known.end()) known.push_back(std::move(why));
}

void Results::add_round_trip(std::string_view scenario_name, RoundTrip round_trip) {
  scenario(scenario_name).round_trips.push_back(round_trip);
}

const std::vector<double>* Results::find(std::string_view scenario_name,
                                         std::string_view contender_name,
                                         std::string_view metric) const noexcept {
  for (const Heats& heats : scenarios_) {
    if (heats.scenario != scenario_name) continue;
    for (const Measured& measured : heats.contenders) {
      if (measured.contender != contender_name) continue;
      for (const auto& [name, values] : measured.values) {
        if (name == metric) return &values;
      }
    }
  }
  return nullptr;
}

bool Results::has_failure() const noexcept {
  return std::any_of(scenarios_.begin(), scenarios_.end(), [](const Heats& heats) {
    return std::any_of(heats.contenders.begin(), heats.contenders.end(),
                       [](const Measured& measured) { return !measured.failures.empty(); });
  });
}

Heats& Results::scenario(std::string_view name) {
  const auto found = std::find_if(scenarios_.begin(), scenarios_.end(),
                                  [&](const Heats& heats) { return heats.scenario == name; });
  if (found != scenarios_.end()) return *found;
  return scenarios_.emplace_back(Heats{.scenario = std::string(name)});
}

Measured& Results::contender(std::string_view scenario_name, std::string_view name) {
  auto& known = scenario(scenario_name).contenders;
  const auto found = std::find_if(known.begin(), known.end(),
                                  [&](const Measured& m) { return m.contender == name; });
  if (found != known.end()) return *found;
  return known.emplace_back(Measured{.contender = std::string(name)});
}

}  // namespace strandbus::bench
