#include "llm/chat_request.hpp"

#include "llm/past_call.hpp"
#include "llm/request_parts.hpp"

#include <boost/json/array.hpp>

#include <utility>

namespace strandbus::detail {
namespace {

json::array calls_of(const Message& message) {
  json::array calls;
  for (const ToolCall& call : message.tool_calls) {
    json::object function{{"name", past_tool_name(call.tool_name)},
                          {"arguments", past_arguments_text(call.arguments)}};
    calls.push_back(json::object{
        {"id", call.call_id}, {"type", "function"}, {"function", std::move(function)}});
  }
  return calls;
}

/// Only the server that sent the reasoning knows the field; others refuse what they do not know.
void add_reasoning(json::object& out, const Message& message, const ChatDialect& dialect) {
  const std::string field = kept_text(message, "reasoning_field");
  if (field.empty() || kept_text(message, "origin") != dialect.origin) return;
  out[field] = kept_text(message, "reasoning");
}

json::object assistant_message(const Message& message, const ChatDialect& dialect) {
  json::object out{{"role", "assistant"}};
  // As text a refusal is understood everywhere; the member `refusal` is not.
  std::string content = message.content.empty() ? kept_text(message, "refusal") : message.content;
  if (content.empty() && !message.tool_calls.empty()) {
    out["content"] = nullptr;
  } else {
    out["content"] = std::move(content);
  }
  if (message.tool_calls.empty()) return out;
  out["tool_calls"] = calls_of(message);
  add_reasoning(out, message, dialect);
  return out;
}

json::object message_of(const Message& message, const ChatDialect& dialect) {
  switch (message.role) {
    case Role::user: return {{"role", "user"}, {"content", message.content}};
    case Role::system: return {{"role", "system"}, {"content", message.content}};
    case Role::tool:
      return {
          {"role", "tool"}, {"tool_call_id", message.tool_call_id}, {"content", message.content}};
    case Role::assistant: break;
  }
  return assistant_message(message, dialect);
}

json::array messages_of(const ModelRequest& request, const ChatDialect& dialect) {
  json::array messages;
  if (!request.system.empty()) {
    messages.push_back(json::object{{"role", "system"}, {"content", request.system}});
  }
  for (const Message& message : request.messages) messages.push_back(message_of(message, dialect));
  return messages;
}

json::array tools_of(const ModelRequest& request) {
  json::array tools;
  for (const ToolSpec& tool : request.tools) {
    json::object function{{"name", tool.name}};
    if (!tool.description.empty()) function["description"] = tool.description;
    function["parameters"] = parameters_of(tool);
    tools.push_back(json::object{{"type", "function"}, {"function", std::move(function)}});
  }
  return tools;
}

void add_stream(json::object& body, const ChatDialect& dialect) {
  body["stream"] = true;
  if (dialect.ask_usage) body["stream_options"] = json::object{{"include_usage", true}};
}

void add_limits(json::object& body, const ModelRequest& request, const ChatDialect& dialect) {
  if (request.max_tokens) body[dialect.max_tokens_field] = *request.max_tokens;
  if (request.temperature) body["temperature"] = *request.temperature;
}

void add_response_format(json::object& body, const ModelRequest& request) {
  if (request.response_schema.is_null()) return;
  const json::object schema{{"name", "answer"}, {"schema", request.response_schema}};
  body["response_format"] = json::object{{"type", "json_schema"}, {"json_schema", schema}};
}

}  // namespace

std::string chat_request(const ModelRequest& request, const ChatDialect& dialect) {
  json::object body;
  body["model"] = request.model.empty() ? dialect.default_model : request.model;
  body["messages"] = messages_of(request, dialect);
  if (!request.tools.empty()) body["tools"] = tools_of(request);
  add_stream(body, dialect);
  add_limits(body, request, dialect);
  if (!dialect.effort.empty()) body["reasoning_effort"] = dialect.effort;
  add_response_format(body, request);
  return body_text(std::move(body), request);
}

json::value chat_provider_data(const ModelResponse& response, std::string_view reasoning_field,
                               std::string_view origin) {
  json::object data;
  if (!response.refusal.empty()) data["refusal"] = response.refusal;
  if (!response.reasoning.empty() && !response.tool_calls.empty() && !reasoning_field.empty()) {
    data["origin"] = origin;
    data["reasoning_field"] = reasoning_field;
    data["reasoning"] = response.reasoning;
  }
  if (data.empty()) return nullptr;
  return data;
}

}  // namespace strandbus::detail
