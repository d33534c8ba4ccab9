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

ApprovalResolved denied(std::string reason) {
  ApprovalResolved answer;
  answer.decision = ApprovalDecision::denied;
  answer.reason = std::move(reason);
  return answer;
}

ApprovalResolved to_answer(Confirmation&& confirmation) {
  ApprovalResolved answer = denied(std::move(confirmation.reason));
  if (confirmation.approved) answer.decision = ApprovalDecision::approved;
  answer.by = std::move(confirmation.by);
  return answer;
}

}  // namespace

bool Run::needs_approval(const Tool& tool) const {
  return tool.definition().requires_confirmation && core_.options().approval != ApprovalMode::all;
}

/// Whether the call may run; if not, its end was published.
asio::awaitable<bool> Run::approved(ToolSlot& slot) {
  const AgentOptions& options = core_.options();
  if (options.approval == ApprovalMode::deny) {
    deny(slot, ErrorCode::E_CONFIRMED_DENY,
         slot.call.tool_name + " needs an approval, and nobody is there to give it");
    co_return false;
  }
  const Publisher publisher = turn_.publisher.span(Publisher::new_span());
  ApprovalRequested request;
  request.approval_id = make_unique_id("approval");
  request.call_id = slot.call.call_id;
  request.tool_name = slot.call.tool_name;
  request.arguments = slot.call.arguments;
  request.reason = slot.call.tool_name + " requires confirmation";
  request.expires_at = expiry(options.approval_timeout);

  const ApprovalResolved answer = co_await decision(publisher, request);
  publisher.publish(answer);
  if (answer.decision == ApprovalDecision::approved && !stopping()) co_return true;
  if (answer.decision == ApprovalDecision::denied || answer.decision == ApprovalDecision::expired) {
    deny(slot, ErrorCode::E_CONFIRMED_DENY,
         answer.reason.empty() ? "the call was not approved" : answer.reason);
  }
  co_return false;
}

/// Publishes the question and waits for the first answer: the application's, that of a RunControl,
/// the end of the time, the end of the run.
asio::awaitable<ApprovalResolved> Run::decision(const Publisher& publisher,
                                                const ApprovalRequested& request) {
  ApprovalResolved answer;
  answer.approval_id = request.approval_id;
  answer.call_id = request.call_id;
  answer.decision = ApprovalDecision::cancelled;
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
    ApprovalResolved expired;
    expired.decision = ApprovalDecision::expired;
    expired.reason = "nobody answered in time";
    const auto self = weak.lock();
    if (!ec && self) self->resolve_approval(approval_id, expired);
  });
}

/// Lets the application decide.
asio::awaitable<void> Run::confirm(const ApprovalRequested& request) {
  ApprovalResolved answer;
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
  if (!stopping()) resolve_approval(request.approval_id, answer);
}

void Run::resolve_approval(const std::string& approval_id, const ApprovalResolved& answer) {
  const auto found = approvals_.find(approval_id);
  if (found == approvals_.end()) return;
  found->second->decision = answer.decision;
  found->second->by = answer.by;
  found->second->reason = answer.reason;
  approvals_.erase(found);
  notify();
}

}  // namespace strandbus::detail
