#pragma once

#include "report/report.hpp"

#include <string>

namespace strandbus::bench {

/// The report as one table for a terminal.
std::string render_table(const Report& report);

}  // namespace strandbus::bench
