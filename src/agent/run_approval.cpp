#include "agent_core.hpp"
#include "run.hpp"
#include "strandbus/event/timestamp.hpp"

#include <boost/asio/error.hpp>

#include <utility>

namespace strandbus::detail {
namespace {

std::string expiry(std::chrono::milliseconds from_now) {
  if (from_now.count() == 0) return {};
  const auto now =
      std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
  return to_rfc3339(now + from_now, 3);
}

ApprovalAnswer denied(std::string reason) {
  ApprovalAnswer answer;
  answer.resolved.decision = ApprovalDecision::denied;
  answer.resolved.reason = std::move(reason);
  return answer;
}

ApprovalAnswer to_answer(Confirmation&& confirmation) {
  ApprovalAnswer answer = denied(std::move(confirmation.reason));
  if (confirmation.approved) answer.resolved.decision = ApprovalDecision::approved;
  answer.resolved.by = std::move(confirmation.by);
  answer.arguments = std::move(confirmation.arguments);
  return answer;
}

}  // namespace

/// What becomes of a call: the first rule that matches it decides, then the tool's definition.
/// `demanded` is why a guardrail wants an approval whatever the rules say.
ApprovalRule Run::approval_rule(const ToolCall& call, const Tool& tool,
                                const std::string& demanded) const {
  const AgentOptions& options = core_.options();
  ApprovalRule rule;
  rule.action = ApprovalAction::allow;
  const json::object* arguments = call.arguments.if_object();
  const ApprovalRule* match = matching_rule(options.approval_rules, call.tool_name,
                                            arguments ? *arguments : json::object());
  if (match) {
    rule = *match;
  } else if (tool.definition().requires_confirmation && options.approval != ApprovalMode::all) {
    rule.action = ApprovalAction::ask;
  }
  if (rule.action == ApprovalAction::allow && !demanded.empty()) rule.action = ApprovalAction::ask;
  if (!demanded.empty()) rule.reason = demanded;
  if (rule.action == ApprovalAction::ask && options.approval == ApprovalMode::deny) {
    rule.action = ApprovalAction::deny;
    rule.reason = call.tool_name + " needs an approval, and nobody is there to give it";
  }
  return rule;
}

asio::awaitable<bool> Run::approved(ToolSlot& slot, ReadyCall& ready, std::string demanded) {
  const ApprovalRule rule = approval_rule(slot.call, *ready.tool, demanded);
  if (rule.action == ApprovalAction::allow) co_return true;
  if (rule.action == ApprovalAction::deny) {
    deny(slot, ErrorCode::E_CONFIRMED_DENY,
         rule.reason.empty() ? "a rule forbids this call" : rule.reason);
    co_return false;
  }
  ApprovalRequested request;
  request.call_id = slot.call.call_id;
  request.tool_name = slot.call.tool_name;
  request.arguments = slot.call.arguments;
  request.reason =
      rule.reason.empty() ? slot.call.tool_name + " requires confirmation" : rule.reason;
  ApprovalAnswer answer = co_await ask(std::move(request));
  const ApprovalDecision decision = answer.resolved.decision;
  if (decision == ApprovalDecision::approved && may_go_on()) {
    if (!answer.arguments) co_return true;
    slot.call.arguments = std::move(*answer.arguments);
    const bool valid = prepare(slot, ready);
    co_return valid;
  }
  if (decision == ApprovalDecision::denied || decision == ApprovalDecision::expired) {
    deny(slot, ErrorCode::E_CONFIRMED_DENY,
         answer.resolved.reason.empty() ? "the call was not approved" : answer.resolved.reason);
  }
  co_return false;
}

/// Asks, and publishes the answer.
asio::awaitable<ApprovalAnswer> Run::ask(ApprovalRequested request) {
  const Publisher publisher = current_publisher().span(Publisher::new_span());
  const auto before = taken_up_.find(request.call_id);
  request.approval_id =
      before == taken_up_.end() ? make_unique_id("approval") : std::exchange(before->second, {});
  if (request.approval_id.empty()) request.approval_id = make_unique_id("approval");
  request.expires_at = expiry(core_.options().approval_timeout);
  ApprovalAnswer answer = co_await decision(publisher, request);
  if (answer.arguments && answer.resolved.reason.empty())
    answer.resolved.reason = "with other arguments";
  publisher.publish(answer.resolved);
  co_return answer;
}

/// Publishes the question and waits for the first answer: the application's, that of a RunControl,
/// the end of the time, the end of the run.
asio::awaitable<ApprovalAnswer> Run::decision(const Publisher& publisher,
                                              const ApprovalRequested& request) {
  ApprovalAnswer answer;
  answer.resolved.approval_id = request.approval_id;
  answer.resolved.call_id = request.call_id;
  answer.resolved.decision = ApprovalDecision::cancelled;
  approvals_.emplace(request.approval_id, &answer);
  publisher.publish(
      StatusUpdate{.status = AgentStatus::waiting_approval, .detail = request.tool_name});
  publisher.publish(request);

  asio::steady_timer limit(core_.strand());
  expire(limit, request.approval_id);
  const bool asks = static_cast<bool>(core_.options().confirm);
  const auto asked = asks ? spawn(confirm(request), Cancellable::yes) : nullptr;
  while (approvals_.contains(request.approval_id) && !stopping()) co_await changed();
  approvals_.erase(request.approval_id);
  limit.cancel();
  if (asked) co_await end_child(asked);
  co_return answer;
}

void Run::expire(asio::steady_timer& limit, const std::string& approval_id) {
  if (core_.options().approval_timeout.count() == 0) return;
  limit.expires_after(core_.options().approval_timeout);
  limit.async_wait([weak = weak_from_this(), approval_id](error_code ec) {
    ApprovalAnswer expired;
    expired.resolved.decision = ApprovalDecision::expired;
    expired.resolved.reason = "nobody answered in time";
    const auto self = weak.lock();
    if (!ec && self) self->resolve_approval(approval_id, std::move(expired));
  });
}

/// Lets the application decide.
asio::awaitable<void> Run::confirm(const ApprovalRequested& request) {
  ApprovalAnswer answer;
  try {
    auto question = core_.options().confirm(request);
    Confirmation confirmation = co_await std::move(question);
    answer = to_answer(std::move(confirmation));
  } catch (const std::exception& error) {
    answer = denied(std::string("the application could not decide: ") + error.what());
  } catch (...) {
    answer = denied("the application could not decide");
  }
  // A run that stops has cancelled the question: that is no denial.
  if (!stopping()) resolve_approval(request.approval_id, std::move(answer));
}

void Run::resolve_approval(const std::string& approval_id, ApprovalAnswer answer) {
  const auto found = approvals_.find(approval_id);
  if (found == approvals_.end()) return;
  ApprovalAnswer& waiting = *found->second;
  waiting.resolved.decision = answer.resolved.decision;
  waiting.resolved.by = std::move(answer.resolved.by);
  waiting.resolved.reason = std::move(answer.resolved.reason);
  waiting.arguments = std::move(answer.arguments);
  approvals_.erase(found);
  notify();
}

}  // namespace strandbus::detail
