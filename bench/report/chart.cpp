#include "report/chart.hpp"

#include <algorithm>
#include <string_view>

namespace strandbus::bench {

namespace {

struct Shown {
  std::string_view scenario;
  std::string_view title;
};

constexpr Shown shown[] = {
    {"P1.pinned", "1 reader on another thread"},
    {"P2", "4 readers"},
    {"P3", "64 coroutines"},
    {"P4", "1000 coroutines"},
    {"P5.burst.4", "4 readers on the publisher's thread"},
    {"P6.4", "4 callbacks"},
};

struct Renamed {
  std::string_view prefix;
  std::string_view label;
};

/// Contenders that begin alike are variants of one.
constexpr Renamed families[] = {
    {"strandbus next", "strandbus, one by one"},
    {"strandbus batch", "strandbus, in batches"},
    {"tokio", "tokio broadcast"},
    {"Disruptor", "LMAX Disruptor"},
    {"vector", "std::function, mutex"},
    {"ZeroMQ", "ZeroMQ"},
};

std::string label_of(std::string_view contender) {
  for (const Renamed& family : families) {
    if (contender.starts_with(family.prefix)) return std::string(family.label);
  }
  return std::string(contender);
}

Panel make_panel(const Section& section, std::string_view title) {
  Panel panel{.title = std::string(title), .bars = {}};
  for (const Row& row : section.rows) {
    if (row.metric != "events_per_second") continue;
    const Bar bar{.label = label_of(row.contender),
                  .value = row.summary.median * double(section.readers),
                  .is_ours = row.is_ours};
    const auto known = std::find_if(panel.bars.begin(), panel.bars.end(),
                                    [&](const Bar& other) { return other.label == bar.label; });
    if (known == panel.bars.end()) {
      panel.bars.push_back(bar);
    } else if (known->value < bar.value) {
      *known = bar;
    }
  }
  std::stable_sort(panel.bars.begin(), panel.bars.end(), [](const Bar& a, const Bar& b) {
    return a.is_ours != b.is_ours ? a.is_ours : a.value > b.value;
  });
  return panel;
}

}  // namespace

std::vector<Panel> chart_panels(const Report& report) {
  std::vector<Panel> panels;
  for (const Shown& wanted : shown) {
    for (const Section& section : report.sections) {
      if (section.scenario != wanted.scenario) continue;
      Panel panel = make_panel(section, wanted.title);
      if (!panel.bars.empty()) panels.push_back(std::move(panel));
    }
  }
  return panels;
}

}  // namespace strandbus::bench
