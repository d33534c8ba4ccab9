#pragma once

#include "strandbus/error.hpp"
#include "strandbus/event/describe.hpp"

#include <boost/json/value.hpp>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus {

/// Why a tool call, a model request or a run failed. The E_ codes belong to tools.
enum class ErrorCode : std::uint8_t {
  none,
  E_NOT_FOUND,
  E_NOT_UNIQUE,
  E_VALIDATION,
  E_PERMISSIONS,
  E_TIMEOUT,
  E_UNSAFE,
  E_CONFIRMED_DENY,
  E_TOOL_UNKNOWN,
  network,
  authentication,
  rate_limit,
  invalid_request,
  invalid_response,
  model_not_found,
  context_length,
  server_error,
  interrupted,
  budget,
  doom_loop,
  cancelled,
};
BOOST_DESCRIBE_ENUM(ErrorCode, none, E_NOT_FOUND, E_NOT_UNIQUE, E_VALIDATION, E_PERMISSIONS,
                    E_TIMEOUT, E_UNSAFE, E_CONFIRMED_DENY, E_TOOL_UNKNOWN, network, authentication,
                    rate_limit, invalid_request, invalid_response, model_not_found, context_length,
                    server_error, interrupted, budget, doom_loop, cancelled)

/// Why a model stopped: finish_reason of a request, stop_reason of a turn.
enum class FinishReason : std::uint8_t {
  stop,
  tool_calls,
  length,
  content_filter,
  refusal,
  error,
  cancelled
};
BOOST_DESCRIBE_ENUM(FinishReason, stop, tool_calls, length, content_filter, refusal, error,
                    cancelled)

/// What an agent is doing, for a status line.
enum class AgentStatus : std::uint8_t { thinking, waiting_approval, compacting, retrying, idle };
BOOST_DESCRIBE_ENUM(AgentStatus, thinking, waiting_approval, compacting, retrying, idle)

/// Who speaks in a message.
enum class Role : std::uint8_t { user, assistant, tool, system };
BOOST_DESCRIBE_ENUM(Role, user, assistant, tool, system)

std::string_view to_string(ErrorCode) noexcept;
std::string_view to_string(FinishReason) noexcept;
std::string_view to_string(AgentStatus) noexcept;
std::string_view to_string(Role) noexcept;

/// An amount of money in billionths of a US dollar. On the wire a decimal number of dollars.
struct NanoUsd {
  std::int64_t value{};

  friend constexpr auto operator<=>(NanoUsd, NanoUsd) = default;
  constexpr NanoUsd& operator+=(NanoUsd other) noexcept {
    value += other.value;
    return *this;
  }
  friend constexpr NanoUsd operator+(NanoUsd a, NanoUsd b) noexcept { return {a.value + b.value}; }
};

/// The amount as a decimal number of dollars without superfluous zeros, for example "0.00035".
std::string to_string(NanoUsd amount);

/// Tokens that requests used. `prompt` counts all input, the cached part included.
struct Usage {
  std::int64_t prompt{};
  std::int64_t completion{};
  std::int64_t total{};
  std::optional<std::int64_t> cached{};
  std::optional<std::int64_t> cache_write{};
  std::optional<std::int64_t> reasoning{};

  Usage& operator+=(const Usage& other);
};
STRANDBUS_DESCRIBE(Usage, 3, prompt, completion, total, cached, cache_write, reasoning)

/// One tool call that a model asked for.
struct ToolCall {
  std::string call_id{};
  std::string tool_name{};
  json::value arguments{};
};
STRANDBUS_DESCRIBE(ToolCall, 0, call_id, tool_name, arguments)

/// One message of a conversation.
struct Message {
  std::string id{};
  Role role{};
  std::string content{};
  std::vector<ToolCall> tool_calls{};  ///< of an assistant message
  std::string tool_call_id{};          ///< of a tool message: the call that it answers
  json::value provider_data{};         ///< what a provider wants to get back unchanged
};
STRANDBUS_DESCRIBE(Message, 3, id, role, content, tool_calls, tool_call_id, provider_data)

/// A change to one file, as a unified diff.
struct FileDiff {
  std::string path{};
  std::string diff{};
};
STRANDBUS_DESCRIBE(FileDiff, 0, path, diff)

}  // namespace strandbus
