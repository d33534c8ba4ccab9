#include "llm/request_parts.hpp"

#include "strandbus/event/json_codec.hpp"

#include <utility>

namespace strandbus::detail {

std::string kept_text(const Message& message, std::string_view name) {
  const json::object* data = message.provider_data.if_object();
  const json::value* value = data ? data->if_contains(name) : nullptr;
  if (!value || !value->is_string()) return {};
  return std::string(value->get_string().data(), value->get_string().size());
}

std::string body_text(json::object body, const ModelRequest& request) {
  for (const auto& member : request.parameters) body[member.key()] = member.value();
  std::string text;
  append_json(text, json::value(std::move(body)));
  return text;
}

}  // namespace strandbus::detail
