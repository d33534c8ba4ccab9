#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// Where a trace of somebody else goes on here.
///
/// Source: W3C Trace Context, section 3.2
struct TraceParent {
  std::uint64_t trace_high{};
  std::uint64_t trace_low{};
  std::uint64_t span{};
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

/// Appends 16 hexadecimal digits, lower case.
void append_hex(std::string& out, std::uint64_t value);

}  // namespace strandbus::detail
