#pragma once

#include "strandbus/event/stream_event.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace strandbus::testing {

std::vector<std::string> lines_of(std::string_view text);

/// JSON lines; fails the test for a line that is none.
std::vector<json::value> json_lines(std::string_view text);

/// The native events of `--json`; fails the test for a line that is none.
std::vector<StreamEvent> events_of(std::string_view text);

/// The types of events, in order.
std::vector<std::string> types_of(const std::vector<StreamEvent>& events);

/// Which starts have no end, or ends no start; empty if every start has exactly one end.
std::vector<std::string> unbalanced(const std::vector<StreamEvent>& events);

/// Fails the test for every promise that the events of a session file break. A file that cannot be
/// read breaks none.
void expect_good_session(const std::string& path);

/// The same for events.
void expect_good_trace(const std::vector<StreamEvent>& events);

/// A script with one answer to anything: so many words, `delay_ms` apart.
std::string talkative_script(int words, int delay_ms);

/// A script that answers anything with one call of bash.
std::string bash_script(std::string_view command);

}  // namespace strandbus::testing
