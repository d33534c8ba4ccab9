#pragma once

#include "strandbus/event/event_type.hpp"
#include "strandbus/event/types.hpp"

namespace strandbus {

struct ModelStarted {
  static constexpr EventType event_type = EventType::model_started;
  std::string provider{};
  std::string model{};
  std::int64_t iteration{};
  std::int64_t attempt{1};
  std::int64_t message_count{};
  bool stream{true};
  std::vector<Message> messages{};   ///< what was sent and is new since the last request
  std::vector<std::string> tools{};  ///< names
  json::value parameters{};
  std::string request_digest{};  ///< SHA-256 of the redacted request, hexadecimal
};
STRANDBUS_DESCRIBE(ModelStarted, 3, provider, model, iteration, attempt, message_count, stream,
                   request_digest, messages, tools, parameters)

struct TokenDelta {
  static constexpr EventType event_type = EventType::token_delta;
  std::string text{};
  std::string message_id{};
};
STRANDBUS_DESCRIBE(TokenDelta, 0, text, message_id)

struct ReasoningDelta {
  static constexpr EventType event_type = EventType::reasoning_delta;
  std::string text{};
  std::string message_id{};
};
STRANDBUS_DESCRIBE(ReasoningDelta, 0, text, message_id)

/// A piece of a structured (JSON) answer.
struct StructuredDelta {
  static constexpr EventType event_type = EventType::structured_delta;
  std::string text{};
  std::string message_id{};
};
STRANDBUS_DESCRIBE(StructuredDelta, 0, text, message_id)

struct ToolCallBegin {
  static constexpr EventType event_type = EventType::tool_call_begin;
  std::string call_id{};
  std::string tool_name{};
  std::int64_t index{};
};
STRANDBUS_DESCRIBE(ToolCallBegin, 0, call_id, tool_name, index)

struct ToolCallDelta {
  static constexpr EventType event_type = EventType::tool_call_delta;
  std::string call_id{};
  std::string delta{};
};
STRANDBUS_DESCRIBE(ToolCallDelta, 0, call_id, delta)

struct ToolCallReady {
  static constexpr EventType event_type = EventType::tool_call_ready;
  std::string call_id{};
  std::string tool_name{};
  json::value arguments{};
};
STRANDBUS_DESCRIBE(ToolCallReady, 0, call_id, tool_name, arguments)

/// The usage of the whole run, once, when the run has ended well.
struct UsageUpdate {
  static constexpr EventType event_type = EventType::usage_update;
  Usage usage{};
  std::optional<NanoUsd> cost{};
};
STRANDBUS_DESCRIBE(UsageUpdate, 1, usage, cost)

struct Retry {
  static constexpr EventType event_type = EventType::retry;
  std::int64_t attempt{};
  std::int64_t max_attempts{};
  std::int64_t delay_ms{};
  std::string reason{};
  ErrorCode error_code{};
  std::string provider{};
  std::string fallback_to{};
};
STRANDBUS_DESCRIBE(Retry, 1, attempt, max_attempts, delay_ms, reason, error_code, provider,
                   fallback_to)

struct ModelCompleted {
  static constexpr EventType event_type = EventType::model_completed;
  FinishReason finish_reason{};
  std::string content{};
  std::string reasoning{};
  std::vector<ToolCall> tool_calls{};
  Usage usage{};
  std::string response_id{};
  std::int64_t time_to_first_token_ms{};
  std::int64_t duration_ms{};
};
STRANDBUS_DESCRIBE(ModelCompleted, 3, finish_reason, content, usage, time_to_first_token_ms,
                   duration_ms, reasoning, tool_calls, response_id)

struct ModelFailed {
  static constexpr EventType event_type = EventType::model_failed;
  std::string error{};
  ErrorCode error_code{};
  std::optional<std::int64_t> http_status{};
  std::optional<std::int64_t> retry_after_ms{};
  std::int64_t duration_ms{};
};
STRANDBUS_DESCRIBE(ModelFailed, 2, error, error_code, duration_ms, http_status, retry_after_ms)

}  // namespace strandbus
