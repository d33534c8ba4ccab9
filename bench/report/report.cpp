#include "report/report.hpp"

#include "report/scenarios.hpp"

#include <algorithm>

namespace strandbus::bench {

namespace {

bool is_ours(std::string_view contender) noexcept { return contender.starts_with("strandbus"); }

/// The speed of each row over that of the first of ours with the same metric.
void compare_with_ours(std::vector<Row>& rows) {
  for (Row& row : rows) {
    const auto ours = std::find_if(rows.begin(), rows.end(), [&](const Row& other) {
      return other.is_ours && other.metric == row.metric;
    });
    if (ours == rows.end()) continue;
    row.to_ours = speed(row.metric, row.summary.median) / speed(row.metric, ours->summary.median);
  }
}

Section make_section(const Heats& heats, const Results& results) {
  Section section{.scenario = heats.scenario, .title = "", .noise = noise_of(heats.round_trips)};
  if (const Scenario* const known = find_scenario(heats.scenario)) {
    section.title = known->title;
    section.readers = known->readers;
  }
  for (const Measured& measured : heats.contenders) {
    for (const auto& [metric, values] : measured.values) {
      section.rows.push_back({.contender = measured.contender,
                              .metric = metric,
                              .summary = summarize(values),
                              .values = values,
                              .is_ours = is_ours(measured.contender)});
    }
    for (const std::string& why : measured.failures)
      section.failures.push_back(measured.contender + ": " + why);
  }
  compare_with_ours(section.rows);
  for (const Target& target : targets()) {
    if (target.scenario == heats.scenario) section.judgements.push_back(judge(target, results));
  }
  return section;
}

}  // namespace

Report make_report(const Results& results, Circumstances circumstances) {
  Report report{.circumstances = std::move(circumstances), .noise = {}};
  std::vector<RoundTrip> round_trips;
  for (const Heats& heats : results.scenarios()) {
    report.sections.push_back(make_section(heats, results));
    round_trips.insert(round_trips.end(), heats.round_trips.begin(), heats.round_trips.end());
  }
  report.noise = noise_of(round_trips);
  return report;
}

std::size_t count(const Report& report, Verdict verdict) noexcept {
  std::size_t found = 0;
  for (const Section& section : report.sections) {
    for (const Judgement& judgement : section.judgements) found += judgement.verdict == verdict;
  }
  return found;
}

}  // namespace strandbus::bench
