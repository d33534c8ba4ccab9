#include "server/ag_ui_input.hpp"

#include "server/request_arguments.hpp"
#include "server/session_id.hpp"
#include "strandbus/agent/json_schema.hpp"
#include "strandbus/event/event_id.hpp"
#include "strandbus/event/json_codec.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t max_id_bytes = 200;
constexpr std::size_t max_reason_bytes = 4000;

std::optional<JsonField> find(const JsonField& field, std::string_view name) {
  if (!field.object().if_contains(name)) return std::nullopt;
  return field.member(name);
}

JsonField require(const JsonField& field, std::string_view name) {
  if (!field.object().if_contains(name)) field.fail("has no member " + detail::quoted(name));
  return field.member(name);
}

std::string text_or_empty(const JsonField& field, std::string_view name) {
  const auto member = find(field, name);
  return member ? member->text() : std::string();
}

std::string id_of(const JsonField& field, std::string_view name) {
  const JsonField member = require(field, name);
  std::string id = member.name();
  if (id.size() > max_id_bytes) {
    member.fail("has " + std::to_string(id.size()) + " bytes, at most " +
                std::to_string(max_id_bytes) + " are allowed");
  }
  return id;
}

std::string read_thread_id(const JsonField& body) {
  const JsonField member = require(body, "threadId");
  std::string id = member.text();
  if (!is_session_id(id)) {
    member.fail("a thread is a session here, and " + std::string(session_id_rule));
  }
  return id;
}

/// Text, or parts that are all text.
std::string read_content(const JsonField& field) {
  if (!field.value.is_array()) return field.text();
  std::string text;
  for (std::size_t i = 0; i < field.list().size(); ++i) {
    const JsonField part = field.element(i);
    const JsonField type = require(part, "type");
    if (type.text() != "text") type.fail("only text is taken here: \"text\"");
    text += require(part, "text").text();
  }
  return text;
}

// Messages.

ToolCall read_call(const JsonField& field) {
  ToolCall call;
  call.call_id = id_of(field, "id");
  const JsonField function = require(field, "function");
  call.tool_name = require(function, "name").name();
  const JsonField arguments = require(function, "arguments");
  const std::string text = arguments.text();
  auto parsed = text.empty() ? json::value(json::object()) : parse_json(text);
  if (!parsed) arguments.fail("is not JSON: " + parsed.error().message);
  call.arguments = *std::move(parsed);
  return call;
}

/// Reads the messages one by one.
class MessageReader {
 public:
  void take(const JsonField& field) {
    const std::string role = require(field, "role").text();
    id_of(field, "id");
    // What a sub-agent said is no part of the conversation around it.
    if (find(field, "subagentRunId") || role == "activity" || role == "reasoning") return;
    if (role == "user") return add(field, Role::user, read_content(require(field, "content")));
    if (role == "system" || role == "developer")
      return add(field, Role::system, require(field, "content").text());
    if (role == "assistant") return take_assistant(field);
    if (role == "tool") return take_tool(field);
    require(field, "role").fail("there is no role " + detail::quoted(role.substr(0, 40)));
  }

  void finish(AgUiInput& input) {
    if (!messages_.empty() && messages_.back().role == Role::user) {
      input.message = std::move(messages_.back().content);
      messages_.pop_back();
    }
    input.history = std::move(messages_);
    input.answers = std::move(answers_);
  }

 private:
  Message& push(const JsonField& field, Role role, std::string content) {
    Message message;
    message.id = id_of(field, "id");
    message.role = role;
    message.content = std::move(content);
    messages_.push_back(std::move(message));
    return messages_.back();
  }
  void add(const JsonField& field, Role role, std::string content) {
    push(field, role, std::move(content));
  }

  void take_assistant(const JsonField& field) {
    const auto content = find(field, "content");
    Message& message = push(field, Role::assistant, content ? content->text() : std::string());
    const auto calls = find(field, "toolCalls");
    for (std::size_t i = 0; calls && i < calls->list().size(); ++i) {
      message.tool_calls.push_back(read_call(calls->element(i)));
      calls_.insert(message.tool_calls.back().call_id);
    }
  }

