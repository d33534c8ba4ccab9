#pragma once

#include "otel/genai_metrics.hpp"
#include "otel/span.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What is sent, in the JSON mapping of OTLP: identifiers in hexadecimal, 64-bit integers as texts,
// enumerations as numbers. Source: OpenTelemetry Protocol 1.x, "JSON Protobuf Encoding"

namespace strandbus::detail {

/// The resource as JSON, with what it says of ourselves.
std::string otlp_resource(const std::vector<std::pair<std::string, std::string>>& attributes);

/// Appends one span as a JSON object.
void append_otlp(std::string& out, const Span& span);

/// Appends an ExportTraceServiceRequest. `spans`: JSON objects, comma separated.
void append_trace_request(std::string& out, std::string_view resource, std::string_view spans);

/// Appends an ExportMetricsServiceRequest with all values since the first one.
void append_metrics_request(std::string& out, std::string_view resource,
                            const GenAiMetrics& metrics);

}  // namespace strandbus::detail
