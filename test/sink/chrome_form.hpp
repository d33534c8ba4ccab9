#pragma once

#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace strandbus::testing {

/// What a text violates of the Trace Event Format and of what ChromeTrace promises, in sentences:
/// one JSON object with "traceEvents"; known phases with the members that each needs; times that
/// are not negative and never decrease; on each thread every E closing the B that was opened last;
/// one b and one e for each id, those of a run within it; nothing open at the end.
std::vector<std::string> faults_of_chrome_trace(std::string_view text);

/// The events of a trace that have this phase and category.
std::vector<boost::json::object> chrome_events(std::string_view text, std::string_view phase,
                                               std::string_view category);

}  // namespace strandbus::testing
