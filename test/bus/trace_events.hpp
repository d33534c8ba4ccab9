#pragma once

#include "strandbus/bus/publisher.hpp"
#include "strandbus/bus/trace_checker.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

// Events to check, and ways to spoil them.

namespace strandbus::test {

using Trace = std::vector<StreamEvent>;

/// Gives the events the seqs, ids and times that a bus would: what was done to them shows only in
/// what they say.
inline Trace restamped(Trace events) {
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Timestamp time(std::chrono::seconds(1'700'000'000) + std::chrono::milliseconds(i));
    events[i].set_stamp(i + 1, EventId{0x0190'0000'0000'7000, 0x8000'0000'0000'0000 + i + 1}, time);
  }
  return events;
}

/// The place of the nth event with this payload, from 0; fails loudly if there is none.
template <PayloadType T>
std::size_t place_of(const Trace& events, std::size_t nth = 0) {
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (events[i].is<T>() && nth-- == 0) return i;
  }
  throw std::out_of_range("the trace has no such event");
}

/// Changes the payload of the nth event of its type.
template <PayloadType T, class Change>
Trace with(Trace events, std::size_t nth, const Change& change) {
  StreamEvent& event = events[place_of<T>(events, nth)];
  T payload = *event.get_if<T>();
  change(payload);
  event.set_payload(std::move(payload));
  return events;
}

inline Trace without(Trace events, std::size_t place) {
  events.erase(events.begin() + static_cast<std::ptrdiff_t>(place));
  return restamped(std::move(events));
}

/// Puts an event that is there a second time, before the one at `before`.
inline Trace repeated(Trace events, std::size_t place, std::size_t before) {
  const StreamEvent copy = events[place];
  events.insert(events.begin() + static_cast<std::ptrdiff_t>(before), copy);
  return restamped(std::move(events));
}

/// Moves an event before the one that is at `before` now.
inline Trace moved(Trace events, std::size_t place, std::size_t before) {
  const StreamEvent event = events[place];
  events.insert(events.begin() + static_cast<std::ptrdiff_t>(before), event);
  events.erase(events.begin() + static_cast<std::ptrdiff_t>(place + (before <= place ? 1 : 0)));
  return restamped(std::move(events));
}

/// A session that has everything: a workflow with a step, a run with a retry, two tool calls at
/// once, an approval, a sub-agent and a background task. 70 events without a fault.
Trace full_trace();

}  // namespace strandbus::test
