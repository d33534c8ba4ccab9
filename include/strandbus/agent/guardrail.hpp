#pragma once

#include "strandbus/agent/tool_result.hpp"
#include "strandbus/event/agent_payloads.hpp"
#include "strandbus/event/types.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace strandbus {

/// What a guardrail decided. Not an aggregate, so that it may be written inside an expression that
/// awaits: `co_return GuardrailDecision::block("it names a customer");`
///
/// Threads: distinct objects.
struct GuardrailDecision {
  GuardrailDecision() = default;

  static GuardrailDecision allow() { return {}; }
  /// Another text instead: of the user, of the answer, of the tool's output.
  static GuardrailDecision rewrite(std::string text, std::string reason) {
    GuardrailDecision decision(GuardrailAction::rewrite, std::move(reason));
    decision.text = std::move(text);
    return decision;
  }
  /// Other arguments of a tool call; they are checked again.
  static GuardrailDecision rewrite(json::object arguments, std::string reason) {
    GuardrailDecision decision(GuardrailAction::rewrite, std::move(reason));
    decision.arguments = std::move(arguments);
    return decision;
  }
  /// A text of the user or an answer ends the run with run_failed (E_UNSAFE); a tool call is
  /// denied, a result withheld, and the model is told the reason.
  static GuardrailDecision block(std::string reason) {
    return {GuardrailAction::block, std::move(reason)};
  }
  /// Somebody has to approve; without an approval it is blocked.
  static GuardrailDecision require_approval(std::string reason) {
    return {GuardrailAction::require_approval, std::move(reason)};
  }

  GuardrailAction action = GuardrailAction::allow;
  std::string reason;
  std::string text;        ///< for a rewritten text
  json::object arguments;  ///< for rewritten arguments

 private:
  GuardrailDecision(GuardrailAction what, std::string why) : action(what), reason(std::move(why)) {}
};

/// Looks at what goes into a run and what comes out of it. Every decision but `allow` is published
/// as guardrail_triggered. All checks allow unless overridden.
///
/// Several guardrails look one after the other; the first that blocks ends it, and each sees what
/// the one before has rewritten.
///
/// Errors:       an exception blocks, with its text as the reason.
/// Cancellation: terminal, when the run is cancelled.
/// Threads:      run on the agent's strand and must not block it.
/// Lifetime:     the references are valid until the coroutine has ended.
class Guardrail {
 public:
  virtual ~Guardrail();

  /// For events and people.
  virtual std::string_view name() const noexcept = 0;

  /// What the user says, before the model sees it.
  virtual asio::awaitable<GuardrailDecision> check_input(const std::string& text);
  /// The final answer. Its text may have been shown while it came: then message_discarded follows
  /// when it is rewritten or blocked.
  virtual asio::awaitable<GuardrailDecision> check_output(const std::string& text);
  /// A tool call whose arguments follow the schema, before anybody is asked to approve it.
  virtual asio::awaitable<GuardrailDecision> check_call(const ToolCall& call);
  /// The result of a call, before the model and the events are told.
  virtual asio::awaitable<GuardrailDecision> check_result(const ToolCall& call,
                                                          const ToolResult& result);

 protected:
  Guardrail() = default;
  Guardrail(const Guardrail&) = default;
  Guardrail& operator=(const Guardrail&) = default;
};

}  // namespace strandbus
