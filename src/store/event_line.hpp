#pragma once

#include "strandbus/store/event_store.hpp"

#include <optional>
#include <string>
#include <string_view>

// An event as a StoredEvent holds it, and as a line of a session file.

namespace strandbus::detail {

/// Whether a line begins as every event line that we have written.
bool is_event_line(std::string_view line) noexcept;

/// The seq that an event's JSON says; none if it is no JSON of an event.
std::optional<std::uint64_t> seq_of_event(std::string_view json);

/// Whether an event can become a line and come back byte for byte.
bool fits_line(const StoredEvent& event);

/// Appends the event, and the message that it commits to the conversation.
void append_stored_event(std::string& out, const StoredEvent& event);
/// The message line that must follow this event; empty if it commits none.
std::string message_line_after(std::string_view json);

/// What append_stored_event was given; empty if the line is no event line.
std::string json_of_line(std::string_view line);

}  // namespace strandbus::detail
