#include "event/json_text.hpp"

#include "event/plain_text.hpp"
#include "event/utf8.hpp"
#include "strandbus/event/json_codec.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include <array>
#include <charconv>
#include <cmath>

namespace strandbus {
namespace detail {
namespace {

template <class Number>
void append_chars(std::string& out, Number value) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  out.append(text.data(), end);
}

}  // namespace

void append_integer(std::string& out, std::int64_t value) { append_chars(out, value); }
void append_integer(std::string& out, std::uint64_t value) { append_chars(out, value); }

void append_double(std::string& out, double value) {
  if (std::isfinite(value)) {
    append_chars(out, value);
  } else {
    out += "null";
  }
}

namespace {

/// A double that looks like an integer would be read back as one: "1" becomes "1.0".
void append_json_double(std::string& out, double value) {
  const std::size_t begin = out.size();
  append_double(out, value);
  if (std::isfinite(value) && out.find_first_of(".e", begin) == std::string::npos) out += ".0";
}

void append_escape(std::string& out, char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    default: break;
  }
  const auto byte = static_cast<unsigned char>(c);
  out += "\\u00";
  out += digits[byte >> 4U];
  out += digits[byte & 0xFU];
}

}  // namespace
}  // namespace detail

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (;;) {
    const std::size_t plain = detail::plain_size(text);
    out.append(text, 0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    if (static_cast<unsigned char>(text[0]) < 0x80) {
      detail::append_escape(out, text[0]);
      text.remove_prefix(1);
    } else {
      out += detail::replacement_character;
      text.remove_prefix(detail::utf8_step(text).size);
    }
  }
  out += '"';
}

namespace {

void append_array(std::string& out, const json::array& array) {
  char separator = '[';
  for (const json::value& element : array) {
    out += separator;
    append_json(out, element);
    separator = ',';
  }
  out += array.empty() ? "[]" : "]";
}

}  // namespace

void detail::append_object(std::string& out, const json::object& object) {
  char separator = '{';
  for (const auto& member : object) {
    out += separator;
    append_json_string(out, member.key());
    out += ':';
    append_json(out, member.value());
    separator = ',';
  }
  out += object.empty() ? "{}" : "}";
}

void append_json(std::string& out, const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: out += "null"; return;
    case json::kind::bool_: out += value.get_bool() ? "true" : "false"; return;
    case json::kind::int64: detail::append_integer(out, std::int64_t{value.get_int64()}); return;
    case json::kind::uint64: detail::append_integer(out, std::uint64_t{value.get_uint64()}); return;
    case json::kind::double_: detail::append_json_double(out, value.get_double()); return;
    case json::kind::string: append_json_string(out, value.get_string()); return;
    case json::kind::array: append_array(out, value.get_array()); return;
    case json::kind::object: detail::append_object(out, value.get_object()); return;
  }
}

}  // namespace strandbus
