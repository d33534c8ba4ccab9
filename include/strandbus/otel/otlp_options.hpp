#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace strandbus {

/// Whether spans hold what was said: messages, the arguments of tool calls and their results.
enum class OtlpContent : std::uint8_t { off, on };

/// What becomes of events on their way to OpenTelemetry.
struct OtlpTraceOptions {
  /// Who speaks: attributes of the resource, as `service.name`, which is "strandbus" unless it is
  /// among them. Of a key that stands twice the last value counts.
  std::vector<std::pair<std::string, std::string>> resource{};
  OtlpContent content = OtlpContent::off;
  /// Bytes of one attribute with content at most. What is longer loses the ends of its texts, then
  /// its oldest messages; it stays valid JSON.
  std::size_t max_content_bytes = std::size_t{16} * 1024;
  /// Spans that are open at the same time at most; what comes beyond is left out and counted.
  std::size_t max_open = 4096;
};

}  // namespace strandbus
