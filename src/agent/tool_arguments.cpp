#include "strandbus/agent/tool_arguments.hpp"

#include "agent/json_compare.hpp"
#include "agent/schema_node.hpp"

namespace strandbus::detail {

void ArgumentReader::fail(std::string message) {
  if (!error_) error_.emplace(pointer_, std::move(message));
}

void ArgumentReader::expect(std::string_view what, const json::value& got) {
  fail("expected " + std::string(what) + ", got " + std::string(kind_of(got)));
}

std::int64_t ArgumentReader::signed_integer(const json::value& value, std::int64_t min,
                                            std::int64_t max) {
  if (!value.is_number() || !JsonNumber(value).is_integer()) {
    expect("an integer", value);
    return 0;
  }
  const JsonNumber number(value);
  if (number < JsonNumber(min) || number > JsonNumber(max)) {
    fail("expected an integer from " + std::to_string(min) + " to " + std::to_string(max));
    return 0;
  }
  return value.is_double() ? static_cast<std::int64_t>(value.get_double())
                           : value.to_number<std::int64_t>();
}

std::uint64_t ArgumentReader::unsigned_integer(const json::value& value, std::uint64_t max) {
  if (!value.is_number() || !JsonNumber(value).is_integer()) {
    expect("an integer", value);
    return 0;
  }
  const JsonNumber number(value);
  if (number < JsonNumber(std::int64_t{0}) || number > JsonNumber(max)) {
    fail("expected an integer from 0 to " + std::to_string(max));
    return 0;
  }
  return value.is_double() ? static_cast<std::uint64_t>(value.get_double())
                           : value.to_number<std::uint64_t>();
}

double ArgumentReader::number(const json::value& value) {
  if (value.is_number()) return value.to_number<double>();
  expect("a number", value);
  return 0;
}

PointerStep::PointerStep(std::string& pointer, std::string_view key)
    : pointer_(pointer), size_(pointer.size()) {
  append_pointer_step(pointer, key);
}

PointerStep::PointerStep(std::string& pointer, std::size_t index)
    : pointer_(pointer), size_(pointer.size()) {
  pointer += '/';
  pointer += std::to_string(index);
}

json::object schema_of_type(std::string_view type) {
  json::object schema;
  schema["type"] = type;
  return schema;
}

json::object schema_of_integer(std::optional<std::int64_t> min, std::optional<std::int64_t> max) {
  json::object schema = schema_of_type("integer");
  if (min) schema["minimum"] = *min;
  if (max) schema["maximum"] = *max;
  return schema;
}

}  // namespace strandbus::detail
