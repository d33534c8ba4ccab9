#include "strandbus/event/factory.hpp"

#include <utility>

namespace strandbus {

TokenDelta make_token(std::string text, std::string message_id) {
  return {.text = std::move(text), .message_id = std::move(message_id)};
}

ReasoningDelta make_reasoning(std::string text, std::string message_id) {
  return {.text = std::move(text), .message_id = std::move(message_id)};
}

StatusUpdate make_status(AgentStatus status, std::string detail) {
  return {.status = status, .detail = std::move(detail)};
}

UsageUpdate make_usage(std::int64_t prompt_tokens, std::int64_t completion_tokens) {
  return {.usage = {.prompt = prompt_tokens,
                    .completion = completion_tokens,
                    .total = prompt_tokens + completion_tokens}};
}

Error make_error(std::string error, ErrorCode code, std::string detail) {
  return {.error = std::move(error), .error_code = code, .detail = std::move(detail)};
}

UserMessage make_user_message(std::string content, std::string message_id) {
  return {.message_id = std::move(message_id), .content = std::move(content)};
}

ToolOutput make_tool_progress(std::string call_id, std::string tool_name, std::string text,
                              double progress) {
  return {.call_id = std::move(call_id),
          .tool_name = std::move(tool_name),
          .stream = OutputStream::progress,
          .text = std::move(text),
          .progress = progress};
}

FileTreeUpdate make_file_tree_update(std::vector<std::string> created,
                                     std::vector<std::string> modified,
                                     std::vector<std::string> deleted) {
  return {.created = std::move(created),
          .modified = std::move(modified),
          .deleted = std::move(deleted)};
}

PreviewUpdate make_preview_update(std::string kind, std::string url, std::string frame_id) {
  return {.kind = std::move(kind), .url = std::move(url), .frame_id = std::move(frame_id)};
}

PreviewReady make_preview_ready(std::string url, std::int64_t port, std::string command) {
  return {.url = std::move(url), .port = port, .command = std::move(command)};
}

SystemNotice make_notice(std::string subsystem, std::string message) {
  return {.subsystem = std::move(subsystem), .message = std::move(message)};
}

Custom make_custom(std::string name, json::value data) {
  return {.name = std::move(name), .data = std::move(data)};
}

}  // namespace strandbus
