#include "event/json_parser.hpp"
#include "event/json_reader.hpp"
#include "event/json_scan.hpp"
#include "strandbus/event/json_codec.hpp"

#include <boost/json/object.hpp>
#include <boost/throw_exception.hpp>

#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace strandbus {
namespace detail {
namespace {

constexpr std::int64_t schema_version = 1;

/// The envelope's members; the first six are required. `_type` belongs to session files.
BOOST_DEFINE_ENUM_CLASS(Field, schema, seq, id, ts, type, data, session_id, run_id, parent_run_id,
                        workflow_id, parent_workflow_id, agent, depth, model_id, turn, span_id,
                        parent_span_id, attributes, _type)
constexpr const auto& field_names = enum_names<Field>;
constexpr std::size_t required_fields = 6;

/// Reads one event; `last` is the context of the one before.
class EventDecoder {
 public:
  EventDecoder(std::string_view text, const RootMembers& root,
               std::shared_ptr<const RunContext>& last)
      : text_(text), root_(root), last_(last) {}

  DecodeResult decode() {
    if (collect_fields() && read_schema() && check_required() && read_stamp() && read_context() &&
        read_position() && read_payload()) {
      return std::move(event_);
    }
    return reader_.take_error();
  }

 private:
  std::string_view field(Field name) const { return fields_[static_cast<std::size_t>(name)]; }
  bool has(Field name) const { return !field(name).empty(); }

  bool collect_fields() {
    if (kind_of(text_) != JsonKind::object) return reader_.fail_type("an object", text_);
    for (const RawMember& member : root_.all()) collect(member);
    if (!root_.all().empty()) return true;
    MemberScanner scanner(inside(text_));
    while (scanner.next()) collect({scanner.key(), scanner.value(), scanner.member()});
    return true;
  }

  void collect(const RawMember& member) {
    const std::size_t index = find_in_turn(field_names, next_field_, member.key);
    if (index < field_names.size()) {
      fields_[index] = member.value;
      next_field_ = index + 1;
    } else {
      append_raw_member(extras_.envelope, member.member);
    }
  }

  bool read_schema() {
    const std::string_view text = field(Field::schema);
    if (text.empty()) return missing(Field::schema);
    std::int64_t version = 0;
    if (!reader_.read(text, version)) return at(Field::schema);
    if (version == schema_version) return true;
    reader_.fail("expected schema 1, found " + std::to_string(version));
    return at(Field::schema);
  }

  bool check_required() {
    for (std::size_t index = 0; index < required_fields; ++index) {
      if (fields_[index].empty()) return missing(static_cast<Field>(index));
    }
    return true;
  }

  bool read_stamp() {
    std::uint64_t seq = 0;
    if (!reader_.read(field(Field::seq), seq)) return at(Field::seq);
    std::string_view text;
    if (!reader_.read(field(Field::id), text, unescaped_)) return at(Field::id);
    const auto id = parse_event_id(text);
    if (!id) return mismatch(Field::id, "a UUID of 36 characters");
    if (!reader_.read(field(Field::ts), text, unescaped_)) return at(Field::ts);
    const auto ts = parse_rfc3339(text);
    if (!ts) return mismatch(Field::ts, "an RFC 3339 time between the years 1678 and 2261");
    event_.set_stamp(seq, *id, *ts);
    return true;
  }

  bool read_context() {
    RunContext context;
    const bool ok = optional(Field::session_id, context.session_id) &&
                    optional(Field::run_id, context.run_id) &&
                    optional(Field::parent_run_id, context.parent_run_id) &&
                    optional(Field::workflow_id, context.workflow_id) &&
                    optional(Field::parent_workflow_id, context.parent_workflow_id) &&
                    optional(Field::agent, context.agent) && count(Field::depth, context.depth) &&
                    optional(Field::model_id, context.model_id) &&
                    optional(Field::attributes, context.attributes);
    if (!ok) return false;
    if (!last_ || *last_ != context) last_ = std::make_shared<const RunContext>(std::move(context));
    event_.set_context(last_);
    return true;
  }

