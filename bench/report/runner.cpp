#include "report/runner.hpp"

#include "report/process.hpp"
#include "report/programs.hpp"

#include <chrono>
#include <cstdio>
#include <exception>
#include <optional>
#include <stdexcept>

namespace strandbus::bench {

namespace {

constexpr std::chrono::seconds limit{60};  // for one measurement; most take half a second

std::string file_in(const std::filesystem::path& folder, std::string_view program) {
  return (folder / program).string();
}

/// How long a word takes to another core and back; nothing where the program is not there.
std::optional<RoundTrip> probe(const std::filesystem::path& folder) {
  const std::string file = file_in(folder, "machine");
  if (!std::filesystem::exists(file)) return std::nullopt;
  const auto figures = figures_in(run_program(file, {"machine", "core-to-core round trip"}, limit));
  return RoundTrip{.median_ns = figures.at(0).second, .worst_ns = figures.at(1).second};
}

void measure(const Task& task, const std::filesystem::path& folder, Results& results) {
  try {
    const std::string output =
        run_program(file_in(folder, task.program), {task.scenario, task.contender}, limit);
    results.add(task.scenario, task.contender, figures_in(output));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s, %s: %s\n", task.scenario.c_str(), task.contender.c_str(),
                 error.what());
    results.add_failure(task.scenario, task.contender, error.what());
  }
}

void run_heat(const Heat& heat, std::size_t round, const std::filesystem::path& folder,
              Results& results) {
  try {
    if (const auto round_trip = probe(folder)) results.add_round_trip(heat.scenario, *round_trip);
  } catch (const std::exception& error) {
    results.add_failure(heat.scenario, "core-to-core round trip", error.what());
  }
  for (const std::size_t i : order_in_round(heat.tasks.size(), round))
    measure(heat.tasks[i], folder, results);
}

}  // namespace

Offer ask_programs(const std::filesystem::path& folder) {
  Offer offer;
  for (const Program& program : programs()) {
    const std::string file = file_in(folder, program.file);
    if (!std::filesystem::exists(file)) {
      offer.absent.push_back(absence_of(program));
      continue;
    }
    try {
      for (auto& [scenario, contender] : tab_separated(run_program(file, {}, limit)))
        offer.tasks.push_back({scenario, contender, std::string(program.file)});
    } catch (const std::exception& error) {
      offer.problems.push_back(std::string(program.measures) + ": " + error.what());
    }
  }
  return offer;
}

Results run_plan(const std::vector<Heat>& plan, std::size_t rounds,
                 const std::filesystem::path& folder) {
  Results results;
  for (const Heat& heat : plan) {
    results.add_scenario(heat.scenario);
    for (const Task& task : heat.tasks) results.add(task.scenario, task.contender, {});
  }
  for (std::size_t round = 0; round < rounds; ++round) {
    for (const Heat& heat : plan) {
      if (heat.tasks.empty()) continue;
      std::fprintf(stderr, "round %zu of %zu: %s\n", round + 1, rounds, heat.scenario.c_str());
      run_heat(heat, round, folder, results);
    }
  }
  return results;
}

}  // namespace strandbus::bench
