#pragma once

#include "strandbus/event/json_codec.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// Appends the members of one JSON object, in the order of the calls. Keys are literals of ours.
class JsonMembers {
 public:
  explicit JsonMembers(std::string& out) : out_(out) {}

  JsonMembers& text(std::string_view key, std::string_view value) {
    append_json_string(begin(key), value);
    return *this;
  }
  /// As text, but an empty value leaves the member out.
  JsonMembers& text_if(std::string_view key, std::string_view value) {
    return value.empty() ? *this : text(key, value);
  }
  JsonMembers& number(std::string_view key, std::int64_t value) {
    return raw(key, std::to_string(value));
  }
  JsonMembers& boolean(std::string_view key, bool value) {
    return raw(key, value ? "true" : "false");
  }
  JsonMembers& value(std::string_view key, const json::value& value) {
    append_json(begin(key), value);
    return *this;
  }
  JsonMembers& texts(std::string_view key, const std::vector<std::string>& values) {
    std::string& out = begin(key);
    out += '[';
    for (const std::string& item : values) {
      if (out.back() != '[') out += ',';
      append_json_string(out, item);
    }
    out += ']';
    return *this;
  }
  JsonMembers& texts_if(std::string_view key, const std::vector<std::string>& values) {
    return values.empty() ? *this : texts(key, values);
  }
  /// `json` is the value as it shall stand in the text.
  JsonMembers& raw(std::string_view key, std::string_view json) {
    begin(key) += json;
    return *this;
  }
  /// Members that are JSON already, comma separated; none if it is empty.
  JsonMembers& members(std::string_view json) {
    if (json.empty()) return *this;
    if (!first_) out_ += ',';
    first_ = false;
    out_ += json;
    return *this;
  }
  /// A nested object whose members `fill` appends.
  template <class F>
  JsonMembers& object(std::string_view key, F&& fill);

 private:
  std::string& begin(std::string_view key) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += key;
    out_ += "\":";
    return out_;
  }

  std::string& out_;
  bool first_ = true;
};

/// Appends an object whose members `fill(JsonMembers&)` appends.
template <class F>
void append_json_object(std::string& out, F&& fill) {
  out += '{';
  JsonMembers members(out);
  fill(members);
  out += '}';
}

template <class F>
JsonMembers& JsonMembers::object(std::string_view key, F&& fill) {
  append_json_object(begin(key), fill);
  return *this;
}

}  // namespace strandbus::detail
