#include "strandbus/agent/run_control.hpp"

#include "agent_core.hpp"

#include <utility>

namespace strandbus {

void RunControl::cancel(std::string reason, CancelWhen when) const {
  if (const auto agent = agent_.lock()) agent->cancel(std::move(reason), when);
}

void RunControl::approve(std::string approval_id, std::string by) const {
  ApprovalResolved answer;
  answer.decision = ApprovalDecision::approved;
  answer.by = std::move(by);
  if (const auto agent = agent_.lock())
    agent->resolve_approval(std::move(approval_id), std::move(answer));
}

void RunControl::deny(std::string approval_id, std::string reason, std::string by) const {
  ApprovalResolved answer;
  answer.decision = ApprovalDecision::denied;
  answer.by = std::move(by);
  answer.reason = std::move(reason);
  if (const auto agent = agent_.lock())
    agent->resolve_approval(std::move(approval_id), std::move(answer));
}

}  // namespace strandbus
