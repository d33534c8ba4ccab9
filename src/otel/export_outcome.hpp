#pragma once

#include "strandbus/otel/otlp_exporter.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// What became of one request.
struct ExportOutcome {
  enum class Kind : std::uint8_t {
    accepted,  ///< but for what was rejected
    again,     ///< it may be repeated
    refused,   ///< it may not
  };
  Kind kind = Kind::accepted;
  std::uint64_t rejected{};
  std::optional<std::chrono::milliseconds> retry_after{};
  std::string error{};  ///< for people; empty if there is nothing to say
};

/// What the answer of a collector means. `body`: as much of it as came.
///
/// Source: OpenTelemetry Protocol 1.x, "OTLP/HTTP Response"
ExportOutcome outcome_of(int status, std::optional<std::chrono::milliseconds> retry_after,
                         std::string_view body);

/// After which delay a request is repeated; nothing: not at all. `failed`: how often it was sent.
/// `elapsed`: since it was sent first. `random`: 0 to 1.
std::optional<std::chrono::milliseconds> repeat_after(const OtlpExporterOptions& options,
                                                      const ExportOutcome& outcome, int failed,
                                                      std::chrono::milliseconds elapsed,
                                                      double random);

/// A text that may come from the collector, for a log: short, of one line, without the values of
/// these headers.
std::string log_text(std::string_view text, const std::vector<OtlpHeader>& headers);

}  // namespace strandbus::detail
