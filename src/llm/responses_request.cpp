#include "llm/responses_request.hpp"

#include "llm/asked_model.hpp"
#include "llm/past_call.hpp"
#include "llm/request_parts.hpp"

#include <boost/json/array.hpp>

#include <cstddef>
#include <functional>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t longest_call_id = 64;

/// OpenAI refuses longer ones, which other servers give. Calls and results become the same.
std::string call_id_of(const std::string& id) {
  if (id.size() <= longest_call_id) return id;
  const std::string rest = std::to_string(std::hash<std::string>()(id));
  return id.substr(0, longest_call_id - 1 - rest.size()) + '-' + rest;
}

json::object call_item(const ToolCall& call) {
  return {{"type", "function_call"},
          {"call_id", call_id_of(call.call_id)},
          {"name", past_tool_name(call.tool_name)},
          {"arguments", past_arguments_text(call.arguments)}};
}

/// The kept reasoning, if it came from this server: only that one can read it.
const json::array* kept_reasoning(const Message& message, const ResponsesDialect& dialect) {
  const json::object* data = message.provider_data.if_object();
  const json::value* kept = data ? data->if_contains("reasoning_items") : nullptr;
  if (!kept || kept_text(message, "origin") != dialect.origin) return nullptr;
  return kept->if_array();
}

/// Adds what the model reasoned before a call.
void add_reasoning(json::array& input, const json::array* kept, std::size_t call) {
  if (!kept) return;
  for (const json::value& each : *kept) {
    const json::object* entry = each.if_object();
    const json::value* before = entry ? entry->if_contains("call") : nullptr;
    const json::value* item = entry ? entry->if_contains("item") : nullptr;
    if (before && item && item->is_object() && *before == json::value(call)) input.push_back(*item);
  }
}

void add_assistant(json::array& input, const Message& message, const ResponsesDialect& dialect) {
  const json::array* kept = kept_reasoning(message, dialect);
  if (!message.tool_calls.empty()) add_reasoning(input, kept, 0);
  // As text a refusal is understood everywhere.
  const std::string content =
      message.content.empty() ? kept_text(message, "refusal") : message.content;
  if (!content.empty() || message.tool_calls.empty())
    input.push_back(json::object{{"role", "assistant"}, {"content", content}});
  for (std::size_t i = 0; i < message.tool_calls.size(); ++i) {
    if (i != 0) add_reasoning(input, kept, i);
    input.push_back(call_item(message.tool_calls[i]));
  }
}

void add_message(json::array& input, const Message& message, const ResponsesDialect& dialect) {
  switch (message.role) {
    case Role::user:
      input.push_back(json::object{{"role", "user"}, {"content", message.content}});
      return;
    case Role::system:
      input.push_back(json::object{{"role", "system"}, {"content", message.content}});
      return;
    case Role::tool:
      input.push_back(json::object{{"type", "function_call_output"},
                                   {"call_id", call_id_of(message.tool_call_id)},
                                   {"output", message.content}});
      return;
    case Role::assistant: add_assistant(input, message, dialect); return;
  }
}

json::array input_of(const ModelRequest& request, const ResponsesDialect& dialect) {
  json::array input;
  for (const Message& message : request.messages) add_message(input, message, dialect);
  return input;
}

json::array tools_of(const ModelRequest& request) {
  json::array tools;
  for (const ToolSpec& tool : request.tools) {
    json::object& out = tools.emplace_back(json::object()).get_object();
    out["type"] = "function";
    out["name"] = tool.name;
    if (!tool.description.empty()) out["description"] = tool.description;
    out["parameters"] = parameters_of(tool);
    // Unless it is told not to, the server makes every argument a required one.
    out["strict"] = false;
  }
  return tools;
}

void add_reasoning_options(json::object& body, const AskedModel& asked,
                           const ResponsesDialect& dialect) {
  json::object reasoning;
  if (!asked.effort.empty()) reasoning["effort"] = asked.effort;
  if (dialect.ask_summary) reasoning["summary"] = "auto";
  if (!reasoning.empty()) body["reasoning"] = std::move(reasoning);
  // Models that do not reason refuse this.
  if (asked.reasons) body["include"] = json::array{"reasoning.encrypted_content"};
}

void add_text_format(json::object& body, const ModelRequest& request) {
  if (request.response_schema.is_null()) return;
  json::object format{
      {"type", "json_schema"}, {"name", "answer"}, {"schema", request.response_schema}};
  body["text"] = json::object{{"format", std::move(format)}};
}

json::array texts_of(const ResponsesItem& item, ResponsesText::Kind kind, std::string_view type) {
  json::array texts;
  for (const ResponsesText& part : item.texts) {
    if (part.kind == kind) texts.push_back(json::object{{"type", type}, {"text", part.text}});
  }
  return texts;
}

/// The item as a request may hold it; empty if the server could do nothing with it.
json::object reasoning_item(const ResponsesItem& item) {
  json::array content = texts_of(item, ResponsesText::Kind::reasoning, "reasoning_text");
  if (item.encrypted_content.empty() && content.empty()) return {};
  json::object out{{"type", "reasoning"}};
  if (!item.id.empty()) out["id"] = item.id;
  out["summary"] = texts_of(item, ResponsesText::Kind::summary, "summary_text");
  // OpenAI takes no readable reasoning back; servers without encryption want nothing else.
  if (item.encrypted_content.empty()) {
    out["content"] = std::move(content);
  } else {
    out["encrypted_content"] = item.encrypted_content;
  }
  return out;
}

}  // namespace

std::string responses_request(const ModelRequest& request, const ResponsesDialect& dialect) {
  const AskedModel asked =
      asked_model(request.model.empty() ? dialect.default_model : request.model, dialect.effort);
  json::object body;
  body["model"] = asked.name;
  if (!request.system.empty()) body["instructions"] = request.system;
  body["input"] = input_of(request, dialect);
  if (!request.tools.empty()) body["tools"] = tools_of(request);
  body["stream"] = true;
  body["store"] = false;
  if (request.max_tokens) body["max_output_tokens"] = *request.max_tokens;
  if (request.temperature && !asked.reasons) body["temperature"] = *request.temperature;
  add_reasoning_options(body, asked, dialect);
  add_text_format(body, request);
  return body_text(std::move(body), request);
}

json::value responses_provider_data(const ModelResponse& response,
                                    std::span<const ReasonedBefore> reasoning,
                                    std::string_view origin) {
  json::object data;
  if (!response.refusal.empty()) data["refusal"] = response.refusal;
  json::array kept;
  for (const ReasonedBefore& each : reasoning) {
    json::object item = reasoning_item(each.item);
    // Reasoning that no call follows is of no use later.
    if (item.empty() || each.call >= response.tool_calls.size()) continue;
    kept.push_back(json::object{{"call", each.call}, {"item", std::move(item)}});
  }
  if (!kept.empty()) {
    data["origin"] = origin;
    data["reasoning_items"] = std::move(kept);
  }
  if (data.empty()) return nullptr;
  return data;
}

}  // namespace strandbus::detail
