#include "llm/frame_member.hpp"

#include "strandbus/event/json_codec.hpp"

#include <cmath>
#include <limits>

namespace strandbus::detail {
namespace {

namespace json = boost::json;

std::string text_of(const json::value& value) {
  return std::string(value.get_string().data(), value.get_string().size());
}

}  // namespace

void fail_frame(std::string_view name, std::string_view wanted) {
  throw FrameError{"'" + std::string(name) + "' is not " + std::string(wanted)};
}

const json::value* member_in(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value && !value->is_null() ? value : nullptr;
}

const json::object* object_in(const json::object& object, std::string_view name) {
  const json::value* value = member_in(object, name);
  if (value && !value->is_object()) fail_frame(name, "an object");
  return value ? &value->get_object() : nullptr;
}

const json::array* list_in(const json::object& object, std::string_view name) {
  const json::value* value = member_in(object, name);
  if (value && !value->is_array()) fail_frame(name, "a list");
  return value ? &value->get_array() : nullptr;
}

std::string text_in(const json::object& object, std::string_view name) {
  const json::value* value = member_in(object, name);
  if (value && !value->is_string()) fail_frame(name, "a text");
  return value ? text_of(*value) : std::string();
}

std::string any_text_in(const json::object& object, std::string_view name) {
  const json::value* value = member_in(object, name);
  if (!value) return {};
  if (value->is_string()) return text_of(*value);
  std::string text;
  append_json(text, *value);
  return text;
}

std::optional<std::int64_t> number_in(const json::object& object, std::string_view name) {
  const json::value* value = member_in(object, name);
  if (!value || !value->is_int64()) return std::nullopt;
  return value->get_int64();
}

std::optional<std::int64_t> count_in(const json::object& object, std::string_view name) {
  const json::value* value = member_in(object, name);
  if (!value) return std::nullopt;
  if (const std::int64_t* whole = value->if_int64(); whole && *whole >= 0) return *whole;
  const double* real = value->if_double();
  if (real && *real >= 0 && *real < 1e15 && std::trunc(*real) == *real)
    return static_cast<std::int64_t>(*real);
  return std::nullopt;
}

std::optional<std::int64_t> count_in(const json::object& object, std::string_view details,
                                     std::string_view name) {
  const json::value* below = member_in(object, details);
  if (!below || !below->is_object()) return std::nullopt;
  return count_in(below->get_object(), name);
}

std::int64_t sum_of_counts(std::int64_t a, std::int64_t b) noexcept {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  return a > most - b ? most : a + b;
}

}  // namespace strandbus::detail
