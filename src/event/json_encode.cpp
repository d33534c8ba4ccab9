#include "event/fixed_text.hpp"
#include "event/json_scan.hpp"
#include "event/json_text.hpp"
#include "event/members.hpp"
#include "strandbus/event/json_codec.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <cstdint>

namespace strandbus {
namespace detail {
namespace {

/// Whether the raw members contain this key, which they then replace.
bool has_member(std::string_view raw_members, std::string_view key) {
  MemberScanner scanner(raw_members);
  while (scanner.next()) {
    if (scanner.key() == key) return true;
  }
  return false;
}

class Writer {
 public:
  explicit Writer(std::string& out) noexcept : out_(out) {}

  void write(const std::string& value) { append_json_string(out_, value); }
  void write(std::int64_t value) { append_integer(out_, value); }
  void write(bool value) { out_ += value ? "true" : "false"; }
  void write(double value) { append_double(out_, value); }
  void write(const json::value& value) { append_json(out_, value); }

  void write(NanoUsd value) {
    char text[nano_usd_size];
    out_.append(text, write_nano_usd(text, value));
  }

  template <DescribedEnum E>
  void write(E value) {
    out_ += '"';
    out_ += wire_name(value);
    out_ += '"';
  }

  template <class T>
  void write(const std::optional<T>& value) {
    write(*value);
  }

  template <class T>
  void write(const std::vector<T>& list) {
    out_ += '[';
    for (const T& element : list) {
      if (out_.back() != '[') out_ += ',';
      write(element);
    }
    out_ += ']';
  }

  template <Described T>
  void write(const T& object) {
    write(object, std::string_view{});
  }

  /// `raw_members` are appended; a known one among them replaces the member.
  template <Described T>
  void write(const T& object, std::string_view raw_members) {
    out_ += '{';
    std::size_t index = 0;
    boost::mp11::mp_for_each<Members<T>>(
        [&](auto member) { write_member<T>(object, member, index++, raw_members); });
    write_raw_members(raw_members);
    out_ += '}';
  }

 private:
  template <class T, class Member>
  void write_member(const T& object, Member, std::size_t index, std::string_view raw_members) {
    const auto& value = object.*Member::pointer;
    if constexpr (optional_members<T>() > 0 && requires { is_absent(value); }) {
      if (index >= required_members<T> && is_absent(value)) return;
    }
    if (!raw_members.empty() && has_member(raw_members, wire_name_of(Member::name))) return;
    separate();
    out_.append(key_text<Member>.data(), key_text<Member>.size());
    write(value);
  }

  void write_raw_members(std::string_view raw_members) {
    if (raw_members.empty()) return;
    separate();
    out_ += raw_members;
  }

  void separate() {
    if (out_.back() != '{') out_ += ',';
  }

  std::string& out_;
};

void write_payload(std::string& out, const StreamEvent& event) {
  const WireExtras* extras = event.extras();
  if (extras && event.is<Custom>() && !extras->data.empty()) {
    out += extras->data;
    return;
  }
  const std::string_view raw_members = extras ? std::string_view(extras->payload) : "";
  // The event that comes a thousand times as often as the others.
  if (const auto* delta = event.get_if<TokenDelta>()) return Writer(out).write(*delta, raw_members);
  event.visit([&](const auto& payload) { Writer(out).write(payload, raw_members); });
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
  out += '"';
  for (unsigned shift = 64; shift > 0;) {
    shift -= 4;
    out += "0123456789abcdef"[(span >> shift) & 0xFU];
  }
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
