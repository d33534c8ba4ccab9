#include "otel/span_content.hpp"

#include "strandbus/event/json_codec.hpp"

#include <algorithm>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t least_text = 16;

std::string text_of(const json::value& value) {
  std::string text;
  append_json(text, value);
  return text;
}

void cut_texts(json::value& value, std::size_t max_bytes) {
  if (auto* const text = value.if_string()) {
    if (text->size() > max_bytes) *text = cut_text(*text, max_bytes);
  } else if (auto* const list = value.if_array()) {
    for (json::value& element : *list) cut_texts(element, max_bytes);
  } else if (auto* const object = value.if_object()) {
    for (auto& member : *object) cut_texts(member.value(), max_bytes);
  }
}

json::object text_part(std::string_view type, std::string_view text) {
  return {{"type", type}, {"content", text}};
}

void add_calls(json::array& parts, const std::vector<ToolCall>& calls) {
  for (const ToolCall& call : calls)
    parts.push_back(json::object{{"type", "tool_call"},
                                 {"id", call.call_id},
                                 {"name", call.tool_name},
                                 {"arguments", call.arguments}});
}

}  // namespace

std::string content_json(json::value value, std::size_t max_bytes) {
  std::string text = text_of(value);
  for (std::size_t most = max_bytes / 2; text.size() > max_bytes && most >= least_text; most /= 2) {
    cut_texts(value, most);
    text = text_of(value);
  }
  if (auto* const list = value.if_array()) {
    while (text.size() > max_bytes && list->size() > 1) {
      list->erase(list->begin(), list->begin() + static_cast<std::ptrdiff_t>(list->size() / 2));
      text = text_of(value);
    }
  }
  if (text.size() <= max_bytes) return text;
  // As a text; each of its bytes may take six.
  constexpr std::size_t longest_escape = 6;
  constexpr std::size_t frame = 5;
  const std::size_t room = max_bytes > frame ? (max_bytes - frame) / longest_escape : 0;
  return text_of(json::value(cut_text(text, room)));
}

json::value input_messages(const std::vector<Message>& messages) {
  json::array list;
  for (const Message& message : messages) {
    if (message.role == Role::system) continue;
    json::array parts;
    if (message.role == Role::tool) {
      parts.push_back(json::object{{"type", "tool_call_response"},
                                   {"id", message.tool_call_id},
                                   {"response", message.content}});
    } else if (!message.content.empty()) {
      parts.push_back(text_part("text", message.content));
    }
    add_calls(parts, message.tool_calls);
    list.push_back(json::object{{"role", wire_name(message.role)}, {"parts", std::move(parts)}});
  }
  return list;
}

json::value system_instructions(const std::vector<Message>& messages) {
  json::array parts;
  for (const Message& message : messages) {
    if (message.role == Role::system) parts.push_back(text_part("text", message.content));
  }
  return parts.empty() ? json::value() : json::value(std::move(parts));
}

json::value output_messages(std::string_view content, std::string_view reasoning,
                            const std::vector<ToolCall>& calls, std::string_view finish_reason) {
  json::array parts;
  if (!reasoning.empty()) parts.push_back(text_part("reasoning", reasoning));
  if (!content.empty()) parts.push_back(text_part("text", content));
  add_calls(parts, calls);
  json::array list;
  list.push_back(json::object{
      {"role", "assistant"}, {"parts", std::move(parts)}, {"finish_reason", finish_reason}});
  return list;
}

std::string cut_text(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return repair_utf8(text);
  constexpr std::string_view mark = "…";
  if (max_bytes < mark.size()) return {};
  Utf8Assembler assembler;  // what it holds of a sequence that was cut is left out
  return assembler.feed(text.substr(0, max_bytes - mark.size())) + std::string(mark);
}

}  // namespace strandbus::detail
