#include "event/json_reader.hpp"

#include "event/json_parser.hpp"
#include "event/json_scan.hpp"
#include "event/utf8.hpp"

#include <charconv>
#include <utility>

namespace strandbus::detail {
namespace {

std::string_view describe_kind(std::string_view text) noexcept {
  switch (kind_of(text)) {
    case JsonKind::null: return "null";
    case JsonKind::boolean: return "a boolean";
    case JsonKind::number: return "a number";
    case JsonKind::string: return "a string";
    case JsonKind::array: return "an array";
    case JsonKind::object: return "an object";
  }
  return "nothing";
}

/// A value for a message: short, and cut between two characters.
std::string excerpt(std::string_view text) {
  constexpr std::size_t limit = 40;
  std::size_t size = 0;
  while (size < text.size() && size < limit) size += utf8_step(text.substr(size)).size;
  return std::string(text.substr(0, size)) + (size < text.size() ? "…" : "");
}

/// A reference token of a JSON pointer (RFC 6901).
std::string pointer_token(std::string_view key) {
  std::string token = "/";
  for (const char c : key) {
    if (c == '~') {
      token += "~0";
    } else if (c == '/') {
      token += "~1";
    } else {
      token += c;
    }
  }
  return token;
}

bool is_integer(std::string_view number) noexcept {
  return number.find_first_of(".eE") == std::string_view::npos;
}

}  // namespace

void append_raw_member(std::string& raw_members, std::string_view member) {
  if (!raw_members.empty()) raw_members += ',';
  append_slice(raw_members, member);
}

bool JsonReader::fail(std::string message) {
  message_ = std::move(message);
  return false;
}

bool JsonReader::fail_type(std::string_view expected, std::string_view text) {
  return fail("expected " + std::string(expected) + ", found " + std::string(describe_kind(text)));
}

bool JsonReader::fail_value(std::string_view expected, std::string_view text) {
  return fail("expected " + std::string(expected) + ", found " + excerpt(text));
}

bool JsonReader::inside_of(std::string_view key) {
  pointer_.insert(0, pointer_token(key));
  return false;
}

DecodeError JsonReader::take_error(std::string_view what) {
  std::string message = "invalid ";
  message += what;
  if (!pointer_.empty()) {
    // A key may hold line breaks, the message is one line: escape as JSON does.
    std::string literal;
    append_json_string(literal, pointer_);
    message += " at " + literal.substr(1, literal.size() - 2);
  }
  message += ": " + message_;
  return {Errc::invalid_event, std::move(pointer_), 0, std::move(message)};
}

bool JsonReader::read(std::string_view text, std::string& out) {
  if (kind_of(text) != JsonKind::string) return fail_type("a string", text);
  const std::string_view value = unescape(text, out);
  if (value.data() != out.data()) out = value;
  return true;
}

bool JsonReader::read(std::string_view text, std::string_view& out, std::string& unescaped) {
  if (kind_of(text) != JsonKind::string) return fail_type("a string", text);
  out = unescape(text, unescaped);
  return true;
}

template <class Integer>
bool JsonReader::read_integer(std::string_view text, Integer& out) {
  if (kind_of(text) != JsonKind::number) return fail_type("an integer", text);
  if (!is_integer(text)) return fail_value("an integer", text);
  if (text == "-0") text = "0";
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  if (parsed.ec == std::errc{}) return true;
  using Limits = std::numeric_limits<Integer>;
  return fail_value(
      "an integer from " + std::to_string(Limits::min()) + " to " + std::to_string(Limits::max()),
      text);
}

bool JsonReader::read(std::string_view text, std::int64_t& out) { return read_integer(text, out); }
bool JsonReader::read(std::string_view text, std::uint64_t& out) { return read_integer(text, out); }

bool JsonReader::read_count(std::string_view text, std::int32_t& out) {
  if (!read_integer(text, out)) return false;
  return out >= 0 || fail_value("an integer that is not negative", text);
}

bool JsonReader::read(std::string_view text, bool& out) {
  if (kind_of(text) != JsonKind::boolean) return fail_type("a boolean", text);
  out = text == "true";
  return true;
}

bool JsonReader::read(std::string_view text, double& out) {
  if (kind_of(text) == JsonKind::null) {
    out = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  if (kind_of(text) != JsonKind::number) return fail_type("a number", text);
  const auto value = double_from(text);
  if (!value) return fail_value("a number in the range of double", text);
  out = *value;
  return true;
}

bool JsonReader::read(std::string_view text, NanoUsd& out) {
  if (kind_of(text) != JsonKind::number) return fail_type("a number", text);
  const auto value = nano_usd_from(text);
  if (!value) return fail_value("an amount within ±9223372036.854775807", text);
  out = *value;
  return true;
}

bool JsonReader::read(std::string_view text, json::value& out) {
  auto value = make_value(text);
  if (!value) return fail("expected numbers in the range of double, found one beyond it");
  out = *std::move(value);
  return true;
}

bool JsonReader::read(std::string_view text, json::object& out) {
  if (kind_of(text) != JsonKind::object) return fail_type("an object", text);
  json::value value;
  if (!read(text, value)) return false;
  out = std::move(value.get_object());
  return true;
}

bool JsonReader::read_name(std::string_view text, std::span<const std::string_view> names,
                           std::size_t& index) {
  std::string unescaped;
  std::string_view name;
  if (!read(text, name, unescaped)) return false;
  for (index = 0; index < names.size(); ++index) {
    if (names[index] == name) return true;
  }
  std::string expected = "one of";
  for (const std::string_view known : names) expected.append(" ").append(known);
  return fail_value(expected, text);
}

bool JsonReader::read_elements(std::string_view text, void* list, ReadElement read_element) {
  if (kind_of(text) != JsonKind::array) return fail_type("an array", text);
  ElementScanner scanner(inside(text));
  for (std::size_t index = 0; scanner.next(); ++index) {
    if (!read_element(*this, scanner.value(), list)) return inside_of(std::to_string(index));
  }
  return true;
}

bool JsonReader::read_object(std::string_view text, void* object,
                             std::span<const MemberReader> members, std::size_t required,
                             std::string* raw_members) {
  if (kind_of(text) != JsonKind::object) return fail_type("an object", text);
  std::uint64_t seen = 0;
  MemberScanner scanner(inside(text));
  std::size_t next = 0;
  while (scanner.next()) {
    const std::size_t index = find_in_turn(members, next, scanner.key(), &MemberReader::name);
    const std::size_t unknown_before = unknown_members_;
    if (index < members.size()) {
      seen |= std::uint64_t{1} << index;
      next = index + 1;
      if (!members[index].read(*this, scanner.value(), object)) return inside_of(scanner.key());
    } else {
      ++unknown_members_;
    }
    // A known member that has something unknown inside is kept as a whole.
    if (unknown_members_ != unknown_before && raw_members) {
      append_raw_member(*raw_members, scanner.member());
    }
  }
  for (std::size_t index = 0; index < required; ++index) {
    if ((seen >> index & 1U) != 0) continue;
    fail("this member is missing");
    return inside_of(members[index].name);
  }
  return true;
}

}  // namespace strandbus::detail
