#pragma once

#include "strandbus/event/stream_event.hpp"
#include "strandbus/otel/otlp_options.hpp"

#include <memory>
#include <string>

namespace strandbus {

/// Writes events as OpenTelemetry's own lines of JSON, which a collector reads from a file.
///
///   std::string text;
///   OtlpLines lines(options);
///   for (const StreamEvent& event : events) lines.add(text, event);
///   lines.finish(text);
///
/// Each line is an ExportTraceServiceRequest with up to 512 spans; the last one an
/// ExportMetricsServiceRequest, if there were requests to a model. What spans there are, and what
/// they hold, is in docs/observability.md. Events may be missing, repeated or in disorder: the
/// parent of a span is there, and encloses it.
///
/// Threads: distinct objects.
/// Cost:    what is open, and up to 512 spans, are kept; no event is.
/// Source:  OpenTelemetry Protocol 1.x; OpenTelemetry Protocol File Exporter
class OtlpLines {
 public:
  explicit OtlpLines(OtlpTraceOptions options = {});
  OtlpLines(OtlpLines&&) noexcept;
  OtlpLines& operator=(OtlpLines&&) noexcept;
  ~OtlpLines();

  /// Takes an event. Appends lines when there are spans enough for one.
  void add(std::string& out, const StreamEvent& event);
  /// Ends what is open, as unfinished, and appends all that is left. Once, as the last call.
  void finish(std::string& out);

 private:
  class Encoder;
  std::unique_ptr<Encoder> encoder_;
};

}  // namespace strandbus
