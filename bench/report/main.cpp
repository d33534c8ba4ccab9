// Runs every measuring program that lies beside it and reports how ours stands to its peers.

#include "report/chart.hpp"
#include "report/json.hpp"
#include "report/options.hpp"
#include "report/plan.hpp"
#include "report/report.hpp"
#include "report/runner.hpp"
#include "report/svg.hpp"
#include "report/table.hpp"
#include "report/text.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace strandbus::bench {
namespace {

std::string machine_name() {
  std::ifstream file("/proc/cpuinfo");
  std::string name = "an unknown processor";
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("model name")) continue;
    name = line.substr(std::min(line.find(':') + 2, line.size()));
    break;
  }
  return name + ", " + std::to_string(std::thread::hardware_concurrency()) + " cores";
}

void write(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

std::string footnote_of(const Report& report) {
  const Circumstances& around = report.circumstances;
  return "Medians of " + counted_rounds(around.rounds) + " on " + around.machine +
         (report.noise.noisy == 0 ? "." : "; the machine was not quiet.");
}

void write_chart(const std::string& path, const Report& report) {
  const std::vector<Panel> panels = chart_panels(report);
  if (panels.empty()) {
    std::fprintf(stderr, "no chart: none of its scenarios was measured\n");
  } else {
    write(path, render_svg(panels, footnote_of(report)));
  }
}

/// The exit code.
int run(const Options& options) {
  const std::filesystem::path folder =
      std::filesystem::read_symlink("/proc/self/exe").parent_path();
  Offer offer = ask_programs(folder);
  for (const std::string& problem : offer.problems) std::fprintf(stderr, "%s\n", problem.c_str());
  const std::vector<Heat> plan = make_plan(std::move(offer.tasks), options);
  const Results results = run_plan(plan, options.rounds, folder);
  std::vector<std::string> absent = std::move(offer.absent);
  absent.insert(absent.end(), offer.problems.begin(), offer.problems.end());
  const Report report = make_report(
      results, {.machine = machine_name(), .rounds = options.rounds, .absent = std::move(absent)});
  std::fputs(render_table(report).c_str(), stdout);
  if (!options.json.empty()) write(options.json, render_json(report));
  if (!options.svg.empty()) write_chart(options.svg, report);
  return results.has_failure() || !offer.problems.empty() ? 1 : 0;
}

}  // namespace
}  // namespace strandbus::bench

int main(int argc, char** argv) {
  using namespace strandbus::bench;
  Options options;
  try {
    const std::vector<std::string_view> arguments(argv + 1, argv + argc);
    options = parse_options(arguments);
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "strandbus_report: %s\n%s", error.what(), usage().data());
    return 2;
  }
  if (options.help) {
    std::fputs(usage().data(), stdout);
    return 0;
  }
  try {
    return run(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "strandbus_report: %s\n", error.what());
    return 1;
  }
}
