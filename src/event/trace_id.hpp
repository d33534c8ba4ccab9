#pragma once

#include "strandbus/event/stream_event.hpp"

#include <cstdint>
#include <string_view>

namespace strandbus::detail {

struct TraceId {
  std::uint64_t high{};
  std::uint64_t low{};

  friend bool operator==(const TraceId&, const TraceId&) = default;
};

/// The trace of the run, workflow or session with this id: the UUID that an id of ours ends in, so
/// that one is easily found by the other.
TraceId trace_of(std::string_view id);

/// The span of a start without one of its own: the same for the same words. Never 0.
SpanId span_of(std::string_view words);

}  // namespace strandbus::detail
