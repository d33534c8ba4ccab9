#pragma once

#include "event/trace_id.hpp"
#include "strandbus/event/stream_event.hpp"
#include "strandbus/event/timestamp.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace strandbus::detail {

using AttributeValue =
    std::variant<std::string, std::int64_t, double, bool, std::vector<std::string>>;

/// The key is a constant of genai_names.hpp.
struct Attribute {
  std::string_view key{};
  AttributeValue value{};
};
using Attributes = std::vector<Attribute>;

/// A moment within a span.
struct SpanMoment {
  Timestamp time{};
  std::string_view name{};
  Attributes attributes{};
};

/// As OTLP numbers them.
enum class SpanKind : std::uint8_t { internal = 1, client = 3 };
enum class SpanStatus : std::uint8_t { unset = 0, error = 2 };

/// Something that began and has ended.
///
/// Source: OpenTelemetry Protocol 1.x, trace.proto
struct Span {
  TraceId trace{};
  SpanId id{};
  SpanId parent{};       ///< 0 = none
  SpanId linked_span{};  ///< in the same trace: what it belonged to, and outlived; 0 = none
  std::string name{};
  SpanKind kind = SpanKind::internal;
  Timestamp start{};
  Timestamp end{};
  Attributes attributes{};
  std::vector<SpanMoment> moments{};
  std::uint32_t dropped_moments{};
  SpanStatus status{};
  std::string status_message{};
};

}  // namespace strandbus::detail
