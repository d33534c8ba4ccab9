#pragma once

#include "strandbus/event/payloads.hpp"

namespace strandbus {

// Short forms of the payloads that applications make most often. Each returns a payload for
// Publisher::publish or for a StreamEvent.

TokenDelta make_token(std::string text, std::string message_id = {});
ReasoningDelta make_reasoning(std::string text, std::string message_id = {});
StatusUpdate make_status(AgentStatus status, std::string detail = {});
/// The sum of the two becomes `total`.
UsageUpdate make_usage(std::int64_t prompt_tokens, std::int64_t completion_tokens);
Error make_error(std::string error, ErrorCode code, std::string detail = {});
UserMessage make_user_message(std::string content, std::string message_id = {});
ToolOutput make_tool_progress(std::string call_id, std::string tool_name, std::string text,
                              double progress);
FileTreeUpdate make_file_tree_update(std::vector<std::string> created,
                                     std::vector<std::string> modified,
                                     std::vector<std::string> deleted);
PreviewUpdate make_preview_update(std::string kind, std::string url, std::string frame_id = {});
PreviewReady make_preview_ready(std::string url, std::int64_t port, std::string command = {});
SystemNotice make_notice(std::string subsystem, std::string message);
Custom make_custom(std::string name, json::value data);

}  // namespace strandbus
