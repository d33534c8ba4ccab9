#include "agent/call_fingerprint.hpp"

#include "agent/request_digest.hpp"
#include "strandbus/event/json_codec.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

namespace strandbus::detail {
namespace {

void append_canonical(std::string& out, const json::value& value);

/// A double that is a whole number is written as an integer is.
void append_double(std::string& out, double value) {
  constexpr double two_to_63 = 9223372036854775808.0;
  const bool whole = std::trunc(value) == value;
  if (whole && value >= -two_to_63 && value < two_to_63)
    out += std::to_string(static_cast<std::int64_t>(value));
  else if (whole && value > 0 && value < 2 * two_to_63)
    out += std::to_string(static_cast<std::uint64_t>(value));
  else
    append_json(out, value);
}

void append_object(std::string& out, const json::object& object) {
  std::vector<const json::key_value_pair*> members;
  members.reserve(object.size());
  for (const auto& member : object) members.push_back(&member);
  std::ranges::sort(members, {}, [](const json::key_value_pair* member) -> std::string_view {
    return member->key();
  });
  out += '{';
  for (const json::key_value_pair* member : members) {
    append_json_string(out, member->key());
    out += ':';
    append_canonical(out, member->value());
    out += ',';
  }
  out += '}';
}

void append_canonical(std::string& out, const json::value& value) {
  if (const json::object* object = value.if_object()) {
    append_object(out, *object);
  } else if (const json::array* array = value.if_array()) {
    out += '[';
    for (const json::value& element : *array) {
      append_canonical(out, element);
      out += ',';
    }
    out += ']';
  } else if (const double* number = value.if_double()) {
    append_double(out, *number);
  } else {
    append_json(out, value);
  }
}

}  // namespace

std::string call_fingerprint(const ToolCall& call) {
  std::string text;
  append_json_string(text, call.tool_name);
  append_canonical(text, call.arguments);
  Sha256 digest;
  digest.add(text);
  return digest.hexadecimal();
}

}  // namespace strandbus::detail
