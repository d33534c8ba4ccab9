#include "wire/payload_object.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace strandbus::detail {
namespace {

json::object parsed_payload(const StreamEvent& event) {
  auto payload = parse_json(payload_to_json(event));
  return payload && payload->is_object() ? std::move(payload->get_object()) : json::object();
}

/// The payload that says nothing, of each type.
const json::object& default_payload(EventType type) {
  static const auto defaults = []<class... T>(boost::mp11::mp_list<T...>) {
    return std::array<json::object, sizeof...(T)>{parsed_payload(StreamEvent(T{}))...};
  }(PayloadTypes{});
  return defaults[static_cast<std::size_t>(type)];
}

}  // namespace

json::object with_keys(const json::object& object, std::initializer_list<KeyChange> keys) {
  json::object changed;
  changed.reserve(object.size());
  for (const auto& member : object) {
    const std::string_view key(member.key().data(), member.key().size());
    const auto* const change = std::ranges::find(keys, key, &KeyChange::first);
    const std::string_view name = change == keys.end() ? key : change->second;
    if (!name.empty()) changed.emplace(json::string_view(name.data(), name.size()), member.value());
  }
  return changed;
}

json::object payload_object(const StreamEvent& event, std::initializer_list<KeyChange> keys) {
  json::object payload = parsed_payload(event);
  return keys.size() == 0 ? payload : with_keys(payload, keys);
}

void make_text(json::object& data, std::string_view key) {
  auto* const value = data.if_contains(json::string_view(key.data(), key.size()));
  if (!value || value->is_string()) return;
  std::string text;
  append_json(text, *value);
  *value = text;
}

void drop_unknown_code(json::object& data) {
  const auto* const code = data.if_contains("error_code");
  if (!code) return;
  const auto& names = enum_names<ErrorCode>;
  const bool known = code->is_string() &&
                     std::ranges::find(names, std::string_view(code->get_string())) != names.end();
  if (!known) data = with_keys(data, {{"error_code", ""}});
}

DecodeResult event_of(EventType type, const json::object& members) {
  json::object data = members;
  for (const auto& member : default_payload(type)) data.emplace(member.key(), member.value());
  std::string text = R"({"schema":1,"seq":0,"id":"00000000-0000-0000-0000-000000000000",)"
                     R"("ts":"1970-01-01T00:00:00.000000000Z","type":")";
  text.append(to_string(type)).append(R"(","data":)");
  append_json(text, data);
  text += '}';
  return from_json(text);
}

}  // namespace strandbus::detail
