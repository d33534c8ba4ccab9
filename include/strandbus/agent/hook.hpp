#pragma once

#include "strandbus/agent/tool_result.hpp"
#include "strandbus/event/types.hpp"
#include "strandbus/llm/provider.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace strandbus {

/// What a hook decided: the run goes on, or it ends. Not an aggregate, so that it may be written
/// inside an expression that awaits: `co_return HookDecision::stop("enough");`
///
/// Threads: distinct objects.
class HookDecision {
 public:
  HookDecision() = default;

  static HookDecision go_on() { return {}; }
  /// The run ends with run_cancelled and this reason.
  static HookDecision stop(std::string reason) {
    HookDecision decision;
    decision.reason_ = std::move(reason);
    decision.stops_ = true;
    return decision;
  }

  bool stops() const noexcept { return stops_; }
  const std::string& reason() const noexcept { return reason_; }

 private:
  bool stops_ = false;
  std::string reason_;
};

/// Where a run stands when a turn begins or has ended.
struct TurnInfo {
  std::string run_id{};
  std::int64_t turn{};            ///< from 1
  Usage usage{};                  ///< of the run so far
  std::optional<NanoUsd> cost{};  ///< of the run so far; absent when a price is unknown
  std::int64_t tool_calls{};      ///< of the run so far
};

/// The application's own code at the steps of a run. Each function may change what it gets by
/// reference, and may end the run. All do nothing unless overridden.
///
/// Several hooks run one after the other: those before a step in their order, those after it in the
/// reverse order. What a hook changes, the next one sees, and so do the events.
///
/// Errors:       an exception ends the run with run_failed and its text.
/// Cancellation: terminal, when the run is cancelled.
/// Threads:      run on the agent's strand and must not block it. Tool calls of one turn run at the
///               same time, and so do their hooks.
/// Lifetime:     the references are valid until the coroutine has ended.
class Hook {
 public:
  virtual ~Hook();

  virtual asio::awaitable<HookDecision> before_turn(const TurnInfo& turn);
  virtual asio::awaitable<HookDecision> after_turn(const TurnInfo& turn);

  /// `messages` is the conversation for this request alone: the agent's own stays as it is. What
  /// `request.messages` views is set to it afterwards.
  virtual asio::awaitable<HookDecision> before_model(ModelRequest& request,
                                                     std::vector<Message>& messages);
  /// Before the answer is committed to the conversation.
  virtual asio::awaitable<HookDecision> after_model(ModelResponse& response);

  /// Before the arguments are checked. The id of the call cannot be changed.
  virtual asio::awaitable<HookDecision> before_tool(ToolCall& call);
  /// Before the model and the events are told the result.
  virtual asio::awaitable<HookDecision> after_tool(const ToolCall& call, ToolResult& result);

 protected:
  Hook() = default;
  Hook(const Hook&) = default;
  Hook& operator=(const Hook&) = default;
};

}  // namespace strandbus
