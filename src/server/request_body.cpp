#include "server/request_body.hpp"

#include "server/request_arguments.hpp"

#include <array>
#include <limits>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t max_name_bytes = 200;
constexpr std::size_t max_reason_bytes = 4000;

// A message is only limited by what a body may have.
constexpr std::size_t no_limit = static_cast<std::size_t>(-1);

std::string required_text(const JsonObjectReader& body, std::string_view name,
                          std::size_t max_bytes) {
  if (body.require(name).text().empty()) body.require(name).fail("is empty");
  return text_of(body, name, max_bytes);
}

CancelWhen read_when(const JsonObjectReader& body) {
  constexpr std::array<std::string_view, 2> names{"now", "after_turn"};
  const auto when = body.find("when");
  if (!when) return CancelWhen::now;
  return when->one_of(names) == 0 ? CancelWhen::now : CancelWhen::after_turn;
}

CancelCommand read_cancel(const JsonField& document) {
  const JsonObjectReader body(document, {"type", "id", "reason", "when"});
  CancelCommand command;
  command.reason = text_of(body, "reason", max_reason_bytes);
  command.when = read_when(body);
  return command;
}

ApproveCommand read_approve(const JsonField& document) {
  const JsonObjectReader body(document, {"type", "id", "approval_id", "arguments", "by"});
  ApproveCommand command;
  command.approval_id = required_text(body, "approval_id", max_name_bytes);
  if (const auto arguments = body.find("arguments")) command.arguments = arguments->object();
  command.by = text_of(body, "by", max_name_bytes);
  return command;
}

DenyCommand read_deny(const JsonField& document) {
  const JsonObjectReader body(document, {"type", "id", "approval_id", "reason", "by"});
  DenyCommand command;
  command.approval_id = required_text(body, "approval_id", max_name_bytes);
  command.reason = text_of(body, "reason", max_reason_bytes);
  command.by = text_of(body, "by", max_name_bytes);
  return command;
}

UserMessageCommand read_user_message(const JsonField& document) {
  const JsonObjectReader body(document, {"type", "id", "text"});
  UserMessageCommand command;
  command.text = required_text(body, "text", no_limit);
  return command;
}

StartRun run_of(const JsonObjectReader& body) {
  StartRun operation;
  operation.message = required_text(body, "message", no_limit);
  operation.when_busy = body.boolean_or("queue", false) ? WhenBusy::queue : WhenBusy::refuse;
  return operation;
}

SessionCommand command_of(const JsonField& document) {
  constexpr std::array<std::string_view, 4> types{"cancel", "approve", "deny", "user_message"};
  // Which other members there may be, the type decides.
  const JsonObjectReader body(
      document, {"type", "id", "reason", "when", "approval_id", "arguments", "text", "by"});
  SessionCommand command;
  command.command_id = text_of(body, "id", max_name_bytes);
  switch (body.require("type").one_of(types)) {
    case 0: command.what = read_cancel(document); break;
    case 1: command.what = read_approve(document); break;
    case 2: command.what = read_deny(document); break;
    default: command.what = read_user_message(document);
  }
  return command;
}

}  // namespace

CreateSession read_create_session(const ServerRequest& request) {
  CreateSession operation;
  if (request.body.empty()) return operation;
  const json::value document = json_body(request);
  const JsonField field{document, ""};
  const JsonObjectReader body(field, {"title", "client", "message"});
  operation.wanted.title = text_of(body, "title", max_name_bytes);
  operation.wanted.client = text_of(body, "client", max_name_bytes);
  operation.message = text_of(body, "message", no_limit);
  return operation;
}

ForkSession read_fork_session(const ServerRequest& request) {
  ForkSession operation;
  if (request.body.empty()) return operation;
  const json::value document = json_body(request);
  const JsonField field{document, ""};
  const JsonObjectReader body(field, {"at", "title"});
  if (const auto at = body.integer("at", 1, std::numeric_limits<std::int64_t>::max()))
    operation.wanted.at = static_cast<std::uint64_t>(*at);
  operation.wanted.title = text_of(body, "title", max_name_bytes);
  return operation;
}

MakeLink read_make_link(const ServerRequest& request) {
  MakeLink operation;
  if (request.body.empty()) return operation;
  const json::value document = json_body(request);
  const JsonField field{document, ""};
  const JsonObjectReader body(field, {});  // refuses whatever is in it
  return operation;
}

StartRun read_start_run(const ServerRequest& request) {
  const json::value document = json_body(request);
  const JsonField field{document, ""};
  return run_of(JsonObjectReader(field, {"message", "queue"}));
}

SessionCommand read_command(const ServerRequest& request) {
  const json::value document = json_body(request);
  return command_of(JsonField{document, ""});
}

Operation read_socket_message(const std::string& session_id, std::string_view text) {
  const json::value document = json_text(text, "the message");
  const JsonField field{document, ""};
  if (const auto* object = document.if_object();
      object && object->contains("type") && object->at("type") == "run") {
    const JsonObjectReader body(field, {"type", "id", "message", "queue", "traceparent"});
    StartRun operation = run_of(body);
    operation.session_id = session_id;
    operation.trace_parent = text_of(body, "traceparent", max_name_bytes);
    return operation;
  }
  GiveCommand operation;
  operation.session_id = session_id;
  operation.command = command_of(field);
  return operation;
}

}  // namespace strandbus::detail
