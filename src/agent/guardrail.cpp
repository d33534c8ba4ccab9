#include "strandbus/agent/guardrail.hpp"

namespace strandbus {

Guardrail::~Guardrail() = default;

asio::awaitable<GuardrailDecision> Guardrail::check_input(const std::string&) {
  co_return GuardrailDecision::allow();
}

asio::awaitable<GuardrailDecision> Guardrail::check_output(const std::string&) {
  co_return GuardrailDecision::allow();
}

asio::awaitable<GuardrailDecision> Guardrail::check_call(const ToolCall&) {
  co_return GuardrailDecision::allow();
}

asio::awaitable<GuardrailDecision> Guardrail::check_result(const ToolCall&, const ToolResult&) {
  co_return GuardrailDecision::allow();
}

}  // namespace strandbus
