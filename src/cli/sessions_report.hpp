#pragma once

#include "strandbus/store/event_store.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace strandbus::cli {

/// "258 B", "12.3 kB", "4.5 MB".
std::string bytes_text(std::uint64_t bytes);

/// A line for each session. `columns` of a terminal: ids are cut to what tells them apart, titles
/// to what fits; absent = all of it.
std::string sessions_table(std::span<const SessionSummary> sessions, std::optional<int> columns);

/// A JSON object for each session, on a line of its own.
std::string sessions_json_lines(std::span<const SessionSummary> sessions);

}  // namespace strandbus::cli
