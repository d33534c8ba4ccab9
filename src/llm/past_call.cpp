#include "llm/past_call.hpp"

#include "strandbus/event/json_codec.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t longest_tool_name = 64;

bool fits_tool_name(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

/// What a text that is a JSON object holds.
std::optional<json::object> object_of(const json::string& text) {
  auto parsed = parse_json(std::string_view(text.data(), text.size()));
  if (!parsed || !parsed->is_object()) return std::nullopt;
  return std::move(parsed->get_object());
}

}  // namespace

std::string past_tool_name(std::string name) {
  for (char& c : name) {
    if (!fits_tool_name(c)) c = '_';
  }
  if (name.size() > longest_tool_name) name.resize(longest_tool_name);
  return name.empty() ? "unknown" : name;
}

json::object past_arguments(const json::value& arguments) {
  if (arguments.is_null()) return {};
  if (const json::object* object = arguments.if_object()) return *object;
  if (const json::string* text = arguments.if_string()) {
    if (text->empty()) return {};
    if (auto object = object_of(*text)) return *std::move(object);
  }
  return {{"invalid_arguments", arguments}};
}

std::string past_arguments_text(const json::value& arguments) {
  const json::string* raw = arguments.if_string();
  if (raw && object_of(*raw)) return std::string(raw->data(), raw->size());
  std::string text;
  append_json(text, json::value(past_arguments(arguments)));
  return text;
}

json::object parameters_of(const ToolSpec& tool) {
  if (!tool.parameters.empty()) return tool.parameters;
  return {{"type", "object"}, {"properties", json::object()}};
}

}  // namespace strandbus::detail
