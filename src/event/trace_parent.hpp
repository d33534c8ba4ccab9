#pragma once

#include "event/trace_id.hpp"
#include "strandbus/event/run_context.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// Where a trace of somebody else goes on here.
///
/// Source: W3C Trace Context, section 3.2
struct TraceParent {
  TraceId trace{};
  SpanId span{};
  bool sampled{};

  friend bool operator==(const TraceParent&, const TraceParent&) = default;
};

/// The key under which a run keeps it among RunContext::attributes.
inline constexpr std::string_view trace_parent_key = "traceparent";

/// Reads the header `traceparent`; nothing for a value that the standard tells to ignore. Of a
/// version that is not known yet the parts of version 00 are read.
std::optional<TraceParent> parse_trace_parent(std::string_view text) noexcept;

/// The value of the header, of version 00.
std::string to_text(const TraceParent& parent);

/// The trace of what lies below nothing else here. Spans and the headers of requests must agree
/// about it, so both ask this: it is that of the attribute, whose span is the parent, else one of
/// its own, which is sampled and has no parent (0).
TraceParent root_trace(const RunContext& context);

/// Whether the attribute names a trace of somebody else.
std::optional<TraceParent> outer_trace(const RunContext& context);

/// Appends 16 hexadecimal digits, lower case.
void append_hex(std::string& out, std::uint64_t value);

}  // namespace strandbus::detail
