#pragma once

#include "strandbus/event/stream_event.hpp"
#include "strandbus/event/timestamp.hpp"

#include <span>
#include <vector>

namespace strandbus {

/// The events that end what a writer that was stopped has left open, the innermost first: workflows
/// and their steps, runs, turns, requests, tool calls. They are what is missing to a sound
/// sequence: publish them before a session goes on. `now` is what durations end with.
///
/// The events have the context, the turn and the spans of the starts, and no stamp. Pure.
std::vector<StreamEvent> ends_of_interrupted(std::span<const StreamEvent> events, Timestamp now);

}  // namespace strandbus
