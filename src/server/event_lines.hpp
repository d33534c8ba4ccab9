#pragma once

#include "server/http_message.hpp"
#include "strandbus/event/stream_event.hpp"

#include <cstddef>
#include <vector>

namespace strandbus::detail {

/// The events of a body, and where they stand.
struct EventLines {
  std::vector<StreamEvent> events{};
  std::vector<std::size_t> lines{};  ///< of each event, from 1
};

/// Events in lines of a body.
constexpr std::size_t max_event_lines = 4096;

/// Reads a body with one event of the native form in each line (application/x-ndjson or
/// application/jsonl). Lines end with LF or CRLF, the last one also without; empty lines and a byte
/// order mark at the beginning do not count.
///
/// Errors: throws BadRequest that names the line, and the member by JSON pointer.
EventLines read_event_lines(const ServerRequest& request);

}  // namespace strandbus::detail
