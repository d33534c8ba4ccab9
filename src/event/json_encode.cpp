#include "event/fixed_text.hpp"
#include "event/json_text.hpp"
#include "event/json_writer.hpp"
#include "strandbus/event/json_codec.hpp"

#include <boost/json/object.hpp>

#include <cstdint>

namespace strandbus {
namespace detail {
namespace {

void write_payload(std::string& out, const StreamEvent& event) {
  const WireExtras* extras = event.extras();
  if (extras && event.is<Custom>() && !extras->data.empty()) {
    out += extras->data;
    return;
  }
  const std::string_view raw_members = extras ? std::string_view(extras->payload) : "";
  // The event that comes a thousand times as often as the others.
  if (const auto* delta = event.get_if<TokenDelta>())
    return JsonWriter(out).write(*delta, raw_members);
  event.visit([&](const auto& payload) { JsonWriter(out).write(payload, raw_members); });
}

/// Appends `,"key":"text"` unless the text is empty.
void write_text(std::string& out, std::string_view key, std::string_view text) {
  if (text.empty()) return;
  out += key;
  append_json_string(out, text);
}

void write_number(std::string& out, std::string_view key, std::int64_t value) {
  if (value <= 0) return;
  out += key;
  append_integer(out, value);
}

void write_span(std::string& out, std::string_view key, SpanId span) {
  if (span == 0) return;
  out += key;
  char digits[16];
  for (std::size_t i = sizeof digits; i > 0; span >>= 4U)
    digits[--i] = "0123456789abcdef"[span & 0xFU];
  out += '"';
  out.append(digits, sizeof digits);
  out += '"';
}

void write_stamp(std::string& out, const StreamEvent& event) {
  out += R"({"schema":1,"seq":)";
  append_integer(out, event.seq());
  char text[event_id_size];
  out += R"(,"id":")";
  out.append(text, write_event_id(text, event.id()));
  out += R"(","ts":")";
  out.append(text, write_rfc3339(text, event.ts(), 9));
  out += '"';
}

void write_context(std::string& out, const StreamEvent& event) {
  const RunContext& context = event.context();
  write_text(out, R"(,"session_id":)", context.session_id);
  write_text(out, R"(,"run_id":)", context.run_id);
  write_text(out, R"(,"parent_run_id":)", context.parent_run_id);
  write_text(out, R"(,"workflow_id":)", context.workflow_id);
  write_text(out, R"(,"parent_workflow_id":)", context.parent_workflow_id);
  write_text(out, R"(,"agent":)", context.agent);
  write_number(out, R"(,"depth":)", context.depth);
  write_text(out, R"(,"model_id":)", context.model_id);
  write_number(out, R"(,"turn":)", event.turn());
  write_span(out, R"(,"span_id":)", event.span_id());
  write_span(out, R"(,"parent_span_id":)", event.parent_span_id());
  if (context.attributes.empty()) return;
  out += R"(,"attributes":)";
  append_object(out, context.attributes);
}

static_assert(rfc3339_size <= event_id_size);

}  // namespace
}  // namespace detail

void append_json(std::string& out, const StreamEvent& event) {
  detail::write_stamp(out, event);
  out += R"(,"type":)";
  append_json_string(out, event.wire_type());
  detail::write_context(out, event);
  out += R"(,"data":)";
  detail::write_payload(out, event);
  const WireExtras* extras = event.extras();
  if (extras && !extras->envelope.empty()) {
    out += ',';
    out += extras->envelope;
  }
  out += '}';
}

std::string to_json(const StreamEvent& event) {
  std::string out;
  out.reserve(512);
  append_json(out, event);
  return out;
}

std::string payload_to_json(const StreamEvent& event) {
  std::string out;
  detail::write_payload(out, event);
  return out;
}

}  // namespace strandbus
