#include "agent_core.hpp"
#include "run.hpp"

#include <utility>

namespace strandbus::detail {

bool Run::has_hooks() const noexcept { return !core_.options().hooks.empty(); }

TurnInfo Run::turn_info() const {
  TurnInfo info;
  info.run_id = publisher_.context().run_id;
  info.turn = turn_.number;
  info.usage = usage_;
  info.cost = cost_;
  info.tool_calls = tool_calls_;
  return info;
}

/// Whether the run ends.
bool Run::heed(const HookDecision& decision) {
  if (decision.stops()) decide(Ending(Outcome::cancelled, decision.reason(), ErrorCode::cancelled));
  return decision.stops();
}

asio::awaitable<void> Run::hooks_before_turn() {
  const TurnInfo info = turn_info();
  for (const auto& hook : core_.options().hooks) {
    const HookDecision decision = co_await hook->before_turn(info);
    if (heed(decision)) co_return;
  }
}

asio::awaitable<void> Run::hooks_after_turn() {
  const TurnInfo info = turn_info();
  const auto& hooks = core_.options().hooks;
  for (auto hook = hooks.rbegin(); hook != hooks.rend(); ++hook) {
    const HookDecision decision = co_await (*hook)->after_turn(info);
    if (heed(decision)) co_return;
  }
}

asio::awaitable<void> Run::hooks_before_model(ModelRequest& request,
                                              std::vector<Message>& messages) {
  for (const auto& hook : core_.options().hooks) {
    request.messages = messages;
    const HookDecision decision = co_await hook->before_model(request, messages);
    if (heed(decision)) co_return;
  }
}

asio::awaitable<void> Run::hooks_after_model(ModelResponse& response) {
  const auto& hooks = core_.options().hooks;
  for (auto hook = hooks.rbegin(); hook != hooks.rend(); ++hook) {
    const HookDecision decision = co_await (*hook)->after_model(response);
    if (heed(decision)) co_return;
  }
}

asio::awaitable<void> Run::hooks_before_tool(ToolCall& call) {
  const std::string call_id = call.call_id;
  for (const auto& hook : core_.options().hooks) {
    const HookDecision decision = co_await hook->before_tool(call);
    call.call_id = call_id;  // the model waits for the answer to this one
    if (heed(decision)) co_return;
  }
}

asio::awaitable<void> Run::hooks_after_tool(const ToolCall& call, ToolResult& result) {
  const auto& hooks = core_.options().hooks;
  for (auto hook = hooks.rbegin(); hook != hooks.rend(); ++hook) {
    const HookDecision decision = co_await (*hook)->after_tool(call, result);
    if (heed(decision)) co_return;
  }
}

}  // namespace strandbus::detail
