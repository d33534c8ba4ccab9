#include "agent_core.hpp"
#include "run.hpp"

#include <boost/asio/error.hpp>

#include <utility>

namespace strandbus::detail {
namespace {

std::string_view name_of(GuardrailTarget target) noexcept {
  switch (target) {
    case GuardrailTarget::input: return "input";
    case GuardrailTarget::output: return "output";
    case GuardrailTarget::tool_call: return "tool call";
    case GuardrailTarget::tool_result: return "tool result";
  }
  return "";
}

/// Waits for a decision. What a guardrail cannot judge is blocked.
asio::awaitable<GuardrailDecision> decision_of(asio::awaitable<GuardrailDecision> check) {
  std::string failure;
  try {
    co_return co_await std::move(check);
  } catch (const system_error& error) {
    if (error.code() == asio::error::operation_aborted) throw;
    failure = error.what();
  } catch (const std::exception& error) {
    failure = error.what();
  } catch (...) {
    failure = "unknown exception";
  }
  co_return GuardrailDecision::block("the guardrail failed: " + failure);
}

/// What was not looked at, because the run has been stopped meanwhile, does not pass.
void require_complete(Guarded& guarded) {
  if (!guarded.complete) guarded.blocked = "it was not checked, because the run was stopped";
}

}  // namespace

bool Run::has_guardrails() const noexcept { return !core_.options().guardrails.empty(); }

/// Publishes a decision and takes it in.
void Run::note(const Guardrail& guardrail, GuardrailTarget target,
               const GuardrailDecision& decision, Guarded& guarded) {
  if (decision.action == GuardrailAction::allow) return;
  current_publisher().publish(GuardrailTriggered{.guardrail = std::string(guardrail.name()),
                                                 .target = target,
                                                 .action = decision.action,
                                                 .reason = decision.reason});
  const std::string whose = std::string(guardrail.name()) + ": " + decision.reason;
  if (decision.action == GuardrailAction::rewrite) guarded.rewritten = true;
  if (decision.action == GuardrailAction::require_approval) guarded.approval = whose;
  if (decision.action == GuardrailAction::block)
    guarded.blocked = "the " + std::string(name_of(target)) + " was blocked by " + whose;
}

/// A text of the user or of the model; what has to be approved is asked about.
asio::awaitable<void> Run::guard_text(GuardrailTarget target, std::string id, std::string& text,
                                      Guarded& guarded) {
  co_await attend(check_text(target, text, guarded));
  require_complete(guarded);
  if (guarded.approval.empty() || guarded.blocked || !may_go_on()) co_return;
  ApprovalRequested request;
  request.call_id = std::move(id);
  request.tool_name = name_of(target);
  request.arguments = json::object{{"text", text}};
  co_await ask_for(target, std::move(request), guarded);
}

asio::awaitable<void> Run::check_text(GuardrailTarget target, std::string& text, Guarded& guarded) {
  for (const auto& guardrail : core_.options().guardrails) {
    auto check = target == GuardrailTarget::input ? guardrail->check_input(text)
                                                  : guardrail->check_output(text);
    const GuardrailDecision decision = co_await decision_of(std::move(check));
    note(*guardrail, target, decision, guarded);
    if (decision.action == GuardrailAction::rewrite) text = decision.text;
    if (guarded.blocked) break;
  }
  guarded.complete = true;
}

/// Who has to approve is asked together with the tool's own rules.
asio::awaitable<void> Run::guard_call(ToolCall& call, Guarded& guarded) {
  co_await attend(check_call(call, guarded));
  require_complete(guarded);
}

asio::awaitable<void> Run::check_call(ToolCall& call, Guarded& guarded) {
  for (const auto& guardrail : core_.options().guardrails) {
    auto check = guardrail->check_call(call);
    const GuardrailDecision decision = co_await decision_of(std::move(check));
    note(*guardrail, GuardrailTarget::tool_call, decision, guarded);
    if (decision.action == GuardrailAction::rewrite) call.arguments = decision.arguments;
    if (guarded.blocked) break;
  }
  guarded.complete = true;
}

asio::awaitable<void> Run::guard_result(const ToolCall& call, ToolResult& result) {
  Guarded guarded;
  co_await attend(check_result(call, result, guarded));
  require_complete(guarded);
  if (!guarded.approval.empty() && !guarded.blocked && may_go_on()) {
    ApprovalRequested request;
    request.call_id = call.call_id;
    request.tool_name = call.tool_name;
    request.arguments = json::object{{"result", result.model_text()}};
    co_await ask_for(GuardrailTarget::tool_result, std::move(request), guarded);
  }
  if (guarded.blocked) {
    // What the tool has changed stays told; what it says does not.
    ToolResult withheld = ToolResult::failure(ErrorCode::E_UNSAFE, *guarded.blocked);
    withheld.files_changed = std::move(result.files_changed);
    result = std::move(withheld);
  }
}

asio::awaitable<void> Run::check_result(const ToolCall& call, ToolResult& result,
                                        Guarded& guarded) {
  for (const auto& guardrail : core_.options().guardrails) {
    auto check = guardrail->check_result(call, result);
    const GuardrailDecision decision = co_await decision_of(std::move(check));
    note(*guardrail, GuardrailTarget::tool_result, decision, guarded);
    if (decision.action == GuardrailAction::rewrite) result.output = decision.text;
    if (guarded.blocked) break;
  }
  guarded.complete = true;
}

asio::awaitable<void> Run::ask_for(GuardrailTarget target, ApprovalRequested request,
                                   Guarded& guarded) {
  request.reason = guarded.approval;
  const ApprovalAnswer answer = co_await ask(std::move(request));
  if (answer.resolved.decision == ApprovalDecision::approved) co_return;
  guarded.blocked = "the " + std::string(name_of(target)) + " was not approved" +
                    (answer.resolved.reason.empty() ? "" : ": " + answer.resolved.reason);
}

}  // namespace strandbus::detail
