#pragma once

#include "report/report.hpp"

#include <string>
#include <vector>

namespace strandbus::bench {

/// One contender in a panel of the chart.
struct Bar {
  std::string label;
  double value{};  ///< deliveries a second
  bool is_ours{};
};

/// One scenario in the chart; its bars are to one scale, which no other panel shares.
struct Panel {
  std::string title;
  std::vector<Bar> bars;  ///< ours first, then the others from fast to slow
};

/// What a newcomer wants to see of the report. Of a peer's variants only the fastest; scenarios
/// that were not measured have no panel.
std::vector<Panel> chart_panels(const Report& report);

}  // namespace strandbus::bench
