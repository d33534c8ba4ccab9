#include "llm/messages_request.hpp"

#include "llm/answer_tool.hpp"
#include "llm/messages_conversation.hpp"
#include "llm/past_call.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <set>
#include <utility>

namespace strandbus::detail {
namespace {

using Thinking = AnthropicOptions::Thinking;

/// The API knows one system prompt and no system messages.
std::string system_of(const ModelRequest& request) {
  std::string system = is_blank(request.system) ? "" : request.system;
  for (const Message& message : request.messages) {
    if (message.role != Role::system || is_blank(message.content)) continue;
    if (!system.empty()) system += "\n\n";
    system += message.content;
  }
  return system;
}

json::object tool_of(const ToolSpec& tool) {
  json::object out{{"name", tool.name}};
  if (!tool.description.empty()) out["description"] = tool.description;
  json::object schema = parameters_of(tool);
  if (!schema.contains("type")) schema["type"] = "object";
  out["input_schema"] = std::move(schema);
  return out;
}

/// A conversation with calls needs tools: without any, those that were called before are named.
json::array past_tools(const ModelRequest& request) {
  std::set<std::string> names;
  for (const Message& message : request.messages) {
    if (message.role != Role::assistant) continue;
    for (const ToolCall& call : message.tool_calls) names.insert(past_tool_name(call.tool_name));
  }
  json::array tools;
  for (const std::string& name : names)
    tools.push_back(
        json::object{{"name", name}, {"input_schema", json::object{{"type", "object"}}}});
  return tools;
}

void add_answer_tool(json::object& body, json::array tools, const ModelRequest& request,
                     const AnswerTool& answer) {
  // One of the past that has its name is the same tool.
  const auto same = std::ranges::find_if(tools, [&](const json::value& tool) {
    return has_text(tool.as_object(), "name", answer.name);
  });
  if (same != tools.end()) tools.erase(same);
  tools.push_back(json::object{{"name", answer.name},
                               {"description", "Gives the final answer."},
                               {"input_schema", answer.input}});
  body["tools"] = std::move(tools);
  if (request.tools.empty()) {
    body["tool_choice"] = json::object{{"type", "tool"}, {"name", answer.name}};
  } else {
    body["tool_choice"] = json::object{{"type", "any"}};
  }
}

void add_tools(json::object& body, const ModelRequest& request) {
  json::array tools;
  for (const ToolSpec& tool : request.tools) tools.push_back(tool_of(tool));
  if (tools.empty()) tools = past_tools(request);
  if (const auto answer = answer_tool(request))
    return add_answer_tool(body, std::move(tools), request, *answer);
  if (tools.empty()) return;
  body["tools"] = std::move(tools);
  if (request.tools.empty()) body["tool_choice"] = json::object{{"type", "none"}};
}

/// The first block of a message.
const json::object& first_block(const json::value& message) {
  return message.at("content").at(0).as_object();
}

/// Whether the turn under way, if the last message holds results, began with thinking: the API
/// takes no other while the model thinks with a budget.
bool may_think(const json::array& messages) {
  if (!has_text(first_block(messages.back()), "type", "tool_result")) return true;
  const json::object& said = first_block(messages.at(messages.size() - 2));
  return has_text(said, "type", "thinking") || has_text(said, "type", "redacted_thinking");
}

/// Null where the model shall not think, or cannot.
json::value thinking_of(const ModelRequest& request, const MessagesDialect& dialect,
                        const json::object& body) {
  // A call cannot be demanded from a model that thinks.
  if (!request.response_schema.is_null()) return nullptr;
  if (dialect.thinking == Thinking::adaptive) return json::object{{"type", "adaptive"}};
  const bool fits = body.at("max_tokens").as_int64() > dialect.thinking_budget;
  if (dialect.thinking == Thinking::off || !fits || !may_think(body.at("messages").as_array()))
    return nullptr;
  return json::object{{"type", "enabled"}, {"budget_tokens", dialect.thinking_budget}};
}

}  // namespace

json::object messages_request(const ModelRequest& request, const MessagesDialect& dialect) {
  const std::string& model = request.model.empty() ? dialect.default_model : request.model;
  json::object body{{"model", model},
                    {"max_tokens", request.max_tokens.value_or(dialect.max_tokens)}};
  if (std::string system = system_of(request); !system.empty()) body["system"] = std::move(system);
  const MessagesOrigin asked{.server = dialect.origin, .model = model};
  body["messages"] = messages_conversation(request.messages, asked);
  add_tools(body, request);
  const json::value thinking = thinking_of(request, dialect, body);
  if (!thinking.is_null()) {
    body["thinking"] = thinking;
  } else if (request.temperature) {
    // A model that thinks takes none; other servers' temperatures go up to 2.
    body["temperature"] = std::clamp(*request.temperature, 0.0, 1.0);
  }
  body["stream"] = true;
  for (const auto& member : request.parameters) body[member.key()] = member.value();
  return body;
}

}  // namespace strandbus::detail
