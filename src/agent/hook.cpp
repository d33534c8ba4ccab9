#include "strandbus/agent/hook.hpp"

namespace strandbus {

Hook::~Hook() = default;

asio::awaitable<HookDecision> Hook::before_turn(const TurnInfo&) {
  co_return HookDecision::go_on();
}

asio::awaitable<HookDecision> Hook::after_turn(const TurnInfo&) { co_return HookDecision::go_on(); }

asio::awaitable<HookDecision> Hook::before_model(ModelRequest&, std::vector<Message>&) {
  co_return HookDecision::go_on();
}

asio::awaitable<HookDecision> Hook::after_model(ModelResponse&) { co_return HookDecision::go_on(); }

asio::awaitable<HookDecision> Hook::before_tool(ToolCall&) { co_return HookDecision::go_on(); }

asio::awaitable<HookDecision> Hook::after_tool(const ToolCall&, ToolResult&) {
  co_return HookDecision::go_on();
}

}  // namespace strandbus
