#include "event/sample.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace strandbus::testing {
namespace {

/// Fills described structs member by member.
struct Filler {
  ValueSource& values;

  void fill(std::string_view name, std::string& out) { out = values.text(name); }
  void fill(std::string_view, std::int64_t& out) { out = values.integer(); }
  void fill(std::string_view, double& out) { out = values.number(); }
  void fill(std::string_view, bool& out) { out = values.flag(); }
  void fill(std::string_view, NanoUsd& out) { out.value = values.integer(); }
  void fill(std::string_view, json::value& out) { out = values.json_value(); }

  template <detail::DescribedEnum E>
  void fill(std::string_view, E& out) {
    out = static_cast<E>(values.choice(detail::enum_names<E>.size()));
  }

  template <class T>
  void fill(std::string_view name, std::optional<T>& out) {
    if (values.present()) fill(name, out.emplace());
  }

  template <class T>
  void fill(std::string_view name, std::vector<T>& out) {
    out.resize(values.count());
    for (T& element : out) fill(name, element);
  }

  template <detail::Described T>
  void fill(std::string_view, T& out) {
    using Members = boost::describe::describe_members<T, boost::describe::mod_public>;
    boost::mp11::mp_for_each<Members>(
        [&](auto member) { fill(detail::wire_name_of(member.name), out.*member.pointer); });
  }
};

template <class F>
StreamEvent make_payload(EventType type, F&& fill) {
  StreamEvent event;
  const auto index = static_cast<std::size_t>(type);
  boost::mp11::mp_with_index<event_type_count>(index, [&](auto i) {
    boost::mp11::mp_at_c<PayloadTypes, i> payload{};
    fill(payload);
    event.set_payload(std::move(payload));
  });
  return event;
}

}  // namespace

json::value NamedValues::json_value() {
  return json::object{{"key", json::array{1, 2.5, nullptr, "text"}}};
}

std::string RandomValues::text(std::string_view) {
  static constexpr std::string_view pieces[] = {"a",
                                                "hello ",
                                                "\"",
                                                "\\",
                                                "/",
                                                "\n",
                                                "\r",
                                                "\t",
                                                "\x01",
                                                "\x7F",
                                                std::string_view("\0", 1),
                                                "é",
                                                "\u2028",
                                                "€",
                                                "\uFFFF",
                                                "😀",
                                                "\U0010FFFF",
                                                "data: ",
                                                "{}",
                                                "0123456789"};
  std::string out;
  for (std::size_t left = choice(8); left > 0; --left) out += pieces[choice(std::size(pieces))];
  return out;
}

std::int64_t RandomValues::integer() {
  switch (choice(4)) {
    case 0: return static_cast<std::int64_t>(choice(100));
    case 1: return std::numeric_limits<std::int64_t>::min();
    case 2: return std::numeric_limits<std::int64_t>::max();
    default: return static_cast<std::int64_t>(bits());
  }
}

double RandomValues::number() {
  if (choice(4) == 0) return static_cast<double>(choice(1000)) / 8;
  double value = 0;
  do value = std::bit_cast<double>(bits());
  while (!std::isfinite(value));
  return value;
}

json::value RandomValues::json_value(int depth) {
  switch (choice(depth > 0 ? 8 : 6)) {
    case 0: return nullptr;
    case 1: return flag();
    case 2: return integer();
    case 3: return bits() | (std::uint64_t{1} << 63U);
    case 4: return number();
    case 5: return json::string(text());
    case 6: {
      json::array array;
      for (std::size_t left = count(); left > 0; --left) array.push_back(json_value(depth - 1));
      return array;
    }
    default: {
      json::object object;
      for (std::size_t left = count(); left > 0; --left) object[text()] = json_value(depth - 1);
      return object;
    }
  }
}

StreamEvent make_sample(EventType type, ValueSource& values) {
  return make_payload(type, [&](auto& payload) { Filler{values}.fill("", payload); });
}

StreamEvent make_default(EventType type) {
  return make_payload(type, [](auto&) {});
}

bool same_payload(const StreamEvent& a, const StreamEvent& b) {
  if (a.type() != b.type()) return false;
  return a.visit([&](const auto& payload) {
    return payload == *b.get_if<std::remove_cvref_t<decltype(payload)>>();
  });
}

StreamEvent with_full_envelope(StreamEvent event, RandomValues& values) {
  RunContext context{.session_id = "s" + values.text(),
                     .run_id = "r" + values.text(),
                     .parent_run_id = values.text(),
                     .workflow_id = values.text(),
                     .parent_workflow_id = values.text(),
                     .agent = "coder",
                     .depth = static_cast<std::int32_t>(values.choice(5)),
                     .model_id = values.text(),
                     .attributes = {{"user", values.json_value()}}};
  const Timestamp ts{std::chrono::nanoseconds{values.integer()}};
  event.set_stamp(values.bits(), EventId{values.bits(), values.bits()}, ts);
  event.set_turn(static_cast<std::int32_t>(values.choice(100)));
  event.set_span(values.bits(), values.flag() ? values.bits() : 0);
  event.set_context(std::make_shared<const RunContext>(std::move(context)));
  return event;
}

std::vector<EventType> all_event_types() {
  std::vector<EventType> types;
  for (std::size_t i = 0; i < event_type_count; ++i) types.push_back(static_cast<EventType>(i));
  return types;
}

std::uint64_t test_seed() {
  const char* given = std::getenv("STRANDBUS_TEST_SEED");
  return given ? std::strtoull(given, nullptr, 10) : 20261120;
}

}  // namespace strandbus::testing
