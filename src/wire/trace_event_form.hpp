#pragma once

#include "strandbus/event/json_codec.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string_view>

namespace strandbus::detail {

/// How an event type is said as a TraceEvent.
struct TraceEventForm {
  std::string_view kind;
  std::string_view key;    ///< the member of the payload that tells apart what has one kind …
  std::string_view value;  ///< … and its value; empty = the kind alone tells
};

/// The form of an event, or nothing if the Tracer has no counterpart.
std::optional<TraceEventForm> trace_event_form(const StreamEvent& event);

/// text, reasoning or structured, of a piece of an answer; otherwise empty.
std::string_view trace_event_chunk_kind(EventType type) noexcept;

/// What `payload` holds.
json::object trace_event_payload(const StreamEvent& event, const TraceEventForm& form);

/// What a line says, read from its members.
struct TraceEventLine {
  std::string_view kind;
  std::string_view chunk_kind;
  std::string_view delta;
  std::string_view message_id;
  json::object payload;
};

/// The event that a line says, without its envelope; nothing if it says nothing that we know.
///
/// Errors: as event_of.
std::optional<DecodeResult> event_of_trace_event(const TraceEventLine& line);

}  // namespace strandbus::detail