  void take_tool(const JsonField& field) {
    AgUiAnswer answer;
    answer.call_id = id_of(field, "toolCallId");
    if (!calls_.contains(answer.call_id))
      field.member("toolCallId").fail("no message before it has a call of this id");
    answer.content = read_content(require(field, "content"));
    const std::string error = text_or_empty(field, "error");
    answer.failed = !error.empty();
    if (answer.content.empty()) answer.content = error;
    push(field, Role::tool, answer.content).tool_call_id = answer.call_id;
    answers_.push_back(std::move(answer));
  }

  std::vector<Message> messages_;
  std::vector<AgUiAnswer> answers_;
  std::set<std::string, std::less<>> calls_;
};

void read_messages(const JsonField& list, AgUiInput& input) {
  MessageReader reader;
  for (std::size_t i = 0; i < list.list().size(); ++i) reader.take(list.element(i));
  reader.finish(input);
}

// The rest.

ToolDefinition read_tool(const JsonField& field) {
  ToolDefinition tool;
  tool.name = require(field, "name").name();
  tool.description = require(field, "description").text();
  tool.parameters = json::object{{"type", "object"}};
  const auto parameters = find(field, "parameters");
  if (!parameters || parameters->value.is_null()) return tool;
  tool.parameters = parameters->object();
  const auto compiled = JsonSchema::compile(parameters->value);
  if (!compiled) parameters->fail("is no schema: " + compiled.error().to_string());
  return tool;
}

std::vector<ToolDefinition> read_tools(const JsonField& list) {
  std::vector<ToolDefinition> tools;
  for (std::size_t i = 0; i < list.list().size(); ++i) tools.push_back(read_tool(list.element(i)));
  return tools;
}

/// What the application wants the model to know, as the beginning of the message.
std::string read_context(const JsonField& list) {
  std::string text;
  for (std::size_t i = 0; i < list.list().size(); ++i) {
    const JsonField entry = list.element(i);
    if (text.empty()) text = "Context from the application:\n";
    text +=
        "- " + require(entry, "description").text() + ": " + require(entry, "value").text() + '\n';
  }
  return text.empty() ? text : text + '\n';
}

/// true, false, or an object as responseSchema of the interrupt describes it.
void read_payload(const JsonField& payload, AgUiDecision& decision) {
  if (payload.value.is_bool()) {
    decision.approved = payload.boolean();
    return;
  }
  decision.approved = require(payload, "approved").boolean();
  for (const std::string_view name : {"arguments", "editedArgs"}) {
    if (const auto arguments = find(payload, name)) decision.arguments = arguments->object();
  }
  decision.reason = text_or_empty(payload, "reason");
  if (decision.reason.size() > max_reason_bytes)
    payload.member("reason").fail("is longer than " + std::to_string(max_reason_bytes) + " bytes");
}

AgUiDecision read_decision(const JsonField& field) {
  constexpr std::array<std::string_view, 2> statuses{"resolved", "cancelled"};
  AgUiDecision decision;
  decision.interrupt_id = id_of(field, "interruptId");
  if (require(field, "status").one_of(statuses) == 1) {
    decision.withdrawn = true;
    decision.reason = "cancelled by the client";
  } else {
    read_payload(require(field, "payload"), decision);
  }
  return decision;
}

}  // namespace

AgUiInput read_ag_ui_input(const ServerRequest& request) {
  const json::value document = json_body(request);
  const JsonField body{document, ""};
  AgUiInput input;
  input.thread_id = read_thread_id(body);
  input.run_id = id_of(body, "runId");
  read_messages(require(body, "messages"), input);
  if (const auto tools = find(body, "tools")) input.tools = read_tools(*tools);
  const auto context = find(body, "context");
  if (context && !input.message.empty()) input.message = read_context(*context) + input.message;
  const auto resume = find(body, "resume");
  for (std::size_t i = 0; resume && i < resume->list().size(); ++i)
    input.decisions.push_back(read_decision(resume->element(i)));
  return input;
}

}  // namespace strandbus::detail
