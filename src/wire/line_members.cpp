#include "wire/line_members.hpp"

#include "wire/line_fault.hpp"

#include <string>

namespace strandbus::detail {
namespace {

std::string_view kind_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: return "null";
    case json::kind::bool_: return "a boolean";
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_: return "a number";
    case json::kind::string: return "a text";
    case json::kind::array: return "a list";
    case json::kind::object: return "an object";
  }
  return "something else";
}

const json::value nothing;
const json::object no_members;

}  // namespace

const json::value* LineMembers::find(std::string_view key) const {
  const json::value* const value = object_.if_contains(json::string_view(key.data(), key.size()));
  return value && value->is_null() ? nullptr : value;
}

const json::value& LineMembers::value(std::string_view key) const {
  const json::value* const found = find(key);
  return found ? *found : nothing;
}

void LineMembers::fail(std::string_view key, std::string_view expected) const {
  const json::value* const found = find(key);
  fail_line(pointer_ + '/' + std::string(key) + ": expected " + std::string(expected) + ", found " +
            std::string(found ? kind_of(*found) : "nothing"));
}

std::string_view LineMembers::text(std::string_view key) const {
  const json::value* const found = find(key);
  if (!found) return {};
  if (!found->is_string()) fail(key, "a text");
  return std::string_view(found->get_string());
}

std::string_view LineMembers::needed_text(std::string_view key) const {
  if (!has(key)) fail(key, "a text");
  return text(key);
}

std::int64_t LineMembers::integer(std::string_view key) const {
  const json::value* const found = find(key);
  if (!found) return 0;
  if (!found->is_int64()) fail(key, "a whole number of 64 bits");
  return found->get_int64();
}

LineMembers LineMembers::object(std::string_view key) const {
  const json::value* const found = find(key);
  const std::string pointer = pointer_ + '/' + std::string(key);
  if (!found) return LineMembers(no_members, pointer);
  if (!found->is_object()) fail(key, "an object");
  return LineMembers(found->get_object(), pointer);
}

LineMembers LineMembers::needed_object(std::string_view key) const {
  if (!has(key)) fail(key, "an object");
  return object(key);
}

Timestamp LineMembers::needed_time(std::string_view key) const {
  const auto time = parse_rfc3339(needed_text(key));
  if (!time) fail_line(pointer_ + '/' + std::string(key) + ": expected an RFC 3339 time");
  return *time;
}

StreamEvent LineMembers::checked(DecodeResult event) const {
  if (event) return *std::move(event);
  fail_line(pointer_ + ": " + event.error().message);
}

}  // namespace strandbus::detail
