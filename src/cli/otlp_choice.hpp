#pragma once

#include "cli/command_line.hpp"
#include "cli/process_environment.hpp"
#include "strandbus/otel/otlp_exporter.hpp"

#include <optional>
#include <string>
#include <vector>

namespace strandbus::cli {

/// What spans are like: the resource is what OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say.
/// A variable that cannot be read is said and ignored.
OtlpTraceOptions otlp_trace(const OtlpArguments& arguments, const ProcessEnvironment& environment);

/// Where spans are sent to: to the URL of --otlp, else to what the variables of OpenTelemetry name;
/// nothing if nobody wants that.
///
/// Errors: throws UsageError for a URL that cannot be. Any other variable that cannot be read is
///         said and ignored, as OpenTelemetry asks.
/// Source: OpenTelemetry, "Environment Variable Specification", "OTLP Exporter Configuration"
std::optional<OtlpExporterOptions> choose_otlp(const OtlpArguments& arguments,
                                               ProcessEnvironment& environment);

/// The values of these headers that nobody may read.
std::vector<std::string> secrets_of(const std::optional<OtlpExporterOptions>& options);

/// Says what did not reach the collector; nothing if nothing is missing.
void say_losses(const OtlpStats& stats);

}  // namespace strandbus::cli
