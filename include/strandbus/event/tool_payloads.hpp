#pragma once

#include "strandbus/event/event_type.hpp"
#include "strandbus/event/types.hpp"

namespace strandbus {

struct ApprovalRequested {
  static constexpr EventType event_type = EventType::approval_requested;
  std::string approval_id{};
  std::string call_id{};
  std::string tool_name{};
  json::value arguments{};
  std::string reason{};
  std::string expires_at{};  ///< RFC 3339, UTC
};
STRANDBUS_DESCRIBE(ApprovalRequested, 1, approval_id, call_id, tool_name, arguments, reason,
                   expires_at)

/// How an approval ended.
enum class ApprovalDecision : std::uint8_t { approved, denied, expired, cancelled };
BOOST_DESCRIBE_ENUM(ApprovalDecision, approved, denied, expired, cancelled)

struct ApprovalResolved {
  static constexpr EventType event_type = EventType::approval_resolved;
  std::string approval_id{};
  std::string call_id{};
  ApprovalDecision decision{};
  std::string by{};
  std::string reason{};
};
STRANDBUS_DESCRIBE(ApprovalResolved, 2, approval_id, call_id, decision, by, reason)

struct ToolCallStarted {
  static constexpr EventType event_type = EventType::tool_call_started;
  std::string tool_name{};
  std::string call_id{};
  json::value arguments{};
};
STRANDBUS_DESCRIBE(ToolCallStarted, 0, tool_name, call_id, arguments)

/// Where a piece of a running tool's output came from.
///
/// A trailing underscore (stdout is a macro of the C library) is not part of the wire name.
enum class OutputStream : std::uint8_t { stdout_, stderr_, progress };
BOOST_DESCRIBE_ENUM(OutputStream, stdout_, stderr_, progress)

struct ToolOutput {
  static constexpr EventType event_type = EventType::tool_output;
  std::string call_id{};
  std::string tool_name{};
  OutputStream stream{};
  std::string text{};
  std::optional<double> progress{};  ///< 0 … 1
  json::value data{};
};
STRANDBUS_DESCRIBE(ToolOutput, 2, call_id, tool_name, stream, text, progress, data)

struct ToolCallCompleted {
  static constexpr EventType event_type = EventType::tool_call_completed;
  std::string tool_name{};
  std::string call_id{};
  bool success{};
  std::string output{};
  std::string error{};
  std::optional<ErrorCode> error_code{};
  std::int64_t duration_ms{};
  std::vector<std::string> files_changed{};
  std::vector<FileDiff> diffs{};
  json::value data{};
};
STRANDBUS_DESCRIBE(ToolCallCompleted, 4, tool_name, call_id, success, output, duration_ms,
                   files_changed, error, error_code, diffs, data)

struct ToolCallCancelled {
  static constexpr EventType event_type = EventType::tool_call_cancelled;
  std::string tool_name{};
  std::string call_id{};
  std::string reason{};
  std::int64_t duration_ms{};
};
STRANDBUS_DESCRIBE(ToolCallCancelled, 0, tool_name, call_id, reason, duration_ms)

/// The call never ran: denied, unknown, invalid arguments, unsafe.
struct ToolCallDenied {
  static constexpr EventType event_type = EventType::tool_call_denied;
  std::string tool_name{};
  std::string call_id{};
  ErrorCode error_code{};
  std::string reason{};
};
STRANDBUS_DESCRIBE(ToolCallDenied, 0, tool_name, call_id, error_code, reason)

struct BashStarted {
  static constexpr EventType event_type = EventType::bash_started;
  std::string call_id{};
  std::string command{};
  std::string cwd{};
};
STRANDBUS_DESCRIBE(BashStarted, 0, call_id, command, cwd)

struct BashExecuted {
  static constexpr EventType event_type = EventType::bash_executed;
  std::string call_id{};
  std::string command{};
  std::string cwd{};
  std::int64_t exit_code{};
  std::string stdout_{};
  std::string stderr_{};
  std::int64_t duration_ms{};
  bool success{};
  bool truncated{};
};
STRANDBUS_DESCRIBE(BashExecuted, 0, call_id, command, cwd, exit_code, stdout_, stderr_, duration_ms,
                   success, truncated)

struct CellExecuted {
  static constexpr EventType event_type = EventType::cell_executed;
  std::string call_id{};
  std::string code{};
  std::string output{};
  bool success{};
  std::int64_t duration_ms{};
};
STRANDBUS_DESCRIBE(CellExecuted, 0, call_id, code, output, success, duration_ms)

}  // namespace strandbus
