#include "strandbus/agent/run_control.hpp"

#include "controlled.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace strandbus {
namespace {

/// Gives a command to the agent or the workflow, if there is one.
///
/// It may lose its other owners meanwhile. It goes to its strand and ends there: here we may be on
/// a thread of its own tools, for which its end waits.
template <class Command>
void tell(const std::weak_ptr<detail::Controlled>& weak, Command command) {
  auto controlled = weak.lock();
  if (!controlled) return;
  command(*controlled);
  const asio::any_io_executor strand = controlled->strand();
  asio::post(strand, [held = std::move(controlled)] {});
}

}  // namespace

void RunControl::cancel(std::string reason, CancelWhen when) const {
  tell(controlled_, [&](detail::Controlled& run) { run.cancel(std::move(reason), when); });
}

void RunControl::send(std::string text) const {
  tell(controlled_, [&](detail::Controlled& run) { run.add_input(std::move(text)); });
}

void RunControl::approve(std::string approval_id, std::string by) const {
  detail::ApprovalAnswer answer;
  answer.resolved.decision = ApprovalDecision::approved;
  answer.resolved.by = std::move(by);
  tell(controlled_, [&](detail::Controlled& run) {
    run.resolve_approval(std::move(approval_id), std::move(answer));
  });
}

void RunControl::approve_with(std::string approval_id, boost::json::object arguments,
                              std::string by) const {
  detail::ApprovalAnswer answer;
  answer.resolved.decision = ApprovalDecision::approved;
  answer.resolved.by = std::move(by);
  answer.arguments = std::move(arguments);
  tell(controlled_, [&](detail::Controlled& run) {
    run.resolve_approval(std::move(approval_id), std::move(answer));
  });
}

void RunControl::deny(std::string approval_id, std::string reason, std::string by) const {
  detail::ApprovalAnswer answer;
  answer.resolved.decision = ApprovalDecision::denied;
  answer.resolved.by = std::move(by);
  answer.resolved.reason = std::move(reason);
  tell(controlled_, [&](detail::Controlled& run) {
    run.resolve_approval(std::move(approval_id), std::move(answer));
  });
}

}  // namespace strandbus
