#include "server/ag_ui_window.hpp"

#include "server/client_tools.hpp"

#include <algorithm>
#include <utility>

namespace strandbus::detail {
namespace {

template <class Items, class Wanted>
bool any(const Items& items, Wanted wanted) {
  return std::any_of(items.begin(), items.end(), wanted);
}

/// The run that is under way, else the last one.
const RunState* root_run(const SessionState& state) {
  const auto is_root = [](const RunState& run) { return run.depth == 0; };
  const auto found = std::find_if(state.runs.begin(), state.runs.end(), is_root);
  if (found != state.runs.end()) return &*found;
  const auto ended = std::find_if(state.ended_runs.rbegin(), state.ended_runs.rend(), is_root);
  return ended == state.ended_runs.rend() ? nullptr : &*ended;
}

/// Whether a call does nothing itself but to wait for a sub-agent.
bool is_subagent(const SessionState& state, const RunningTool& tool) {
  return any(state.subagents, [&](const RunningSubagent& subagent) {
    return subagent.run_id == tool.run_id && subagent.call_id == tool.call_id;
  });
}

bool has_approval(const SessionState& state, const OpenToolCall& call) {
  return any(state.pending_approvals, [&](const PendingApproval& approval) {
    return approval.run_id == call.run_id && approval.call_id == call.call_id;
  });
}

/// Whether a run is between two of its steps.
bool is_between(const SessionState& state, const RunState& run) {
  const auto of_run = [&](const auto& item) { return item.run_id == run.run_id; };
  return !any(state.model_requests, of_run) && !any(state.open_calls, of_run) &&
         !any(state.running_tools, of_run) && !any(state.pending_approvals, of_run);
}

}  // namespace

std::vector<std::string> waiting_client_calls(const SessionState& state) {
  std::vector<std::string> calls;
  for (const RunningTool& tool : state.running_tools) {
    if (waits_for_client(tool.data)) calls.push_back(tool.call_id);
  }
  return calls;
}

AgUiWindow::AgUiWindow(SessionState state, Ids answered)
    : state_(std::move(state)), answered_(std::move(answered)) {
  if (const RunState* run = root_run(state_)) run_id_ = run->run_id;
}

AgUiWindow::Use AgUiWindow::take(const StreamEvent& event) {
  const Error* error = event.get_if<Error>();
  if (run_id_.empty() && error && event.run_id().empty() && error->error_type == "session")
    return Use::fail;
  const bool root = event.context().depth == 0 && !event.run_id().empty();
  if (run_id_.empty() && root && event.is<RunStarted>()) run_id_ = event.run_id();
  if (run_id_.empty()) return Use::leave_out;
  state_.apply(event);
  return root && event.is_terminal() && event.run_id() == run_id_ ? Use::show_last : Use::show;
}

AgUiWindow::Waiting AgUiWindow::waiting() const {
  if (run_id_.empty() || (interrupts().empty() && calls().empty())) return Waiting::no;
  if (working()) return Waiting::no;
  return moving() ? Waiting::perhaps : Waiting::yes;
}

/// Whether something is under way that ends by itself.
bool AgUiWindow::working() const {
  return !state_.model_requests.empty() || !state_.retries.empty() ||
         any(state_.running_tools, [&](const RunningTool& tool) {
           return !waits_for_client(tool.data) && !is_subagent(state_, tool);
         });
}

/// Whether the run may be about to do more than wait: a call that has not begun can be the next
/// one, or have to wait until another one has got its answer.
bool AgUiWindow::moving() const {
  return any(state_.open_calls,
             [&](const OpenToolCall& call) { return !has_approval(state_, call); }) ||
         any(state_.pending_approvals,
             [&](const PendingApproval& approval) { return is_answered(approval.approval_id); }) ||
         any(state_.running_tools,
             [&](const RunningTool& tool) {
               return waits_for_client(tool.data) && is_answered(tool.call_id);
             }) ||
         any(state_.runs, [&](const RunState& run) { return is_between(state_, run); });
}

std::vector<AgUiInterrupt> AgUiWindow::interrupts() const {
  std::vector<AgUiInterrupt> interrupts;
  for (const PendingApproval& approval : state_.pending_approvals) {
    if (is_answered(approval.approval_id)) continue;
    AgUiInterrupt interrupt;
    interrupt.id = approval.approval_id;
    if (approval.run_id != run_id_) interrupt.owner = approval.run_id;
    interrupt.call_id = approval.call_id;
    interrupt.tool_name = approval.tool_name;
    interrupt.arguments = approval.arguments;
    interrupt.message = approval.reason;
    interrupt.expires_at = approval.expires_at;
    interrupts.push_back(std::move(interrupt));
  }
  return interrupts;
}

std::vector<std::string> AgUiWindow::calls() const {
  auto calls = waiting_client_calls(state_);
  std::erase_if(calls, [&](const std::string& id) { return is_answered(id); });
  return calls;
}

}  // namespace strandbus::detail