  bool read_position() {
    std::int32_t turn = 0;
    SpanId span = 0;
    SpanId parent = 0;
    if (!count(Field::turn, turn) || !read_span(Field::span_id, span) ||
        !read_span(Field::parent_span_id, parent)) {
      return false;
    }
    event_.set_turn(turn).set_span(span, parent);
    return true;
  }

  bool read_span(Field name, SpanId& span) {
    if (!has(name)) return true;
    std::string_view digits;
    if (!reader_.read(field(name), digits, unescaped_)) return at(name);
    const char* end = digits.data() + digits.size();
    const auto parsed = std::from_chars(digits.data(), end, span, 16);
    if (digits.size() == 16 && parsed.ec == std::errc{} && parsed.ptr == end) return true;
    return mismatch(name, "16 hexadecimal digits");
  }

  bool read_payload() {
    std::string_view name;
    if (!reader_.read(field(Field::type), name, unescaped_)) return at(Field::type);
    if (name.empty()) return mismatch(Field::type, "the name of an event type");
    const auto type = event_type_from(name);
    if (!type) return read_unknown(std::string(name));

    using Read = bool (EventDecoder::*)();
    static constexpr auto table = []<class... T>(boost::mp11::mp_list<T...>) {
      return std::array<Read, sizeof...(T)>{&EventDecoder::read_known<T>...};
    }(PayloadTypes{});
    return (this->*table[static_cast<std::size_t>(*type)])();
  }

  template <class T>
  bool read_known() {
    T payload;
    if (!reader_.read(field(Field::data), payload, extras_.payload)) return at(Field::data);
    event_.set_payload(std::move(payload), take_extras());
    return true;
  }

  bool read_unknown(std::string name) {
    Custom custom;
    custom.name = std::move(name);
    custom.data = *make_value(field(Field::data), HugeNumber::approximate);
    append_slice(extras_.data, field(Field::data));
    event_.set_payload(std::move(custom), take_extras());
    return true;
  }

  std::unique_ptr<const WireExtras> take_extras() {
    if (extras_.envelope.empty() && extras_.payload.empty() && extras_.data.empty()) return nullptr;
    return std::make_unique<const WireExtras>(std::move(extras_));
  }

  template <class T>
  bool optional(Field name, T& out) {
    return !has(name) || reader_.read(field(name), out) || at(name);
  }

  bool count(Field name, std::int32_t& out) {
    return !has(name) || reader_.read_count(field(name), out) || at(name);
  }

  bool at(Field name) { return reader_.inside_of(wire_name(name)); }

  bool missing(Field name) {
    reader_.fail("this member is missing");
    return at(name);
  }

  bool mismatch(Field name, std::string_view expected) {
    reader_.fail_value(expected, field(name));
    return at(name);
  }

  std::string_view text_;
  const RootMembers& root_;
  std::shared_ptr<const RunContext>& last_;
  JsonReader reader_;
  std::string unescaped_;
  std::array<std::string_view, enum_names<Field>.size()> fields_;
  std::size_t next_field_ = 0;
  WireExtras extras_;
  StreamEvent event_;
};

std::string_view trim(std::string_view text) noexcept {
  constexpr std::string_view whitespace = " \t\r\n";
  text.remove_prefix(text.find_first_not_of(whitespace));
  return text.substr(0, text.find_last_not_of(whitespace) + 1);
}

}  // namespace
}  // namespace detail

DecodeResult EventReader::read(std::string_view text) {
  detail::RootMembers root;
  if (auto error = detail::check_json(text, limits_, root)) return *std::move(error);
  return detail::EventDecoder(detail::trim(text), root, last_).decode();
}

DecodeResult from_json(std::string_view text, const DecodeLimits& limits) {
  return EventReader(limits).read(text);
}

void throw_exception_from_error(const DecodeError& error, const boost::source_location& where) {
  boost::throw_exception(system_error(error.code, error.message), where);
}

}  // namespace strandbus
