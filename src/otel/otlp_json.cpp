#include "otel/otlp_json.hpp"

#include "event/json_text.hpp"
#include "event/trace_parent.hpp"
#include "otel/genai_names.hpp"
#include "strandbus/event/json_codec.hpp"

#include <algorithm>

namespace strandbus::detail {
namespace {

constexpr std::string_view default_service = "strandbus";

void separate(std::string& out) {
  if (out.back() != '[' && out.back() != '{') out += ',';
}

void append_key(std::string& out, std::string_view key) {
  separate(out);
  out.append(1, '"').append(key).append("\":");
}

void append_member(std::string& out, std::string_view key, std::string_view text) {
  append_key(out, key);
  append_json_string(out, text);
}

/// A 64-bit integer is a text in this mapping.
template <class Integer>
void append_text_of(std::string& out, Integer value) {
  out += '"';
  append_integer(out, value);
  out += '"';
}

void append_time(std::string& out, std::string_view key, Timestamp time) {
  append_key(out, key);
  append_text_of(
      out, static_cast<std::uint64_t>(std::max<std::int64_t>(0, time.time_since_epoch().count())));
}

void append_ids(std::string& out, const TraceId& trace, SpanId span) {
  append_key(out, "traceId");
  out += '"';
  append_hex(out, trace.high);
  append_hex(out, trace.low);
  out += '"';
  append_key(out, "spanId");
  out += '"';
  append_hex(out, span);
  out += '"';
}

struct ValueWriter {
  std::string& out;

  void operator()(const std::string& text) const {
    out += R"({"stringValue":)";
    append_json_string(out, text);
    out += '}';
  }
  void operator()(std::int64_t number) const {
    out += R"({"intValue":)";
    append_text_of(out, number);
    out += '}';
  }
  void operator()(double number) const {
    out += R"({"doubleValue":)";
    append_double(out, number);
    out += '}';
  }
  void operator()(bool flag) const {
    out += flag ? R"({"boolValue":true})" : R"({"boolValue":false})";
  }
  void operator()(const std::vector<std::string>& texts) const {
    out += R"({"arrayValue":{"values":[)";
    for (const std::string& text : texts) {
      separate(out);
      (*this)(text);
    }
    out += "]}}";
  }
};

void append_attributes(std::string& out, const Attributes& attributes) {
  if (attributes.empty()) return;
  append_key(out, "attributes");
  out += '[';
  for (const Attribute& attribute : attributes) {
    separate(out);
    out += R"({"key":)";
    append_json_string(out, attribute.key);
    out += R"(,"value":)";
    std::visit(ValueWriter{out}, attribute.value);
    out += '}';
  }
  out += ']';
}

void append_moments(std::string& out, const Span& span) {
  if (!span.moments.empty()) {
    append_key(out, "events");
    out += '[';
    for (const SpanMoment& moment : span.moments) {
      separate(out);
      out += '{';
      append_time(out, "timeUnixNano", moment.time);
      append_member(out, "name", moment.name);
      append_attributes(out, moment.attributes);
      out += '}';
    }
    out += ']';
  }
  if (span.dropped_moments == 0) return;
  append_key(out, "droppedEventsCount");
  append_integer(out, std::uint64_t{span.dropped_moments});
}

void append_status(std::string& out, const Span& span) {
  if (span.status == SpanStatus::unset) return;
  append_key(out, "status");
  out += '{';
  if (!span.status_message.empty()) append_member(out, "message", span.status_message);
  append_key(out, "code");
  append_integer(out, static_cast<std::uint64_t>(span.status));
  out += '}';
}

void append_scope(std::string& out) {
  out += R"("scope":{"name":"strandbus","version":")" STRANDBUS_VERSION R"("})";
}

void append_schema(std::string& out) { append_member(out, "schemaUrl", genai::schema_url); }

void append_points(std::string& out, const GenAiMetrics& metrics, const Metric& metric) {
  for (const auto& [key, series] : metric.series) {
    const auto& [attributes, histogram] = series;
    separate(out);
    out += '{';
    append_time(out, "startTimeUnixNano", metrics.begin());
    append_time(out, "timeUnixNano", metrics.time());
    append_key(out, "count");
    append_text_of(out, histogram.count);
    append_key(out, "sum");
    append_double(out, histogram.sum);
    append_key(out, "bucketCounts");
    out += '[';
    for (const std::uint64_t count : histogram.counts) {
      separate(out);
      append_text_of(out, count);
    }
    out += ']';
    append_key(out, "explicitBounds");
    out += '[';
    for (const double bound : metric.bounds) {
      separate(out);
      append_double(out, bound);
    }
    out += ']';
    append_attributes(out, attributes);
    append_key(out, "min");
    append_double(out, histogram.min);
    append_key(out, "max");
    append_double(out, histogram.max);
    out += '}';
  }
}

void append_metric(std::string& out, const GenAiMetrics& metrics, const Metric& metric) {
  separate(out);
  out += '{';
  append_member(out, "name", metric.name);
  append_member(out, "description", metric.description);
  append_member(out, "unit", metric.unit);
  append_key(out, "histogram");
  out += R"({"dataPoints":[)";
  append_points(out, metrics, metric);
  out += R"(],"aggregationTemporality":2}})";  // cumulative
}

}  // namespace

std::string otlp_resource(const std::vector<std::pair<std::string, std::string>>& attributes) {
  std::map<std::string, std::string> all{{"service.name", std::string(default_service)},
                                         {"telemetry.sdk.language", "cpp"},
                                         {"telemetry.sdk.name", "strandbus"},
                                         {"telemetry.sdk.version", STRANDBUS_VERSION}};
  for (const auto& [key, value] : attributes) all[key] = value;
  std::string out = R"({"attributes":[)";
  for (const auto& [key, value] : all) {
    separate(out);
    out += R"({"key":)";
    append_json_string(out, key);
    out += R"(,"value":)";
    ValueWriter{out}(value);
    out += '}';
  }
  return out += "]}";
}

void append_otlp(std::string& out, const Span& span) {
  out += '{';
  append_ids(out, span.trace, span.id);
  if (span.parent != 0) {
    append_key(out, "parentSpanId");
    out += '"';
    append_hex(out, span.parent);
    out += '"';
  }
  append_member(out, "name", span.name);
  append_key(out, "kind");
  append_integer(out, static_cast<std::uint64_t>(span.kind));
  append_time(out, "startTimeUnixNano", span.start);
  append_time(out, "endTimeUnixNano", span.end);
  append_attributes(out, span.attributes);
  append_moments(out, span);
  if (span.linked_span != 0) {
    append_key(out, "links");
    out += "[{";
    append_ids(out, span.trace, span.linked_span);
    out += "}]";
  }
  append_status(out, span);
  out += '}';
}

void append_trace_request(std::string& out, std::string_view resource, std::string_view spans) {
  out.append(R"({"resourceSpans":[{"resource":)").append(resource).append(R"(,"scopeSpans":[{)");
  append_scope(out);
  out.append(R"(,"spans":[)").append(spans).append(1, ']');
  append_schema(out);
  out += "}]}]}";
}

void append_metrics_request(std::string& out, std::string_view resource,
                            const GenAiMetrics& metrics) {
  out.append(R"({"resourceMetrics":[{"resource":)").append(resource);
  out += R"(,"scopeMetrics":[{)";
  append_scope(out);
  out += R"(,"metrics":[)";
  for (const Metric& metric : metrics.metrics()) {
    if (!metric.series.empty()) append_metric(out, metrics, metric);
  }
  out += ']';
  append_schema(out);
  out += "}]}]}";
}

}  // namespace strandbus::detail
