#pragma once

#include "strandbus/store/session_stats.hpp"

#include <string>

namespace strandbus::cli {

/// The totals as an aligned table for people.
std::string stats_table(const SessionTotals& totals);

/// The totals as one JSON object, in the words of the events; a line.
std::string stats_json(const SessionTotals& totals);

}  // namespace strandbus::cli
