#pragma once

#include "report/noise.hpp"
#include "report/results.hpp"
#include "report/statistics.hpp"
#include "report/targets.hpp"

#include <optional>
#include <string>
#include <vector>

namespace strandbus::bench {

/// What is known beside the figures.
struct Circumstances {
  std::string machine;  ///< the processor's name and how many there are
  std::size_t rounds{};
  std::vector<std::string> absent{};  ///< sentences: who could not be measured, and why
};

/// One contender's values of one metric.
struct Row {
  std::string contender;
  std::string metric;
  Summary summary{};
  std::vector<double> values{};
  std::optional<double> to_ours{};  ///< its speed over that of ours; none where that says nothing
  bool is_ours{};
};

/// One scenario of the table.
struct Section {
  std::string scenario;
  std::string title;
  std::size_t readers{};
  Noise noise{};
  std::vector<Row> rows{};
  std::vector<std::string> failures{};
  std::vector<Judgement> judgements{};
};

/// Everything that the table, the chart and the file of figures show.
struct Report {
  Circumstances circumstances;
  Noise noise;
  std::vector<Section> sections{};
};

Report make_report(const Results& results, Circumstances circumstances);

/// How many targets have this verdict.
std::size_t count(const Report& report, Verdict verdict) noexcept;

}  // namespace strandbus::bench
