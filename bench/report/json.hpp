#pragma once

#include "report/report.hpp"

#include <string>

namespace strandbus::bench {

/// The report as JSON, every round's value included, in the units that the metrics name.
std::string render_json(const Report& report);

}  // namespace strandbus::bench
