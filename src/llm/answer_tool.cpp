#include "llm/answer_tool.hpp"

#include "llm/server_json.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace strandbus::detail {
namespace {

constexpr std::string_view wrapper = "value";

/// Whether the API takes it as the schema of a tool's arguments: those of an object, without
/// alternatives at the top.
bool describes_object(const json::object& schema) {
  for (const std::string_view alternatives : {"anyOf", "oneOf", "allOf"}) {
    if (schema.contains(alternatives)) return false;
  }
  const json::value* type = schema.if_contains("type");
  return type ? *type == "object" : schema.contains("properties");
}

json::object wrapped_schema(const json::value& schema) {
  json::object out{{"type", "object"},
                   {"properties", json::object{{wrapper, schema}}},
                   {"required", json::array{wrapper}}};
  const json::object* object = schema.if_object();
  if (!object) return out;
  // References to definitions begin at the top of the whole schema.
  for (const std::string_view definitions : {"$defs", "definitions"}) {
    if (const json::value* value = object->if_contains(definitions)) out[definitions] = *value;
  }
  return out;
}

}  // namespace

std::string AnswerTool::unwrapped(const std::string& arguments) const {
  if (!wrapped) return arguments;
  const auto parsed = parse_server_json(arguments);
  const json::object* object = parsed ? parsed->if_object() : nullptr;
  const json::value* value = object ? object->if_contains(wrapper) : nullptr;
  if (!value) return arguments;
  std::string text;
  append_json(text, *value);
  return text;
}

std::optional<AnswerTool> answer_tool(const ModelRequest& request) {
  if (request.response_schema.is_null()) return std::nullopt;
  AnswerTool tool;
  tool.name = "answer";
  while (std::ranges::find(request.tools, tool.name, &ToolSpec::name) != request.tools.end())
    tool.name += '_';
  const json::object* schema = request.response_schema.if_object();
  tool.wrapped = !schema || !describes_object(*schema);
  tool.input = tool.wrapped ? wrapped_schema(request.response_schema) : *schema;
  tool.input["type"] = "object";
  return tool;
}

}  // namespace strandbus::detail
